"""`supportbot forget`: the opposite of ingest."""

from pathlib import Path

import click

from bot.commands import options
from rag_core.domain import SourceName


@click.command("forget")
@click.argument("path", type=click.Path(path_type=Path))
@options.home_option
def command(path: Path, home: str | None) -> None:
    """Remove everything that was ingested from PATH; the files themselves stay."""
    count = options.app(home).forget(SourceName(str(path.resolve())))
    click.echo(f"{count} removed")
