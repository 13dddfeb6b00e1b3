"""Slack's request URL as a Lambda: cold beside slack_bolt's own adapter, warm, and under 10,000 hostile requests.

Both functions run in Lambda's emulator and get the same event, on the same machine, in turns; SQS, Lambda's API and
Slack's are one server beside them that answers at once.
"""

import json
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from statistics import median, quantiles
from typing import Any

from bot.arriving import SLACK
from bot.gateway import Endpoint, Gateway
from bot.observability import Telemetry
from tests.integrations.slack.hostile import requests
from tests.integrations.slack.sending import SECRET, Door, body_of, mention, signed
from tests.services.lambda_runtime import Function, lambda_function

COLD, WARM, OWN, HOSTILE = 9, 2_000, 3_000, 10_000
OURS, BOLT = "bot.handlers.ingress.handle", "tests.benchmarks.naive.bolt.handle"
EMPTY = "tests.benchmarks.naive.empty.handle"
REGION = "eu-central-1"
SERVER = "tests.benchmarks.answering_at_once"


@dataclass(frozen=True, slots=True)
class Figures:
    """Milliseconds of one kind of request."""

    name: str
    cold: list[float]

    def __str__(self) -> str:
        return f"{self.name}: cold median {median(self.cold):.0f} ms of {len(self.cold)} (worst {max(self.cold):.0f})"


def measure() -> None:
    with outside() as url:
        ours, bolt = Figures("our ingress", []), Figures("slack_bolt's SlackRequestHandler", [])
        empty = Figures("a function that does nothing", [])
        for _ in range(COLD):
            for figures, handler in ((ours, OURS), (bolt, BOLT), (empty, EMPTY)):
                with lambda_function(handler, environment(url)) as function:
                    figures.cold.append(asked(function))
        print(f"{ours} (goal 450)\n{bolt}\n{empty}")
        print(f"ours starts {median(bolt.cold) / median(ours.cold):.1f} times as fast (goal 3)")
        _warm(url)
    _own()
    hostile()


def _warm(url: str) -> None:
    with lambda_function(OURS, environment(url)) as function:
        whole = [asked(function, number) for number in range(WARM)]
        own = [line["ms"] for line in _lines(function.log) if line.get("message") == "request"][1:]
    print(f"warm, with the queue's answer: median {median(own):.1f} ms, p99 {_p99(own):.1f} ms")
    print(f"warm, with the emulator too: median {median(whole[1:]):.1f} ms")


def _own() -> None:
    """In this process, with a queue that takes no time."""
    made, times = (
        Gateway([Endpoint("slack", SLACK, Door().ingress.handle)], Telemetry(plain=True, stream=StringIO())),
        list[float](),
    )
    for number in range(OWN):
        sent = event(body_of(mention(event_id=f"Ev{number}")))
        with redirect_stdout(StringIO()):
            started = time.perf_counter()
            made.handle(sent)
            times.append((time.perf_counter() - started) * 1000)
    print(f"warm, own time: median {median(times):.2f} ms, p99 {_p99(times):.2f} ms of {OWN:,} (goal 10)")


def hostile(count: int = HOSTILE) -> None:
    """Genuine requests broken in every way, signed or forged."""
    door, statuses, unhandled, let_in = Door(), Counter[int](), 0, 0
    for headers, body, forged in requests(random.Random(11), count):  # noqa: S311
        try:
            status = door.ingress.handle(headers, body).status
        except Exception:  # noqa: BLE001 - what is counted
            unhandled += 1
            continue
        statuses[status] += 1
        let_in += forged and status != 401
    bad = sum(number for status, number in statuses.items() if status >= 500)
    print(f"{count:,} hostile requests: {unhandled} unhandled, {bad} 5xx, {let_in} forged let in; {dict(statuses)}")


def asked(function: Function, number: int = 0) -> float:
    """Milliseconds until the reply, which is checked."""
    body = body_of(mention(event_id=f"Ev{number}"))
    started = time.perf_counter()
    _, reply = function.invoke(event(body))
    seconds = time.perf_counter() - started
    assert reply.get("statusCode") == 200, reply
    return seconds * 1000


def event(body: bytes) -> dict[str, Any]:
    """API Gateway's, payload version 2.0."""
    return {
        "version": "2.0",
        "rawPath": "/slack/events",
        "headers": {"content-type": "application/json", **{name.lower(): each for name, each in signed(body).items()}},
        "requestContext": {"http": {"method": "POST", "path": "/slack/events"}},
        "body": body.decode(),
        "isBase64Encoded": False,
    }


def environment(url: str) -> Mapping[str, str]:
    return {
        "SUPPORTBOT_SLACK_SIGNING_SECRET": SECRET,
        "SUPPORTBOT_SLACK_BOT_TOKEN": "xoxb-1",
        "SUPPORTBOT_QUEUE_URL": f"{url}/123456789012/jobs",
        "SLACK_TOKEN": "xoxb-1",
        "SLACK_SECRET": SECRET,
        "SLACK_API": f"{url}/api/",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": url,
    }


@contextmanager
def outside() -> Iterator[str]:
    """Its address. A process of its own: what it does is not to wait for this one's interpreter lock."""
    process = subprocess.Popen([sys.executable, "-m", SERVER], stdout=subprocess.PIPE, text=True)
    with process:
        try:
            assert process.stdout
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def _lines(log: str) -> Iterator[dict[str, Any]]:
    for line in log.splitlines():
        if line.startswith("{"):
            yield json.loads(line)


def _p99(values: list[float]) -> float:
    return quantiles(values, n=100)[-1]
