"""Open the simulated Slack with the real app behind it: its signed requests go to the ingress, from there by a queue of
this process to the worker, which calls back over HTTP.

Opened with the first page that needs it, so that a playground without it starts no slower.
"""

import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import msgspec

from bot.app import App, build
from bot.local.warming import warmed
from rag_core.domain import Deadline
from rag_core.errors import MisconfiguredError

if TYPE_CHECKING:
    from bot.local.slackview.office import Office

STARTING = 20.0  # seconds
MINE = ("slack_client_id", "slack_admins", "slack_app_token", "api_callers")  # of a real workspace


class Door:
    """Open from the first look until the playground ends."""

    def __init__(self, app: App, documents: Callable[[], int]) -> None:
        self._app, self._documents = app, documents
        self._lock, self._held = threading.Lock(), ExitStack()
        self._office: Office | None = None

    def office(self) -> "Office":
        """Raises MisconfiguredError where a part is missing."""
        with self._lock:
            if self._office is None:
                self._office = self._held.enter_context(_opened(self._app, self._documents))
            return self._office

    def close(self) -> None:
        """Once what waits is answered."""
        with self._lock:
            self._held.close()


@contextmanager
def _opened(app: App, documents: Callable[[], int]) -> Iterator["Office"]:
    _check_way()
    try:
        from bot.local.slackview.office import office
        from bot.local.workspace.workspace import Workspace
    except ModuleNotFoundError as error:
        raise _missing(error) from error
    with Workspace() as slack:
        opened = office(slack, documents)
        with _working(app, opened):
            yield opened


@contextmanager
def _working(app: App, opened: "Office") -> Iterator[None]:
    """The app at work in it."""
    try:
        from bot.local.queueing import LocalJobs
    except ModuleNotFoundError as error:
        raise _missing(error) from error
    from bot.observability import Telemetry
    from integrations.slack.ingress import Desk, Ingress
    from integrations.slack.interacting import Interactions
    from integrations.slack.opening import Opener

    slack, mine = opened.slack, warmed(_for(app, opened))
    with LocalJobs(mine, Telemetry(stream=sys.stderr, plain=True, metrics=False)) as queue:
        desk = Desk(queue, Opener(lambda _: slack.token, slack.url), Interactions(lambda: sorted(mine.index.sources())))
        ingress = Ingress(slack.signing_secret, desk)

        def deliver(headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
            reply = ingress.handle(headers, body)
            return reply.status, reply.body.encode()

        slack.deliver_to(deliver)
        _settle(mine, opened)
        yield


def _for(app: App, opened: "Office") -> App:
    """The same home, answering in this workspace; a model that is loaded is loaded once."""
    slack = opened.slack
    settings = msgspec.structs.replace(
        app.settings,
        **dict.fromkeys(MINE, ""),
        slack_bot_token=slack.token,
        slack_signing_secret=slack.signing_secret,
        slack_url=slack.url,
        slack_humans=opened.humans.id,
    )
    mine = build(settings)
    mine.embedders = app.embedders
    return mine


def _settle(app: App, opened: "Office") -> None:
    """The channels' first settings; what somebody has changed since stays."""
    from slack_sdk import WebClient

    from integrations.slack.access import SlackAccess
    from integrations.slack.calling import Slack

    slack, access = opened.slack, SlackAccess(app.records)
    team, admin = slack.team.id, next(user.id for user, what in opened.people.values() if what == "admin")
    client = WebClient(slack.token, base_url=slack.url, retry_handlers=[])
    calls = Slack(client, Deadline.within(STARTING), bot_user=slack.bot.id)
    known = {each.channel for each in access.channels(team)}
    for place in opened.places.values():
        if place.settings and place.channel.id not in known:
            access.settle(team, admin, place.settings, calls)


def _check_way() -> None:
    # slack_sdk takes a proxy of the environment for every host, this machine too, whatever NO_PROXY says
    if found := {"http", "https"} & urllib.request.getproxies_environment().keys():
        names = " -u ".join(name for each in sorted(found) for name in (f"{each.upper()}_PROXY", f"{each}_proxy"))
        raise MisconfiguredError(
            "Slack's own library sends everything by the proxy of your environment, also what is for this machine: "
            f"start the playground with env -u {names} ..."
        )


def _missing(error: ModuleNotFoundError) -> MisconfiguredError:
    return MisconfiguredError(f"this page needs {error.name}: install it with pip install 'supportbot[slack]'")
