"""`supportbot slack`: answers in Slack from this machine, by Socket Mode."""

import sys
import threading

import click

from bot.app import App
from bot.commands import options
from rag_core.errors import MisconfiguredError


@click.command("slack")
@options.home_option
def command(home: str | None) -> None:
    """Answer in Slack from this machine, without an address of its own. Ctrl-C ends it once what waits is answered.

    Needs SUPPORTBOT_SLACK_APP_TOKEN (xapp-...) and SUPPORTBOT_SLACK_BOT_TOKEN (xoxb-...), or instead of the latter
    SUPPORTBOT_SLACK_CLIENT_ID and what belongs to it, for several workspaces: docs/slack.md says where they come from.
    """
    run(options.app(home))


def run(app: App, ended: threading.Event | None = None) -> None:
    """Until `ended`, or Ctrl-C."""
    try:
        from bot.local.slacking import answering
    except ModuleNotFoundError as error:
        raise options.not_installed(error, "slack") from error

    try:
        app.index.sources()
    except MisconfiguredError as error:
        click.echo(f"{error}; there is nothing to answer from yet", err=True)
    with answering(app, sys.stderr) as who:
        click.echo(f"answering in Slack {who}  (Ctrl-C ends it)")
        try:
            (ended or threading.Event()).wait()
        except KeyboardInterrupt:
            click.echo("finishing what waits", err=True)
