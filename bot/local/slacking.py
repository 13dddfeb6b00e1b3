"""Slack on one machine: Socket Mode, and a queue and its worker in the process."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from bot import workspaces
from bot.app import App
from bot.arriving import place
from bot.local.queueing import LocalJobs
from bot.local.socketing import Socket, identity
from bot.observability import Telemetry
from integrations.slack.ingress import Desk
from integrations.slack.interacting import Interactions
from integrations.slack.opening import Opener
from rag_core.errors import MisconfiguredError


@contextmanager
def answering(app: App, log: IO[str]) -> Iterator[str]:
    """Who we are in Slack, and where, while questions are answered; it ends once what waits is done."""
    settings = app.settings
    installed, app_token = workspaces.installations(app), workspaces.app_token(settings)
    telemetry = Telemetry(stream=log, plain=True, metrics=False)
    with _known(app) as who, LocalJobs(app, telemetry) as queue:
        opener = Opener(lambda payload: installed.token(*place(payload)).token, settings.slack_url)
        desk = Desk(queue, opener, Interactions(lambda: sorted(app.index.sources())))
        with Socket(app_token, desk, telemetry, settings.slack_url):
            yield who


@contextmanager
def _known(app: App) -> Iterator[str]:
    """As whom it answers; where that is several workspaces, with the pages by which they install it."""
    settings = app.settings
    if not settings.slack_client_id:
        found = identity(workspaces.bot_token(settings), settings.slack_url)
        yield f"as @{found['user']} in {found['team']}"
        return
    try:
        from bot.local.installpages import serving
    except ModuleNotFoundError as error:
        raise MisconfiguredError(
            f"several workspaces need {error.name}: install it with pip install 'supportbot[slack,playground]'"
        ) from error
    with serving(workspaces.authorizing(app), settings.port) as address:
        yield f"where it is installed; to install it: {address}, reached through an https address of yours"
