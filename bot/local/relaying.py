"""The functions of AWS on this machine: a request becomes the event that API Gateway would make of it.

Payload version 2.0, so that the very same handlers run: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

import base64
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Any, Generic, TypeVar
from uuid import uuid4

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

LARGEST = 1024 * 1024  # bytes of a body: four times what a webhook sends
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
AS_TEXT = ("text/", "application/json", "application/javascript", "application/xml")  # other bodies are base64

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Context:
    """What a handler is told of its invocation."""

    seconds: float  # that it may take
    aws_request_id: str = field(default_factory=lambda: str(uuid4()))
    began: float = field(default_factory=time.monotonic)

    def get_remaining_time_in_millis(self) -> int:
        return max(int((self.seconds - (time.monotonic() - self.began)) * 1000), 0)


Handler = Callable[[dict[str, Any], Context], dict[str, Any]]


class Shared(Generic[Made]):
    """A few of what does one thing at a time, as a function does: each is lent to one request."""

    def __init__(self, make: Callable[[], Made], number: int) -> None:
        self._free: SimpleQueue[Made] = SimpleQueue()
        for _ in range(number):
            self._free.put(make())

    def lent(self, use: Callable[[Made], dict[str, Any]]) -> dict[str, Any]:
        one = self._free.get()
        try:
            return use(one)
        finally:
            self._free.put(one)


def relayed(handlers: Mapping[str, Handler], seconds: float) -> Starlette:
    """By path, as Starlette writes one; `seconds`: how long a handler may take."""

    def route(path: str, handler: Handler) -> Route:
        async def endpoint(request: Request) -> Response:
            body = await _body(request)
            if body is None:
                return PlainTextResponse("this is too large", 413)
            return _response(await run_in_threadpool(handler, event(request, body), Context(seconds)))

        return Route(path, endpoint, methods=METHODS)

    return Starlette(routes=[route(path, handler) for path, handler in handlers.items()])


def event(request: Request, body: bytes) -> dict[str, Any]:
    """Several values of a name stand in one, by a comma."""
    path, client = request.url.path, request.client
    text = _text(request.headers, body)
    about = {
        "method": request.method, "path": path, "protocol": "HTTP/1.1", "sourceIp": client.host if client else "",
        "userAgent": request.headers.get("user-agent", ""),
    }  # fmt: skip
    cookies = [each.strip() for each in request.headers.get("cookie", "").split(";") if each.strip()]
    return {
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": request.url.query,
        "headers": _joined([pair for pair in request.headers.items() if pair[0] != "cookie"]),
        "queryStringParameters": _joined(request.query_params.multi_items()),
        **({"cookies": cookies} if cookies else {}),
        "requestContext": {"http": about, "requestId": str(uuid4()), "routeKey": "$default", "stage": "$default"},
        "body": base64.b64encode(body).decode() if text is None else text, "isBase64Encoded": text is None,
    }  # fmt: skip


async def _body(request: Request) -> bytes | None:
    """None where it is larger than anybody's who calls here."""
    found = bytearray()
    try:
        async for part in request.stream():
            found += part
            if len(found) > LARGEST:
                return None
    except ClientDisconnect:  # nobody waits for the response either
        return None
    return bytes(found)


def _text(headers: Headers, body: bytes) -> str | None:
    kind = headers.get("content-type", "text/plain")
    if not kind.lower().startswith(AS_TEXT):
        return None
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None


def _joined(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in pairs:
        found[name] = f"{found[name]},{value}" if name in found else value
    return found


def _response(made: Mapping[str, Any]) -> Response:
    body = str(made.get("body") or "")
    content = base64.b64decode(body) if made.get("isBase64Encoded") else body.encode()
    response = Response(content, int(made["statusCode"]), dict(made.get("headers") or {}))
    for cookie in made.get("cookies") or ():
        response.headers.append("set-cookie", cookie)
    return response
