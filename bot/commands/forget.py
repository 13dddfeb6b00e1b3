"""`supportbot forget`: the opposite of ingest."""

import click

from bot.commands import options


@click.command("forget")
@click.argument("source", metavar="PATH | NAME", callback=options.documents)
@options.home_option
def command(source: str, home: str | None) -> None:
    """Remove everything that was ingested from PATH, or from a source by its NAME; the documents stay there."""
    app = options.app(home)
    count = app.forget(app.sources.named(app.sources.meant(source)))
    click.echo(f"{count} removed")
