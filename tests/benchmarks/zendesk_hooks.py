"""Zendesk's webhook as a Lambda: cold and warm beside Slack's request URL, and under 10,000 hostile requests.

One function serves both; each is measured set up alone and together with the other, in turns, on the same machine.
"""

import json
import random
import time
from collections import Counter
from collections.abc import Callable, Mapping
from io import StringIO
from statistics import median, quantiles
from typing import Any

from bot.arriving import ZENDESK
from bot.gateway import Endpoint, Gateway
from bot.observability import Telemetry
from tests.benchmarks import ingress
from tests.benchmarks.ingress import Figures, environment, outside
from tests.integrations.zendesk.hostile import requests
from tests.integrations.zendesk.sending import SECRET, Door, body_of, signed, triggered
from tests.services.lambda_runtime import Function, lambda_function

COLD, WARM, OWN, HOSTILE = 9, 400, 3_000, 10_000
OF_ZENDESK = {
    "SUPPORTBOT_ZENDESK_SUBDOMAIN": "example",
    "SUPPORTBOT_ZENDESK_CLIENT_ID": "supportbot",
    "SUPPORTBOT_ZENDESK_CLIENT_SECRET": "s",
    "SUPPORTBOT_ZENDESK_WEBHOOK_SECRET": SECRET,
}


def measure() -> None:
    with outside() as url:
        slack = dict(environment(url))
        alone = {name: value for name, value in slack.items() if "SLACK" not in name} | OF_ZENDESK
        turns: tuple[tuple[Figures, Mapping[str, str], Callable[[Function], float]], ...] = (
            (Figures("Zendesk's webhook, alone", []), alone, asked),
            (Figures("Zendesk's webhook, beside Slack", []), slack | OF_ZENDESK, asked),
            (Figures("Slack's request URL, beside Zendesk", []), slack | OF_ZENDESK, ingress.asked),
            (Figures("Slack's request URL, alone", []), slack, ingress.asked),
        )
        for _ in range(COLD):
            for figures, stated, ask in turns:
                with lambda_function(ingress.OURS, stated) as function:
                    figures.cold.append(ask(function))
        for figures, _, _ in turns:
            print(figures)
        _warm(alone)
    _own()
    hostile()


def _warm(stated: Mapping[str, str]) -> None:
    with lambda_function(ingress.OURS, stated) as function:
        for number in range(WARM):
            asked(function, number)
        lines = [json.loads(line) for line in function.log.splitlines() if line.startswith("{")]
    own = [line["ms"] for line in lines if line.get("message") == "request"][1:]
    print(f"warm, with the queue's answer: median {median(own):.1f} ms, p99 {quantiles(own, n=100)[-1]:.1f} ms")


def _own() -> None:
    """In this process, with a queue that takes no time."""
    endpoint, times = Endpoint("zendesk", ZENDESK, Door().ingress.handle), list[float]()
    made = Gateway([endpoint], Telemetry(plain=True, metrics=False, stream=StringIO()))
    for number in range(OWN):
        sent = event(body_of(triggered(number + 1)))
        started = time.perf_counter()
        made.handle(sent)
        times.append((time.perf_counter() - started) * 1000)
    print(f"warm, own time: median {median(times):.2f} ms, p99 {quantiles(times, n=100)[-1]:.2f} ms of {OWN:,}")


def hostile(count: int = HOSTILE) -> None:
    """Genuine requests broken in every way, signed or forged; whatever is not 0 is a bug."""
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
    print(f"{count:,} hostile webhooks: {unhandled} unhandled, {bad} 5xx, {let_in} forged let in; {dict(statuses)}")


def asked(function: Function, number: int = 0) -> float:
    """Milliseconds until the reply, which is checked."""
    sent = event(body_of(triggered(number + 1)))
    started = time.perf_counter()
    _, reply = function.invoke(sent)
    seconds = time.perf_counter() - started
    assert reply.get("statusCode") == 200, reply
    return seconds * 1000


def event(body: bytes) -> dict[str, Any]:
    """API Gateway's, payload version 2.0."""
    return {
        "version": "2.0",
        "rawPath": ZENDESK,
        "headers": {"content-type": "application/json", **{name.lower(): each for name, each in signed(body).items()}},
        "requestContext": {"http": {"method": "POST", "path": ZENDESK}},
        "body": body.decode(),
        "isBase64Encoded": False,
    }
