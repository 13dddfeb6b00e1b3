import json
import random
from base64 import b64encode
from typing import Any

import pytest

from bot.api.errors import RefusedError
from bot.api.requests import Opinion, Query, Request, decode

GRAIN = random.Random(11)  # noqa: S311 - a spread of bodies, not a secret
ODD: list[Any] = [None, True, 0, -1, 1e308, "", "x", "\ud800", "\x00", [], {}, [[]], {"a": {}}, "ü" * 5000, 2**70]


def tried(body: str | None, encoded: bool, kind: type[Request]) -> int:
    try:
        decode(body, encoded, kind)
    except RefusedError as error:
        return error.status
    return 200


def test_bytes_of_any_kind_are_taken_or_refused() -> None:
    seen = set()
    for _ in range(3000):
        raw = GRAIN.randbytes(GRAIN.randrange(60))
        seen.add(tried(b64encode(raw).decode(), True, Query))
        seen.add(tried(raw.decode("latin-1"), False, Query))
        seen.add(tried(raw.decode("utf-8", "surrogateescape"), False, Opinion))
        seen.add(tried(raw.decode("latin-1"), True, Query))
    assert seen == {400}


def test_values_of_any_kind_are_taken_or_refused() -> None:
    names = ["query", "audience", "follow_up", "async", "later", "helpful", "reason", "comment", "person", "\ud800", ""]
    seen = set()
    for _ in range(3000):
        body = {GRAIN.choice(names): GRAIN.choice(ODD) for _ in range(GRAIN.randrange(5))}
        for text in (json.dumps(body), json.dumps(body, ensure_ascii=False)):
            seen |= {tried(text, False, Query), tried(text, False, Opinion)}
    assert seen == {200, 400, 413}


def test_a_good_body_with_one_byte_changed_is_taken_or_refused() -> None:
    good = json.dumps({"query": "What?", "audience": "public", "async": False}).encode()
    for place in range(len(good)):
        for byte in (0, 0x22, 0x7B, 0x80, 0xFF):
            changed = good[:place] + bytes([byte]) + good[place + 1 :]
            assert tried(b64encode(changed).decode(), True, Query) in (200, 400)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "0x10", "1" * 5000])
def test_no_number_is_a_question(number: str) -> None:
    assert tried(f'{{"query": {number}}}', False, Query) == 400
