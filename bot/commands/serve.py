"""`supportbot serve`: the playground, on this machine."""

from collections.abc import Sequence

import click

from bot.app import App
from bot.commands import options
from rag_core.errors import MisconfiguredError

port_option = click.option("--port", type=click.IntRange(0, 65535), help="0 takes a free one [SUPPORTBOT_PORT].")


@click.command("serve")
@options.home_option
@port_option
def command(home: str | None, port: int | None) -> None:
    """Open the playground on 127.0.0.1: ask, open sources, rate, see why, see the report. Ctrl-C ends it."""
    run(options.app(home, port=port))


def run(app: App, examples: Sequence[str] = ()) -> None:
    try:
        from bot.local.playground import create
        from bot.local.serving import serve
    except ModuleNotFoundError as error:
        raise options.not_installed(error, "playground") from error

    def announce(address: str) -> None:
        click.echo(f"playground: {address}  (Ctrl-C ends it)")
        try:
            app.index.sources()
        except MisconfiguredError as error:
            click.echo(f"{error}; the page has nothing to answer from yet", err=True)

    serve(create(app, examples), app.settings.port, announce)
