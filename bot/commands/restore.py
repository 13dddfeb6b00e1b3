"""`supportbot restore`: a home as it was when it was backed up."""

from pathlib import Path

import click

from bot.commands import options


@click.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@options.home_option
def command(file: Path, home: str | None) -> None:
    """Make a home of FILE, which `supportbot backup` wrote. A home that holds something already is left alone.

    Who was forgotten after the backup was made is in it again: forget them again.
    """
    from bot.keeping import restore

    app = options.app(home)
    names = restore(app, file)
    click.echo(f"{app.home}: {', '.join(names)}; check it with supportbot doctor")
