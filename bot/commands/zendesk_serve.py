"""`supportbot zendesk serve`: tickets get their drafts from this machine."""

import click

from bot.commands import options


@click.command("serve")
@options.home_option
@click.option("--port", type=click.IntRange(0, 65535), help="0 takes a free one [SUPPORTBOT_PORT].")
def command(home: str | None, port: int | None) -> None:
    """Take Zendesk's webhook on 127.0.0.1, draft for its tickets, and show the pages its notes link to."""
