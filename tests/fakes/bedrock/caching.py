"""The prompt cache of Bedrock: a prefix up to a cachePoint that was seen before counts as read.

Order is tools, system, messages. A prefix below the model's minimum is not cached, silently. `inputTokens` counts only
what was neither read nor written, and `totalTokens` counts everything, as AWS documents.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.bedrock.catalogue import Model
from tests.fakes.bedrock.reading import tokens

_LIVES = {"5m": 300.0, "1h": 3600.0}


@dataclass(frozen=True, slots=True)
class Read:
    """What a prompt cost: `written` by time to live."""

    fresh: int
    read: int
    written: dict[str, int]

    def usage(self, output: int) -> dict[str, Any]:
        written = sum(self.written.values())
        return {
            "inputTokens": self.fresh,
            "outputTokens": output,
            "totalTokens": self.fresh + self.read + written + output,
            "cacheReadInputTokens": self.read,
            "cacheWriteInputTokens": written,
            "cacheDetails": [{"ttl": ttl, "inputTokens": n} for ttl, n in sorted(self.written.items()) if n],
        }


@dataclass(slots=True)
class PromptCache:
    clock: Callable[[], float]
    _expires: dict[str, float] = field(default_factory=dict)

    def read(self, body: dict[str, Any], model: Model) -> Read:
        now, total, read, covered = self.clock(), 0, 0, 0
        written: dict[str, int] = {}
        points: list[tuple[str, int, str]] = []
        digest = hashlib.sha256(model.id.encode())
        blocks = list(_blocks(body))
        cached = any("cachePoint" in block for block in blocks)
        for block in blocks:
            if "cachePoint" in block:
                points.append((digest.hexdigest(), total, block["cachePoint"].get("ttl", "5m")))
                continue
            if cached:
                digest.update(json.dumps(block, sort_keys=True).encode())
            total += tokens(said(block))
        points = [point for point in points if point[1] >= model.cache_from]
        for key, size, ttl in points:
            if self._expires.get(key, 0.0) > now:
                read = covered = size
                written.clear()
            else:
                written[ttl] = written.get(ttl, 0) + size - covered
                covered = size
            self._expires[key] = now + _LIVES[ttl]
        return Read(total - covered, read, written)


def _blocks(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from body.get("toolConfig", {}).get("tools", [])
    yield from body.get("system", [])
    for message in body["messages"]:
        yield {"role": message["role"]}
        yield from message["content"]


def said(block: Any) -> str:
    """All the text in a block, without the JSON around it."""
    if isinstance(block, str):
        return block
    if isinstance(block, dict):
        return " ".join(said(value) for value in block.values())
    if isinstance(block, list):
        return " ".join(said(value) for value in block)
    return ""
