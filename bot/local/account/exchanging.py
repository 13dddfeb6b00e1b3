"""What goes over the wire, and which endpoint it is for.

Whatever this Zendesk learns to do next (articles, webhooks) is a module whose `routes` are added in zendesk.py.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

PREFIX = "/api/v2/"


class RefusalError(Exception):
    """The endpoint says no: nothing was done."""

    def __init__(self, status: int, payload: object, **headers: str) -> None:
        super().__init__(f"{status} {payload}")
        self.response = Response(status, payload, {name.replace("_", "-"): value for name, value in headers.items()})


@dataclass(frozen=True, slots=True)
class Request:
    """As it came; `by` is the id of the user whose credentials it carries."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    by: int = 0

    @property
    def path(self) -> str:
        """Without what all of the API's have in common."""
        return urlsplit(self.target).path.removeprefix(PREFIX).removesuffix(".json")

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query))

    @property
    def here(self) -> str:
        """The address it was sent to."""
        return f"http://{self.headers.get('Host', '')}"

    def content(self, name: str = "") -> dict[str, Any]:
        """The JSON object of the body, or the object `name` in it."""
        try:
            stated = json.loads(self.body or b"null")
            found = stated[name] if name else stated
        except (ValueError, KeyError, TypeError) as error:
            raise RefusalError(
                400, {"error": "Unprocessable Entity", "message": "Server could not parse JSON"}
            ) from error
        if not isinstance(found, dict):
            raise RefusalError(422, {"error": "RecordInvalid", "description": "Record validation errors"})
        return found


@dataclass(frozen=True, slots=True)
class Response:
    """`payload` None: no content."""

    status: int
    payload: object = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def body(self) -> bytes:
        if self.payload is None or isinstance(self.payload, bytes):
            return self.payload or b""
        return self.payload.encode() if isinstance(self.payload, str) else json.dumps(self.payload).encode()

    @property
    def kind(self) -> str:
        if isinstance(self.payload, bytes):
            return "application/octet-stream"
        return "text/html; charset=utf-8" if isinstance(self.payload, str) else "application/json; charset=utf-8"


Endpoint = Callable[..., Response]
Route = tuple[str, str, Endpoint]


class Routes:
    """Endpoints by method and path, given what stands in it: `{id}` a number, `{key}` a word, `{locale}` a language."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes = [(method, path, re.compile(_pattern(path)), endpoint) for method, path, endpoint in routes]

    def operation(self, request: Request) -> str:
        """Such as `PUT tickets/{id}/tags`: what faults are asked for by."""
        found = self._found(request)
        return f"{request.method} {found[0] if found else request.path}"

    def serve(self, request: Request) -> Response:
        found = self._found(request)
        if found is None:
            raise RefusalError(404, {"error": "InvalidEndpoint", "description": "Not found"})
        return found[2](request, *found[1])

    def _found(self, request: Request) -> tuple[str, list[int | str], Endpoint] | None:
        for method, path, pattern, endpoint in self._routes:
            matched = pattern.fullmatch(request.path)
            if method == request.method and matched:
                return path, [_given(each) for each in matched.groups()], endpoint
        return None


PARTS = {"id": "([0-9]{1,19})", "key": "([0-9A-Z]{26})", "locale": "([a-z]{2,3}(?:-[a-z0-9]+)*)"}


def _pattern(path: str) -> str:
    return re.sub(r"\\\{(\w+)\\\}", lambda found: PARTS[found[1]], re.escape(path))


def _given(part: str) -> int | str:
    return int(part) if re.fullmatch(PARTS["id"], part) else part


def missing() -> RefusalError:
    return RefusalError(404, {"error": "RecordNotFound", "description": "Not found"})


def invalid(name: str, text: str) -> RefusalError:
    details = {name: [{"description": text, "error": "InvalidValue"}]}
    return RefusalError(422, {"error": "RecordInvalid", "description": "Record validation errors", "details": details})
