"""`supportbot zendesk serve`: tickets get their drafts from this machine."""

import sys

import click

from bot.app import App
from bot.commands import options
from rag_core.errors import MisconfiguredError


@click.command("serve")
@options.home_option
@click.option("--port", type=click.IntRange(0, 65535), help="0 takes a free one [SUPPORTBOT_PORT].")
def command(home: str | None, port: int | None) -> None:
    """Take Zendesk's webhook on 127.0.0.1, draft for its tickets, and show the pages that its notes link to.

    Zendesk reaches it by an https address of yours, such as a tunnel's, that leads to this port: SUPPORTBOT_PUBLIC_URL.
    Ctrl-C ends it once what waits is done; what it does not come to is done after the next start.
    """
    run(options.app(home, port=port))


def run(app: App) -> None:
    try:
        from bot.local.serving import serve
        from bot.local.zendesking import answering
    except ModuleNotFoundError as error:
        raise options.not_installed(error, "zendesk,playground") from error

    def announce(address: str) -> None:
        click.echo(f"answering tickets of {app.settings.zendesk_subdomain}.zendesk.com: {address}  (Ctrl-C ends it)")
        public = app.settings.public_url.rstrip("/")
        if public:
            click.echo(f"{public}/zendesk/... must lead there")
        else:
            click.echo("notes have no links to rate by: set SUPPORTBOT_PUBLIC_URL to your https address", err=True)
        try:
            app.index.sources()
        except MisconfiguredError as error:
            click.echo(f"{error}; there is nothing to answer from yet", err=True)

    with answering(app, sys.stderr) as application:
        serve(application, app.settings.port, announce)
        click.echo("finishing what waits", err=True)
