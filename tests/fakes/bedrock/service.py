"""The state of the fake, and the reading of a request: who asks, and for which operation.

Everything here runs on the server's loop; a test changes settings, scripts and faults from its own thread.
"""

import json
import re
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from tests.fakes.bedrock import steering
from tests.fakes.bedrock.caching import PromptCache
from tests.fakes.bedrock.chatting import Scripts
from tests.fakes.bedrock.exchanging import Exchange
from tests.fakes.bedrock.faults import Fault
from tests.fakes.bedrock.recording import Call, Recorder
from tests.fakes.bedrock.settings import Settings
from tests.fakes.bedrock.wire import Connection, Incoming

_ROUTES = [
    ("POST", re.compile(r"/model/(?P<model>[^/]+)/converse"), "Converse"),
    ("POST", re.compile(r"/model/(?P<model>[^/]+)/converse-stream"), "ConverseStream"),
    ("POST", re.compile(r"/model/(?P<model>[^/]+)/invoke"), "InvokeModel"),
    ("POST", re.compile(r"/guardrail/(?P<id>[^/]+)/version/(?P<version>[^/]+)/apply"), "ApplyGuardrail"),
    ("POST", re.compile(r"/rerank"), "Rerank"),
    ("GET", re.compile(r"/foundation-models"), "ListFoundationModels"),
    ("GET", re.compile(r"/foundation-models/(?P<id>[^/]+)"), "GetFoundationModel"),
    ("GET", re.compile(r"/inference-profiles"), "ListInferenceProfiles"),
    ("GET", re.compile(r"/inference-profiles/(?P<id>[^/]+)"), "GetInferenceProfile"),
]
OPERATIONS = tuple(operation for _, _, operation in _ROUTES)
_SIGNATURE = re.compile(
    r"AWS4-HMAC-SHA256 Credential=[^/]+/\d{8}/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request, ?"
    r"SignedHeaders=[^,]+, ?Signature=[0-9a-f]{64}"
)


@dataclass(slots=True)
class Service:
    recorder: Recorder
    settings: Settings = field(default_factory=Settings)
    faults: list[Fault] = field(default_factory=list)
    scripts: Scripts = field(default_factory=Scripts)
    skipped: float = 0.0  # seconds by which the clock of the prompt cache was put forward
    cache: PromptCache = field(init=False)

    def __post_init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.settings.reset()
        self.faults.clear()
        self.scripts = Scripts()
        self.skipped = 0.0
        self.cache = PromptCache(lambda: time.monotonic() + self.skipped)
        self.recorder.clear()

    def serve(self, incoming: Incoming, connection: Connection) -> None:
        if incoming.path.startswith("/-/"):
            connection.answer(*steering.steer(self, incoming))
            return
        operation, names = _route(incoming)
        signature = _SIGNATURE.fullmatch(incoming.headers.get("authorization", ""))
        call = Call(
            number=0,
            operation=operation,
            model=names.get("model", ""),
            region=signature["region"] if signature else "us-east-1",
            path=incoming.path,
            query=incoming.query,
            headers=incoming.headers,
            body=_parsed(incoming.body),
            at=time.monotonic(),
        )
        self.recorder.add(call)
        connection.lost = lambda: self.recorder.close(call, "aborted")
        Exchange(self, connection, call, names).run(signature["service"] if signature else None)


def _route(incoming: Incoming) -> tuple[str, dict[str, str]]:
    for method, pattern, operation in _ROUTES:
        found = pattern.fullmatch(incoming.path)
        if found and method == incoming.method:
            return operation, {name: unquote(value) for name, value in found.groupdict().items()}
    return "Unknown", {}


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(body or b"{}")
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}
