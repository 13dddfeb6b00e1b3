"""An app that only listens."""

import json
import threading
from collections.abc import Mapping
from urllib.parse import parse_qs

from bot.local.workspace.nouns import Json


class Told:
    """What it was told, in order; it answers with what `answers` holds, and 200 when that is used up."""

    def __init__(self) -> None:
        self.requests: list[tuple[Mapping[str, str], bytes]] = []
        self.answers: list[tuple[int, bytes]] = []
        self._lock = threading.Lock()

    def __call__(self, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        with self._lock:
            self.requests.append((headers, body))
            return self.answers.pop(0) if self.answers else (200, b"")

    @property
    def payloads(self) -> list[Json]:
        return [_read(headers, body) for headers, body in self.requests]

    @property
    def events(self) -> list[Json]:
        return [payload["event"] for payload in self.payloads if payload.get("type") == "event_callback"]

    @property
    def retries(self) -> list[tuple[str | None, str | None]]:
        return [(headers.get("X-Slack-Retry-Num"), headers.get("X-Slack-Retry-Reason")) for headers, _ in self.requests]


def _read(headers: Mapping[str, str], body: bytes) -> Json:
    if headers["Content-Type"] == "application/json":
        found: Json = json.loads(body)
        return found
    fields = {name: values[0] for name, values in parse_qs(body.decode(), keep_blank_values=True).items()}
    return json.loads(fields["payload"]) if "payload" in fields else fields
