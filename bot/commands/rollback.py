"""`supportbot rollback`: the version of the index before the present one answers again."""

from secrets import token_hex

import click

from bot import fanning
from bot.commands import options


@click.command("rollback")
@options.home_option
def command(home: str | None) -> None:
    """Let the version before answer again; once more brings the present one back.

    The next ingestion reads what a source holds then: stop its schedule first, or mend the source.
    """
    click.echo(f"{fanning.roll_back(options.app(home), token_hex(8))} answers now")
