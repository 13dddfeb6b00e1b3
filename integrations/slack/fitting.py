"""A payload as JSON that a queue takes: what says the same twice goes first.

Blocks repeat the text of a message, attachments are what its links unfold to; the text itself stays, up to what Slack
lets anybody write.
"""

import json
from collections.abc import Iterator
from typing import Any

from rag_core.errors import RejectedError
from rag_core.jobs import LONGEST

ROOM = LONGEST - 4_096  # bytes for the event; the rest of a job is ids
SAFE = LONGEST // 12  # characters that fit however they are written
HOLDERS = ("event", "message")
SPARE = ("blocks", "attachments", "files")  # in the order they go
LONGEST_TEXT = 40_000  # characters of a message: https://docs.slack.dev/reference/methods/chat.postMessage


def fitted(payload: dict[str, Any], room: int = ROOM) -> str:
    """As much of it as there is room for; a lone half of a character, which no queue carries, becomes a question mark.

    Raises RejectedError for one that is nested deeper than anything Slack sends.
    """
    try:
        for smaller in _ever_smaller(payload):
            event = json.dumps(smaller, ensure_ascii=False).encode(errors="replace").decode()
            if len(event) < SAFE or _size(event) <= room:
                break
    except RecursionError:
        raise RejectedError("the payload is nested too deep") from None
    return event


def _ever_smaller(payload: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield payload
    for name in SPARE:
        payload = {key: _without(value, name) if key in HOLDERS else value for key, value in payload.items()}
        yield payload
    yield {key: _cut(value) if key in HOLDERS else value for key, value in payload.items()}


def _without(holder: object, name: str) -> object:
    return {key: value for key, value in holder.items() if key != name} if isinstance(holder, dict) else holder


def _cut(holder: object) -> object:
    text = holder.get("text") if isinstance(holder, dict) else None
    return {**holder, "text": text[:LONGEST_TEXT]} if isinstance(holder, dict) and isinstance(text, str) else holder


def _size(event: str) -> int:
    """Bytes within a job, where JSON stands in JSON."""
    return len(json.dumps(event, ensure_ascii=False).encode())
