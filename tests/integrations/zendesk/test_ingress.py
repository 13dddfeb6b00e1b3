"""Acknowledged once it cannot be lost; a forger, a fool and a queue that is down each get their own answer."""

import random
import time
from base64 import b64encode
from typing import Any

import pytest

from integrations.zendesk.ingress import Ingress
from rag_core.errors import MisconfiguredError, RejectedError
from rag_core.jobs import JobKind
from rag_core.messaging import read, written
from tests.integrations.zendesk.hostile import requests
from tests.integrations.zendesk.sending import (
    INVOCATION,
    SECRET,
    SIGNATURE,
    STAMP,
    Door,
    Waiting,
    body_of,
    event,
    signed,
    triggered,
)


@pytest.fixture
def door() -> Door:
    return Door()


@pytest.mark.parametrize("payload", [triggered(), triggered(123), event(), event("ticket.comment_added")])
def test_of_what_zendesk_sends_only_the_tickets_number_waits_in_the_queue(door: Door, payload: dict[str, Any]) -> None:
    reply = door.send(payload)
    assert (reply.status, reply.body) == (200, "")
    (job,) = door.queue.jobs
    assert (job.kind, job.payload, job.question, job.event) == (JobKind.ZENDESK, {"ticket": "123"}, None, None)
    assert "canary" not in written(job)
    assert read(written(job)) == job


def test_every_try_of_an_invocation_is_the_same_job_and_no_other_is(door: Door) -> None:
    door.send(triggered())
    door.send(triggered(), at=time.time() - 200)  # each try is signed anew
    door.send(triggered(), invocation="another")
    first, again, other = (job.id for job in door.queue.jobs)
    assert first == again != other


def test_without_the_invocations_id_the_same_bytes_signed_at_the_same_time_are_the_same_job(door: Door) -> None:
    now = time.time()
    for at, ticket in ((now, "1"), (now, "1"), (now - 60, "1"), (now, "2")):
        door.send(triggered(ticket), invocation="", at=at)
    first, again, later, other = (job.id for job in door.queue.jobs)
    assert first == again
    assert len({first, later, other}) == 3


def test_an_event_that_nobody_waits_for_is_good_news(door: Door) -> None:
    for payload in (
        event("ticket.status_changed"),
        event("user.created"),
        {"type": "zen:event-type:article.published"},
    ):
        reply = door.send(payload)
        assert (reply.status, reply.kind) == (200, "other")
    assert door.queue.jobs == []


@pytest.mark.parametrize("after", [None, 3.0, 300.0])
def test_with_the_queue_down_zendesk_is_told_to_come_again_within_its_minute(door: Door, after: float | None) -> None:
    door.queue.go_down(after)
    reply = door.send(triggered())
    assert (reply.status, reply.headers["Retry-After"]) == (503, "30")
    door.queue.error = MisconfiguredError("there is no such queue")
    assert door.send(triggered()).status == 503
    door.queue.error = RejectedError("too large")
    assert door.send(triggered()).status == 400


def test_without_a_secret_it_does_not_start() -> None:
    for secret in ("", " "):
        with pytest.raises(MisconfiguredError, match="signing secret"):
            Ingress(secret, Waiting())


def test_a_signature_is_checked_by_its_own_clock(door: Door) -> None:
    body = body_of(triggered())
    late = Ingress(SECRET, door.queue, clock=lambda: time.time() + 400)
    assert late.handle(signed(body), body).status == 401


def test_a_header_that_is_there_twice_was_signed_by_nobody(door: Door) -> None:
    body = body_of(triggered())
    for name in (STAMP, SIGNATURE):
        headers = signed(body)
        assert door.ingress.handle(headers | {name: [headers[name], headers[name]]}, body).status == 401
    assert door.ingress.handle(signed(body) | {INVOCATION: ["a", "b"]}, body).status == 200


def test_a_body_is_what_was_signed_and_not_what_it_means(door: Door) -> None:
    headers = signed(b'{"ticket_id": "123"}')
    assert door.ingress.handle(headers, b'{"ticket_id":"123"}').status == 401
    assert door.ingress.handle(headers, b'{"ticket_id": "123"}').status == 200


def test_whatever_comes_is_refused_in_order() -> None:
    door, chance = Door(), random.Random(7)  # noqa: S311
    seen = set[int]()
    for headers, body, forged in requests(chance, 600):
        reply = door.ingress.handle(headers, body)
        assert reply.status == 401 if forged else reply.status in (200, 400), body[:80]
        seen.add(reply.status)
        for job in door.queue.jobs:
            written(job)
        door.queue.jobs.clear()
    assert seen == {200, 400, 401}


def test_no_reply_and_no_error_quotes_what_was_sent(door: Door) -> None:
    canary = "canary-4471"
    for body in (canary.encode(), f'{{"{canary}"'.encode(), f'{{"ticket_id":"{canary}"}}'.encode()):
        for headers in (signed(body), signed(body, canary), {canary: canary}):
            reply = door.ingress.handle(headers, body)
            assert canary not in f"{reply} {b64encode(reply.body.encode())!r}"
