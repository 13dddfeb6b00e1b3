"""`supportbot zendesk remove`: undoes what setup has made, and nothing else."""

import click

from bot.commands import options


@click.command("remove")
@options.home_option
@click.option("--fields", is_flag=True, help="The ticket fields too: what tickets hold in them is lost.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, help="Only show what would be done.")
def command(home: str | None, fields: bool, yes: bool, dry_run: bool) -> None:
    """Remove the webhook and the trigger that setup has made: from then on no ticket gets a draft.

    Others' stay, and so does whatever tickets hold: notes, tags, and without --fields the ticket fields.
    """
    settings = options.app(home).settings
    from bot import provisioning
    from bot.commands import planning
    from integrations.zendesk.wanting import FIELDS

    with planning.signed_in(settings) as (of, me):
        found = provisioning.provisioning(settings, of, me)
        planning.carried_out(found, found.removal(tuple(FIELDS) if fields else ()), yes=yes, dry_run=dry_run)
