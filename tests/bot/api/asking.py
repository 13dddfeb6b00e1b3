"""Events of API Gateway, callers, and a client that calls the routes as plain functions."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import uuid4

from bot.api.callers import Callers, load
from bot.api.routes import Api
from bot.observability import Telemetry
from bot.settings import Settings
from tests.bot.api.wired import Kept, Wired

REFUND = "How long does a refund take?"
KEYS = {
    "intranet": "key-of-the-intranet-0001",
    "website": "key-of-the-website-00002",
    "tight": "key-of-the-tight-one-03",
}
SECRET = "callback-secret-callback-secret-0001"  # noqa: S105
HASHES = {name: sha256(key.encode()).hexdigest() for name, key in KEYS.items()}
CALLERS: list[dict[str, Any]] = [
    {"name": "intranet", "key_sha256": [HASHES["intranet"]], "audiences": ["public", "internal"]},
    {"name": "website", "key_sha256": [HASHES["website"]]},
    {"name": "tight", "key_sha256": [HASHES["tight"]], "quota": 2},
]


def settings(home: Path, **more: Any) -> Settings:
    return Settings(**{"home": str(home), "embedding_model": "none", "api_callers": json.dumps(CALLERS)} | more)


def callers(**changes: Any) -> Callers:
    """All, the first of them with the changes."""
    return load(Settings(api_callers=json.dumps([CALLERS[0] | changes, *CALLERS[1:]])))


def event(
    method: str,
    path: str,
    body: object = None,
    *,
    caller: str | None = "intranet",
    headers: Mapping[str, str] | None = None,
    encoded: bool = False,
) -> dict[str, Any]:
    """Payload version 2.0. A `body` that is no text is sent as JSON."""
    key = {"authorization": f"Bearer {KEYS[caller]}"} if caller else {}
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"content-type": "application/json", **key, **(headers or {})},
        "requestContext": {
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "t"},
            "requestId": "gateway",
            "routeKey": "$default",
            "stage": "$default",
        },
        "body": body if isinstance(body, str | None) else json.dumps(body),
        "isBase64Encoded": encoded,
    }


@dataclass
class Context:
    left: int = 29_000  # ms
    aws_request_id: str = "the-request"

    def get_remaining_time_in_millis(self) -> int:
        return self.left


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    json: Any

    @property
    def message(self) -> str:
        return str(self.json["error"]["message"])

    @property
    def code(self) -> str:
        return str(self.json["error"]["code"])


def reply(response: Mapping[str, Any]) -> Reply:
    return Reply(response["statusCode"], response["headers"], json.loads(response["body"]))


@dataclass
class Client:
    """One API in this process."""

    home: Path
    more: dict[str, Any] = field(default_factory=dict)
    log: StringIO = field(default_factory=StringIO)

    def __post_init__(self) -> None:
        self.queue = Kept()
        self.settings = settings(self.home, **self.more)
        self.parts = Wired(self.settings, self.queue)
        self.telemetry = Telemetry(f"test-{uuid4().hex}", stream=self.log)
        self.api = Api(self.settings, self.parts, telemetry=self.telemetry)

    def call(self, method: str, path: str, body: object = None, *, left: int = 29_000, **more: Any) -> Reply:
        return reply(self.api.handle(event(method, path, body, **more), Context(left)))

    def ask(self, query: str = REFUND, caller: str = "intranet", *, later: bool = False, **more: Any) -> Reply:
        body = {"query": query, **({"async": True} if later else {}), **more}
        return self.call("POST", "/query", body, caller=caller)
