"""A request becomes the event that API Gateway would make of it, and the reply a response."""

import base64
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from bot import events
from bot.local.relaying import LARGEST, Context, Shared, relayed
from tests.bot.local.reaching import reached


@contextmanager
def client(seen: list[dict[str, Any]], reply: Mapping[str, Any] | None = None) -> Iterator[httpx.Client]:
    def handle(event: dict[str, Any], context: Context) -> dict[str, Any]:
        assert 0 < context.get_remaining_time_in_millis() <= 5_000
        seen.append(event)
        return dict(reply or {"statusCode": 200, "headers": {"Content-Type": "text/plain; charset=utf-8"}, "body": "é"})

    application = relayed({"/a": handle, "/app/{rest:path}": handle}, 5.0)
    with reached(application) as address, httpx.Client(base_url=address, trust_env=False) as found:
        yield found


def test_a_request_is_read_as_on_aws() -> None:
    seen: list[dict[str, Any]] = []
    headers = [("X-Twice", "1"), ("X-Twice", "2"), ("Cookie", "a=b; c=d"), ("Content-Type", "application/json")]
    with client(seen) as asked:
        reply = asked.post("/app/x/y?a=1&b=%20&a=2", content=b'{"a": 1}', headers=headers)
    (event,) = seen
    assert (reply.status_code, reply.text) == (200, "é")
    assert (events.method(event), events.path(event)) == ("POST", "/app/x/y")
    assert events.query(event) == {"a": "1,2", "b": " "}
    assert events.headers(event)["x-twice"] == "1,2"
    assert events.headers(event)["cookie"] == "a=b; c=d"
    assert (event["isBase64Encoded"], events.body(event)) == (False, b'{"a": 1}')
    assert event["rawQueryString"] == "a=1&b=%20&a=2"


@pytest.mark.parametrize(
    ("kind", "body", "encoded"),
    [
        ("application/json; charset=utf-8", b"{}", False),
        ("application/json", b"\xff\xfe", True),
        ("application/x-www-form-urlencoded", b"a=b", True),
        ("application/octet-stream", b"\x00", True),
        ("text/plain", b"", False),
    ],
)
def test_the_bytes_arrive_as_they_were_sent(kind: str, body: bytes, encoded: bool) -> None:
    seen: list[dict[str, Any]] = []
    with client(seen) as asked:
        asked.post("/a", content=body, headers={"Content-Type": kind})
    assert (seen[0]["isBase64Encoded"], events.body(seen[0])) == (encoded, body)


def test_what_is_too_large_is_not_read_and_what_is_not_there_not_found() -> None:
    seen: list[dict[str, Any]] = []
    with client(seen) as asked:
        assert asked.post("/a", content=b"x" * (LARGEST + 1)).status_code == 413
        assert asked.post("/a", content=(b"x" * 100_000 for _ in range(20))).status_code == 413
        assert asked.post("/query", content=b"{}").status_code == 404
    assert seen == []


def test_a_reply_may_have_cookies_and_bytes() -> None:
    encoded = {"statusCode": 201, "body": base64.b64encode(b"\x00\xff").decode(), "isBase64Encoded": True}
    with client([], encoded | {"cookies": ["a=1; Secure", "b=2"], "headers": {"X-A": "1"}}) as asked:
        reply = asked.get("/a")
    assert (reply.status_code, reply.content, reply.headers["X-A"]) == (201, b"\x00\xff", "1")
    assert reply.headers.get_list("set-cookie") == ["a=1; Secure", "b=2"]


def test_each_does_one_thing_at_a_time() -> None:
    made: list[list[int]] = []

    def make() -> list[int]:
        made.append([0])
        return made[-1]

    shared, worst = Shared(make, 2), list[int]()

    def use(one: list[int]) -> dict[str, Any]:
        one[0] += 1
        worst.append(one[0])
        time.sleep(0.001)
        one[0] -= 1
        return {}

    threads = [threading.Thread(target=shared.lent, args=(use,)) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(made), set(worst), len(worst)) == (2, {1}, 40)
