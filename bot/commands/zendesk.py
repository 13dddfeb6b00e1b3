"""`supportbot zendesk`: what is done for Zendesk from this machine; each command's module is zendesk_<name>.py."""

import click

from bot.commands.grouping import Commands

COMMANDS = {
    "app": "The app in the sidebar of a ticket: build its package.",
    "remove": "Undo what setup has made in Zendesk.",
    "serve": "Answer tickets from this machine.",
    "setup": "Make or mend the webhook, the trigger and the fields that drafts need.",
}


@click.command("zendesk", cls=Commands, known=COMMANDS, prefix="bot.commands.zendesk_")
def command() -> None:
    """Zendesk: drafts for tickets, from this machine. docs/zendesk.md says how it is set up."""
