"""Requests nobody should send: genuine ones broken in every way, signed and forged, and the JSON test suite's."""

import json
import random
import time
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from tests.integrations.slack.sending import body_of, click, command, mention, shortcut, signed, submission
from tests.shared import SHARED

JUNK: list[Any] = [None, True, 7, -1.5, "", "x" * 3_000, [], {}, [[]], {"a": {"b": []}}, "\ud800", "\x00", 10**400]
GENUINE = (mention, click, submission, shortcut, command)
Headers = dict[str, str]


@cache
def suite() -> list[bytes]:
    """Of https://github.com/nst/JSONTestSuite, where it is there."""
    return [path.read_bytes() for path in sorted((SHARED / "data/hostile/jsontestsuite").rglob("*.json"))]


def requests(chance: random.Random, count: int) -> Iterator[tuple[Mapping[str, str], bytes, bool]]:
    """Headers, body, and whether the request is forged."""
    for _ in range(count):
        body = chance.choice(BODIES)(chance)
        if chance.random() < 0.5:
            yield signed(body), body, False
        else:
            yield _forged(chance, body), body, True


def _changed(chance: random.Random) -> bytes:
    """A genuine payload with values exchanged or gone, at any depth."""
    payload = chance.choice(GENUINE)()
    for _ in range(chance.randint(1, 3)):
        holder: Any = payload
        while True:
            keys = list(holder.keys() if isinstance(holder, dict) else range(len(holder)))
            if not keys:
                break
            key = chance.choice(keys)
            if isinstance(holder[key], dict | list) and chance.random() < 0.7:
                holder = holder[key]
                continue
            if chance.random() < 0.3:
                del holder[key]
            else:
                holder[key] = chance.choice(JUNK)
            break
    try:
        return body_of(payload)
    except (TypeError, UnicodeEncodeError):
        return json.dumps(payload).encode()


def _broken(chance: random.Random) -> bytes:
    """Bytes of a genuine body cut, flipped, doubled."""
    body = bytearray(body_of(chance.choice(GENUINE)()))
    for _ in range(chance.randint(1, 5)):
        at = chance.randrange(len(body))
        match chance.randrange(4):
            case 0:
                body[at] ^= 1 << chance.randrange(8)
            case 1:
                del body[at : at + chance.randint(1, 9)]
            case 2:
                body[at:at] = chance.randbytes(chance.randint(1, 9))
            case _:
                body[at:at] = body[: chance.randint(1, 99)]
        body = body or bytearray(b"{")
    return bytes(body)


def _suite(chance: random.Random) -> bytes:
    hostile = chance.choice(suite() or [b"[" * 50_000])
    before, after = chance.choice(
        [(b"", b""), (b'{"type": "event_callback", "event_id": "E", "event": ', b"}"), (b"payload=", b"")]
    )
    return before + hostile + after


def _deep(chance: random.Random) -> bytes:
    depth = chance.choice([100, 900, 980, 990, 995, 1_000, 5_000])
    inner = b'{"a":' * depth + b"1" + b"}" * depth
    return b'{"type": "event_callback", "event_id": "E", "event": {"type": "message", "x": ' + inner + b"}}"


def _noise(chance: random.Random) -> bytes:
    return chance.randbytes(chance.choice([0, 1, 40, 4_000]))


BODIES: list[Callable[[random.Random], bytes]] = [
    _changed,
    _changed,
    _changed,
    _broken,
    _broken,
    _suite,
    _suite,
    _deep,
    _noise,
]


def _forged(chance: random.Random, body: bytes) -> Headers:
    genuine = signed(body)
    stamp, signature = genuine["X-Slack-Request-Timestamp"], genuine["X-Slack-Signature"]
    found: Headers = chance.choice(
        [
            {},
            signed(body, "another secret"),
            signed(body, "x"),
            signed(body, at=time.time() - 301),
            signed(body, at=time.time() + 400),
            signed(body + b" "),
            {"X-Slack-Signature": signature},
            {"X-Slack-Request-Timestamp": stamp},
            genuine
            | {"X-Slack-Request-Timestamp": chance.choice(["now", "", "１７", "9" * 5_000, "-1", f"{stamp}.0"])},
            genuine
            | {"X-Slack-Signature": chance.choice(["", "v0=", "é" * 64, "\ud800", signature[:-1], signature.upper()])},
        ]
    )
    return found
