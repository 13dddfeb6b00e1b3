"""Webhooks nobody should send: genuine ones broken in every way, signed and forged, and the JSON test suite's."""

import json
import random
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tests.integrations.slack.hostile import JUNK, suite
from tests.integrations.zendesk.sending import INVOCATION, SIGNATURE, STAMP, body_of, event, signed, stamp, triggered

NUMBERS: list[Any] = [0, -1, 1 << 63, 10**400, 1.5, True, "0", "007", "-1", "1 ", "१२३", "{{ticket.id}}", "1" * 5_000]
IDS: list[str] = ["", "a" * 9_000, "é", "\ud800", "\x00", "../x"]


def requests(chance: random.Random, count: int) -> Iterator[tuple[Mapping[str, str], bytes, bool]]:
    """Headers, body, and whether the request is forged."""
    for _ in range(count):
        body = chance.choice(BODIES)(chance)
        if chance.random() < 0.5:
            yield signed(body, invocation=chance.choice([*IDS, "i1"])), body, False
        else:
            yield _forged(chance, body), body, True


def _changed(chance: random.Random) -> bytes:
    """A genuine payload with values exchanged or gone, at any depth."""
    payload = chance.choice([triggered(), triggered(7), event(), event("ticket.comment_added")])
    for _ in range(chance.randint(1, 3)):
        holder: Any = payload
        while keys := list(holder):
            key = chance.choice(keys)
            if isinstance(holder[key], dict) and chance.random() < 0.7:
                holder = holder[key]
                continue
            if chance.random() < 0.3:
                del holder[key]
            else:
                holder[key] = chance.choice([*JUNK, *NUMBERS])
            break
    return json.dumps(payload).encode()


def _broken(chance: random.Random) -> bytes:
    """Bytes of a genuine body cut, flipped, doubled."""
    body = bytearray(body_of(chance.choice([triggered(), event()])))
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
        [(b"", b""), (b'{"ticket_id": ', b"}"), (b'{"type": "zen:event-type:ticket.created", "detail": ', b"}")]
    )
    return before + hostile + after


def _deep(chance: random.Random) -> bytes:
    depth = chance.choice([100, 900, 990, 1_000, 5_000, 100_000])
    return b'{"ticket_id": "1", "x": ' + b'{"a":' * depth + b"1" + b"}" * depth + b"}"


def _noise(chance: random.Random) -> bytes:
    return chance.randbytes(chance.choice([0, 1, 40, 4_000]))


BODIES: list[Callable[[random.Random], bytes]] = [_changed, _changed, _changed, _broken, _suite, _suite, _deep, _noise]


def _forged(chance: random.Random, body: bytes) -> dict[str, str]:
    genuine = signed(body)
    when, signature = genuine[STAMP], genuine[SIGNATURE]
    seconds = str(int(time.time()))
    stamps = ["now", "", seconds, when[:-1], when.replace("T", " "), f"{when} ", "9999-99-99T99:99:99Z", when + "\n"]
    signatures = [
        "",
        signature[:-1],
        signature.lower() + "=",
        "é" * 44,
        "\ud800",
        f"sha256={signature}",
        f"{signature} ",
    ]
    found: dict[str, str] = chance.choice(
        [
            {},
            {INVOCATION: "i1"},
            signed(body, "another secret"),
            signed(body, "x"),
            signed(body, at=time.time() - 302),
            signed(body, at=time.time() + 400),
            signed(body + b" "),
            signed(b"." + body),  # what the public bots that put a full stop between them would sign
            {SIGNATURE: signature},
            {STAMP: when},
            genuine | {STAMP: chance.choice(stamps)},
            genuine | {STAMP: stamp(time.time() + 2)},
            genuine | {SIGNATURE: chance.choice(signatures)},
        ]
    )
    return found
