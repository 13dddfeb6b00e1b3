"""Call the webhooks of the account, and call again as the platform does.

Up to five tries where no answer comes in time, three more on a 409, and on a 429 or 503 only where it says to come
again within the minute. A 500 is final: what it was about is lost.
"""

import base64
import heapq
import hmac
import json
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException
from itertools import count
from typing import Self
from urllib.parse import urlsplit
from uuid import uuid4

from bot.local.account.breaking import Breaker
from bot.local.account.desk import Comment, Desk, Ticket
from bot.local.account.eventing import event
from bot.local.account.faults import Faults, Kind
from bot.local.account.webhooks import Status, Webhook, Webhooks

PATIENCE = 12.0  # seconds for an answer
TRIES, CONFLICTS = 5, 4
AGAIN = 5.0  # seconds between two tries, where no answer says so
LONGEST = 60.0  # seconds to wait; who asks for as long, or longer, is not called again
WORKERS = 8
REMEMBERED = 20_000
OPERATION = "webhook"  # as faults name it
ACCOUNT = 12_514_403  # its number
NO_ANSWER = 0
HERE = frozenset({"127.0.0.1", "localhost"})

Answer = tuple[int, Mapping[str, str]]
Carry = Callable[[str, Mapping[str, str], bytes], Answer]  # gives NO_ANSWER where none came in time


@dataclass(slots=True)
class Invocation:
    """What a webhook is called for, with the status of every answer."""

    webhook: Webhook
    body: bytes
    id: str = field(default_factory=lambda: uuid4().hex)
    statuses: list[int] = field(default_factory=list)

    @property
    def lost(self) -> bool:
        return bool(self.statuses) and not 200 <= self.statuses[-1] < 300


def over_http(url: str, headers: Mapping[str, str], body: bytes) -> Answer:
    """On this machine only: a simulation calls nobody else."""
    parts = urlsplit(url)
    if parts.scheme != "http" or parts.hostname not in HERE:
        return NO_ANSWER, {}
    connection = HTTPConnection(parts.hostname or "", parts.port or 80, timeout=PATIENCE)
    try:
        connection.request("POST", parts.path or "/", body, dict(headers))
        answer = connection.getresponse()
        answer.read()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}
    except (OSError, HTTPException):
        return NO_ANSWER, {}
    finally:
        connection.close()


class Courier:
    """A context manager. `carry` is the way to an endpoint, `hurry` divides every wait but the one for an answer."""

    def __init__(self, desk: Desk, webhooks: Webhooks, faults: Faults, *, hurry: float = 1.0) -> None:
        self.carry: Carry = over_http
        self.hurry = hurry
        self.invocations: deque[Invocation] = deque(maxlen=REMEMBERED)
        self._desk, self._webhooks, self._faults = desk, webhooks, faults
        self._breakers: defaultdict[str, Breaker] = defaultdict(lambda: Breaker(self._now))
        self._due: list[tuple[float, int, Invocation]] = []
        self._order, self._running, self._closed = count(), 0, False
        self._changed = threading.Condition()
        self._workers: list[threading.Thread] = []
        self._broken: list[Exception] = []  # what an app in this process raised

    def __enter__(self) -> Self:
        self._desk.listeners.append(self.hear)
        return self

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for worker in self._workers:
            worker.join()
        if self._broken:
            raise self._broken[0]

    def hear(self, kind: str, ticket: Ticket, comment: Comment) -> None:
        """As the desk tells it, under its lock: what is sent says how it is now."""
        for webhook, body in self._wanted(kind, ticket, comment):
            self.send(Invocation(webhook, body))

    def send(self, invocation: Invocation) -> None:
        self.invocations.append(invocation)
        self._plan(invocation, 0.0)

    def settle(self, timeout: float) -> bool:
        """Wait until every webhook has been called as often as it will be."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._due and not self._running, timeout)

    def _wanted(self, kind: str, ticket: Ticket, comment: Comment) -> Iterator[tuple[Webhook, bytes]]:
        for webhook in self._webhooks.subscribed(kind):
            yield webhook, json.dumps(event(kind, ticket, comment, self._desk, ACCOUNT)).encode()
        for trigger, webhook in self._webhooks.fired(kind, ticket, comment):
            yield webhook, trigger.written(ticket).encode()

    def _now(self) -> float:
        return time.monotonic() * self.hurry

    def _plan(self, invocation: Invocation, wait: float) -> None:
        with self._changed:
            heapq.heappush(self._due, (self._now() + wait, next(self._order), invocation))
            if not self._workers:  # few accounts have webhooks
                self._workers = [threading.Thread(target=self._run, daemon=True) for _ in range(WORKERS)]
                for worker in self._workers:
                    worker.start()
            self._changed.notify_all()

    def _run(self) -> None:
        while (invocation := self._next()) is not None:
            try:
                self._try(invocation)
            except Exception as error:  # noqa: BLE001 - raised again where the account is closed
                self._broken.append(error)
            finally:
                with self._changed:
                    self._running -= 1
                    self._changed.notify_all()

    def _next(self) -> Invocation | None:
        """The next that may be sent; None at the end."""
        with self._changed:
            while not self._closed:
                wait = self._due[0][0] - self._now() if self._due else None
                if wait is not None and wait <= 0:
                    invocation = heapq.heappop(self._due)[2]
                    pause = self._breakers[invocation.webhook.id].pause()
                    if not pause:
                        self._running += 1
                        return invocation
                    heapq.heappush(self._due, (self._now() + pause, next(self._order), invocation))
                    continue
                self._changed.wait(None if wait is None else wait / self.hurry)
        return None

    def _try(self, invocation: Invocation) -> None:
        if invocation.webhook.status is not Status.ACTIVE:
            return
        status, headers = self._answer(invocation)
        invocation.statuses.append(status)
        with self._changed:
            self._breakers[invocation.webhook.id].ended(well=200 <= status < 300)
        wait = _again(invocation.statuses, headers)
        if wait is not None:
            self._plan(invocation, wait)

    def _answer(self, invocation: Invocation) -> Answer:
        fault = self._faults.take(OPERATION)
        if fault is not None and fault.kind is Kind.REFUSE:
            return NO_ANSWER, {}
        answer = self.carry(invocation.webhook.endpoint, self._headers(invocation), invocation.body)
        return (NO_ANSWER, {}) if fault is not None and fault.kind is Kind.LOSE else answer

    def _headers(self, invocation: Invocation) -> Mapping[str, str]:
        """Every try is signed anew, and has the invocation's id."""
        stamp = datetime.fromtimestamp(self._desk.now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        signed = hmac.digest(invocation.webhook.secret.encode(), stamp.encode() + invocation.body, "sha256")
        return {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Zendesk Webhook",
            "X-Zendesk-Account-Id": str(ACCOUNT),
            "X-Zendesk-Webhook-Id": invocation.webhook.id,
            "X-Zendesk-Webhook-Invocation-Id": invocation.id,
            "X-Zendesk-Webhook-Signature": base64.b64encode(signed).decode(),
            "X-Zendesk-Webhook-Signature-Timestamp": stamp,
        }


def _again(statuses: list[int], headers: Mapping[str, str]) -> float | None:
    """Seconds until it is called again; None: it is not."""
    status = statuses[-1]
    if status == NO_ANSWER:
        return AGAIN if len(statuses) < TRIES else None
    if status == 409:
        return AGAIN if len(statuses) < CONFLICTS else None
    asked = {name.lower(): value for name, value in headers.items()}.get("retry-after", "")
    if status in (429, 503) and asked.isdigit() and int(asked) < LONGEST and len(statuses) < TRIES:
        return float(asked)
    return None
