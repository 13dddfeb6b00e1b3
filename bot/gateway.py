"""The request URLs of channels behind API Gateway: its event in, a channel's reply out, one log line each.

Which channel a request is for says its path. Whatever comes, the platform hears 2xx, 4xx, or 503: then it calls again.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot import events
from bot.observability import Telemetry
from integrations.http import TEXT, Headers, Reply

SOON = {"Content-Type": TEXT, "Retry-After": "30"}  # Zendesk obeys nothing from 60 on
KEPT = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}

Take = Callable[[Headers, bytes], Reply]
Pages = Callable[[str, Mapping[str, str], Headers], Reply]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What a platform calls; `pages`: what a browser is shown that asks with GET, below the channel's name."""

    channel: str
    route: str  # /slack/events
    take: Take
    pages: Pages | None = None

    def has(self, method: str, path: str) -> bool:
        """Its own paths may stand behind others: a domain's mapping is part of what API Gateway hands over."""
        return path.endswith(self.route) or (method == "GET" and self.pages is not None and f"/{self.channel}/" in path)

    def reply(self, method: str, path: str, event: events.Event) -> Reply:
        if method == "GET" and self.pages is not None:
            return self.pages(path, events.query(event), events.headers(event))
        return self.take(events.headers(event), events.body(event))


class Gateway:
    """One function for all channels that are set up; a request for another finds nothing."""

    def __init__(self, endpoints: list[Endpoint], telemetry: Telemetry) -> None:
        self._endpoints, self._telemetry = endpoints, telemetry

    def handle(self, event: Mapping[str, Any]) -> dict[str, Any]:
        started = time.perf_counter()
        endpoint: Endpoint | None = None
        try:
            method, path = events.method(event), events.path(event)
            endpoint = next((each for each in self._endpoints if each.has(method, path)), None)
            reply = endpoint.reply(method, path, event) if endpoint else Reply(404, "nothing is here", code="not_found")
        except Exception as error:  # noqa: BLE001 - a flaw of ours: what was sent is kept where it is, and sent again
            reply = Reply(503, "try again", SOON, code="internal", error=error)
        self._tell(endpoint, reply, (time.perf_counter() - started) * 1000)
        return {
            "statusCode": reply.status,
            "headers": {**reply.headers, **KEPT},
            "body": reply.body,
            "isBase64Encoded": False,
        }

    def _tell(self, endpoint: Endpoint | None, reply: Reply, ms: float) -> None:
        route, channel = (endpoint.route, endpoint.channel) if endpoint else ("", "")
        if reply.error is not None and reply.code != "malformed":
            self._telemetry.failed("failed", reply.error, code=reply.code, route=route)
        said = {"route": route, "channel": channel, "code": reply.code, "kind": reply.kind, "job_id": reply.job}
        self._telemetry.ended(reply.status, ms, **said)
        self._telemetry.flush()
