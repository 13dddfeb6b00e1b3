"""What stands between the channels and the queue, made from the settings: nothing of what answers is imported for it.

A channel that is not set up is not there; one whose secret is empty does not start.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from bot import quick
from bot.gateway import Endpoint, Gateway, Pages
from bot.observability import Telemetry
from bot.settings import Settings
from rag_core.errors import MisconfiguredError, SupportBotError
from rag_core.timing import Deadline

if TYPE_CHECKING:
    from integrations.slack.authorizing import Authorizing
    from integrations.slack.needs import Installations
    from integrations.slack.opening import TokenOf
    from rag_core.domain import SourceName
    from rag_core.ports import JobQueue

SLACK, ZENDESK = "/slack/events", "/zendesk/webhook"
PLACED = ("team", "enterprise", "user")  # of an interaction
SOON = 1.5  # seconds for the sources that a modal lists: its trigger dies after three


def gateway(settings: Settings, telemetry: Telemetry | None = None) -> Gateway:
    """Raises MisconfiguredError without a signing secret or a queue, UnavailableError when it cannot be read."""
    telemetry = telemetry or Telemetry(settings.tenant, plain=True)
    endpoints = list[Endpoint]()
    if settings.slack or settings.slack_signing_secret:
        endpoints.append(_slack(settings, telemetry))
    if settings.zendesk:
        endpoints.append(zendesk(settings, quick.queue(settings)))
    if not endpoints:
        raise MisconfiguredError(
            "no channel is set up: set SUPPORTBOT_SLACK_SIGNING_SECRET or SUPPORTBOT_ZENDESK_WEBHOOK_SECRET"
        )
    return Gateway(endpoints, telemetry)


def zendesk(settings: Settings, queue: "JobQueue") -> Endpoint:
    """Raises as `gateway` does."""
    from integrations.zendesk.ingress import Ingress

    secret = quick.revealed(settings, settings.zendesk_webhook_secret)
    return Endpoint("zendesk", ZENDESK, Ingress(secret, queue).handle)


def _slack(settings: Settings, telemetry: Telemetry) -> Endpoint:
    from integrations.slack import signing
    from integrations.slack.ingress import Desk, Ingress
    from integrations.slack.interacting import Interactions
    from integrations.slack.opening import Opener

    secret = quick.revealed(settings, settings.slack_signing_secret)
    signing.require(secret)
    opener = Opener(_token_of(settings), settings.slack_url)
    sources = _Sources(settings, telemetry)
    ingress = Ingress(secret, Desk(quick.queue(settings), opener, Interactions(sources)))
    return Endpoint("slack", SLACK, ingress.handle, _pages(settings) if settings.slack_client_id else None)


def _token_of(settings: Settings) -> "TokenOf":
    """Read when the first modal is opened: a secret takes a call of its own, and an installation a table."""

    @cache
    def installations() -> "Installations":
        from bot import workspaces
        from bot.app import build

        return workspaces.installations(build(settings))

    @cache
    def token() -> str:
        return quick.revealed(settings, settings.slack_bot_token)

    return (
        (lambda payload: installations().token(*place(payload)).token)
        if settings.slack_client_id
        else lambda _: token()
    )


def place(payload: Mapping[str, Any]) -> tuple[str, str | None]:
    """The workspace an interaction is from, and its organisation."""
    team, enterprise, user = (found if isinstance(found, dict) else {} for found in map(payload.get, PLACED))
    return str(team.get("id") or user.get("team_id") or ""), enterprise.get("id")


def _pages(settings: Settings) -> Pages:
    """Those of an installation, which few open."""

    @cache
    def authorizing() -> "Authorizing":
        from bot import workspaces
        from bot.app import build

        return workspaces.authorizing(build(settings))

    return lambda path, query, headers: authorizing().handle(path, query, headers)


class _Sources:
    """Of the index: the one thing here that needs more than the settings, and only when an admin asks for it."""

    def __init__(self, settings: Settings, telemetry: Telemetry) -> None:
        self._settings, self._telemetry = settings, telemetry

    def __call__(self) -> "Sequence[SourceName]":
        """None where they cannot be had soon: the modal opens without a choice of them."""
        from bot.api.limiting import within
        from bot.app import build

        try:
            return within(Deadline.within(SOON), lambda: sorted(build(self._settings).index.sources()), grace=0.0)
        except SupportBotError as error:
            self._telemetry.failed("sources not listed", error)
            return ()
