"""`supportbot backup`: all of a home in one file, while it is at work."""

from pathlib import Path

import click

from bot.commands import options


@click.command("backup")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@options.home_option
def command(file: Path, home: str | None) -> None:
    """Write documents, answers, ratings and records of this home into FILE (.tar.gz), while the bot runs or not.

    It holds what people wrote: keep it as safe as the home. `supportbot restore FILE` brings it back.
    """
    from bot.keeping import backup

    names = backup(options.app(home).settings, file)
    click.echo(f"{file}: {', '.join(names)} ({file.stat().st_size:,} bytes)")
