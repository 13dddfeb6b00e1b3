"""Zendesk on one machine: its webhook, the pages its notes link to, what its sidebar asks for, and the worker."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from starlette.types import ASGIApp

from bot import arriving
from bot.api.routes import Api
from bot.app import App
from bot.gateway import Gateway
from bot.local.journalling import Journal
from bot.local.queueing import LocalJobs
from bot.local.relaying import Context, Shared, relayed
from bot.observability import Telemetry
from bot.settings import missing
from rag_core.ports import JobQueue

RATING, SIDEBAR = "/zendesk/rate", "/zendesk/app/{rest:path}"
AT_ONCE = 4  # requests of people; the webhook's are answered beside them
MARGIN = 3.0  # seconds beyond an answer's own deadline


@contextmanager
def answering(app: App, log: IO[str]) -> Iterator[ASGIApp]:
    """What is to be served, while tickets are answered; it ends once what waits is done.

    What a former process took and did not do is done first. Raises MisconfiguredError.
    """
    if not app.settings.zendesk:
        raise missing(["zendesk_webhook_secret"], "`supportbot zendesk setup` gives it (docs/zendesk.md)")
    telemetry = Telemetry(stream=log, plain=True, metrics=False)
    with LocalJobs(app, telemetry, Journal(app.records)) as queue:
        yield application(app, queue, telemetry)


def application(app: App, queue: JobQueue, telemetry: Telemetry) -> ASGIApp:
    """The same handlers as on AWS, and no other path of theirs: questions of the API's callers are not taken here."""
    gateway = Gateway([arriving.zendesk(app.settings, queue)], telemetry)
    apis = Shared(lambda: Api(app.settings, app, telemetry=telemetry), AT_ONCE)

    def webhook(event: dict[str, Any], _context: Context) -> dict[str, Any]:
        return gateway.handle(event)

    def api(event: dict[str, Any], context: Context) -> dict[str, Any]:
        return apis.lent(lambda one: one.handle(event, context))

    return relayed({arriving.ZENDESK: webhook, RATING: api, SIDEBAR: api}, app.settings.deadline + MARGIN)
