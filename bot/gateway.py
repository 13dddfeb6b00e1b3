"""Slack's request URL behind API Gateway: its event in, the ingress's reply out, one log line each.

An event of either payload version, or of a function URL; the body's bytes as they were signed.
"""

import time
from base64 import b64decode
from collections.abc import Callable, Mapping
from typing import Any

from bot.observability import Telemetry
from integrations.http import Headers, Reply
from integrations.slack.ingress import Ingress

SOON = {"Content-Type": "text/plain; charset=utf-8", "Retry-After": "30"}
ROUTE = "/slack/events"

Pages = Callable[[str, Mapping[str, str], Headers], Reply]


class Gateway:
    """Whatever comes, Slack hears 2xx, 4xx, or 503: then it calls again."""

    def __init__(self, ingress: Ingress, telemetry: Telemetry, pages: Pages | None = None) -> None:
        """`pages`: what a browser is shown that asks with GET."""
        self._ingress, self._telemetry, self._pages = ingress, telemetry, pages

    def handle(self, event: Mapping[str, Any]) -> dict[str, Any]:
        started = time.perf_counter()
        try:
            reply = self._reply(event)
        except Exception as error:  # noqa: BLE001 - a flaw of ours: what Slack sent is kept by Slack, and sent again
            reply = Reply(503, "try again", SOON, code="internal", error=error)
        self._tell(reply, (time.perf_counter() - started) * 1000)
        kept = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
        return {
            "statusCode": reply.status,
            "headers": {**reply.headers, **kept},
            "body": reply.body,
            "isBase64Encoded": False,
        }

    def _reply(self, event: Mapping[str, Any]) -> Reply:
        if self._pages is not None and _method(event) == "GET":
            query = event.get("queryStringParameters")
            return self._pages(_path(event), query if isinstance(query, dict) else {}, _headers(event))
        return self._ingress.handle(_headers(event), _body(event))

    def _tell(self, reply: Reply, ms: float) -> None:
        if reply.error is not None and reply.code != "malformed":
            self._telemetry.failed("failed", reply.error, code=reply.code, route=ROUTE)
        said = {"route": ROUTE, "channel": "slack", "code": reply.code, "kind": reply.kind, "job_id": reply.job}
        self._telemetry.ended(reply.status, ms, **said)
        self._telemetry.flush()


def _headers(event: Mapping[str, Any]) -> Headers:
    """With several values where the event has them; version 2.0 has its cookies apart."""
    found, cookies = event.get("multiValueHeaders") or event.get("headers"), event.get("cookies")
    given = found if isinstance(found, dict) else {}
    headers = {name: value for name, value in given.items() if isinstance(value, str | list)}
    return {**headers, "cookie": "; ".join(map(str, cookies))} if isinstance(cookies, list) else headers


def _method(event: Mapping[str, Any]) -> str:
    about = _about(event)
    http = about.get("http")
    return str((http.get("method") if isinstance(http, dict) else None) or event.get("httpMethod") or "")


def _path(event: Mapping[str, Any]) -> str:
    """Version 2.0 alone puts the stage's name before it, unless that is the default one."""
    raw, stage = str(event.get("rawPath") or ""), f"/{_about(event).get('stage')}"
    return raw.removeprefix(stage) if raw.startswith(f"{stage}/") else raw or str(event.get("path") or "")


def _about(event: Mapping[str, Any]) -> Mapping[str, Any]:
    found = event.get("requestContext")
    return found if isinstance(found, dict) else {}


def _body(event: Mapping[str, Any]) -> bytes:
    """What is no base64 though it should be is no body that was signed either."""
    body = event.get("body")
    if not isinstance(body, str):
        return b""
    if not event.get("isBase64Encoded"):
        return body.encode(errors="replace")
    try:
        return b64decode(body, validate=True)
    except ValueError:
        return b""
