"""`supportbot forget`: the opposite of ingest."""

from pathlib import Path

import click

from bot.commands import options
from rag_core.domain import SourceName


@click.command("forget")
@click.argument("source", metavar="PATH | zendesk | zendesk-tickets", callback=options.documents)
@options.home_option
def command(source: Path | SourceName, home: str | None) -> None:
    """Remove everything that was ingested from PATH or from Zendesk; the documents themselves stay there."""
    app = options.app(home)
    count = app.forget(app.sources.named(source))
    click.echo(f"{count} removed")
