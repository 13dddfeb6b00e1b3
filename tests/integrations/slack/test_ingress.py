"""Acknowledged once it cannot be lost; a forger, a fool and a queue that is down each get their own answer."""

import json
import random
import time
from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from integrations.slack.ingress import Ingress
from rag_core.errors import MisconfiguredError, RejectedError
from rag_core.jobs import LONGEST, JobKind
from rag_core.messaging import read, written
from tests.integrations.slack.hostile import requests
from tests.integrations.slack.sending import (
    SECRET,
    Door,
    body_of,
    click,
    command,
    mention,
    shortcut,
    signed,
    submission,
)


@pytest.fixture
def door() -> Door:
    return Door()


@pytest.mark.parametrize("payload", [mention(), click("share"), submission(), shortcut(), command()])
def test_what_slack_sends_waits_in_the_queue_as_it_came(door: Door, payload: dict[str, Any]) -> None:
    reply = door.send(payload)
    assert reply.status == 200
    (job,) = door.queue.jobs
    assert (job.kind, job.payload, job.question) == (JobKind.SLACK, {}, None)
    assert door.queue.events == [{name: value for name, value in payload.items() if name != "token"}]
    assert read(written(job)) == job


def test_every_delivery_of_an_event_is_the_same_job(door: Door) -> None:
    for _ in range(3):
        door.send(mention())
    door.send(mention(event_id="Ev2"))
    first, second, third, other = (job.id for job in door.queue.jobs)
    assert first == second == third != other


def test_a_retry_is_not_dropped_for_its_header(door: Door) -> None:
    body = body_of(mention())
    headers = signed(body) | {"X-Slack-Retry-Num": "3", "X-Slack-Retry-Reason": "http_timeout"}
    assert door.ingress.handle(headers, body).status == 200
    assert len(door.queue.jobs) == 1


def test_the_handshake_is_answered(door: Door) -> None:
    reply = door.send({"type": "url_verification", "token": "t", "challenge": "3eZbrw1a"})
    assert (reply.status, json.loads(reply.body)) == (200, {"challenge": "3eZbrw1a"})
    assert door.queue.jobs == []


def test_a_certificate_check_and_a_rate_notice_are_taken_and_nothing_is_done(door: Door) -> None:
    assert door.post(b"ssl_check=1&token=t0ken").status == 200
    assert door.send({"type": "app_rate_limited", "team_id": "T1", "minute_rate_limited": 1731}).status == 200
    assert door.queue.jobs == []


@pytest.mark.parametrize(
    "event",
    [
        {"type": "message", "subtype": "message_changed"},
        {"type": "message", "subtype": "message_deleted"},
        {"type": "message", "subtype": "bot_message"},
        {"type": "message", "subtype": ["x"]},
        {"type": "message", "bot_id": "B1"},
        {"type": "app_mention", "bot_id": "B1"},
    ],
)
def test_what_no_person_wrote_makes_no_job(door: Door, event: dict[str, Any]) -> None:
    assert door.send(mention(**event)).status == 200
    assert door.queue.jobs == []


@pytest.mark.parametrize("subtype", [None, "file_share", "thread_broadcast"])
def test_what_a_person_wrote_makes_one(door: Door, subtype: str | None) -> None:
    door.send(mention(type="message", subtype=subtype))
    assert len(door.queue.jobs) == 1


def test_who_asks_by_command_sees_the_question_again(door: Door) -> None:
    said = json.loads(door.send(command("How long for\n&lt;b&gt; &amp; <@U0123|ada>? @channel")).body)
    first, second = said["blocks"]
    assert said["response_type"] == "ephemeral"
    assert first["text"]["text"] == "> How long for &lt;b&gt; &amp; @ada? @\u2060channel"
    assert "only you see this" in second["elements"][0]["text"]
    assert first["text"]["text"] in said["text"]
    assert "only you see this" in said["text"]


def test_who_asks_nothing_by_command_sees_nothing_at_once(door: Door) -> None:
    assert [door.send(each).body for each in (command(" "), command("status", "/supportbot"), submission())] == [""] * 3


def test_a_modal_that_is_not_filled_in_stays_open_and_makes_no_job(door: Door) -> None:
    said = json.loads(door.send(submission("whatever")).body)
    assert said["response_action"] == "errors"
    assert said["errors"].keys() == {"reason"}
    assert door.queue.jobs == []


@pytest.mark.parametrize(
    "broken",
    [
        {"private_metadata": "[" * 100_000},
        {"private_metadata": '{"question_id": 7}'},
        {"state": {"values": {"reason": {"reason": {}}, "comment": {"comment": {"value": 7}}}}},
        {"callback_id": "channel_settings", "state": {"values": {"sources": {"sources": {"selected_options": 7}}}}},
    ],
)
def test_a_modal_that_slack_would_not_send_is_refused(door: Door, broken: dict[str, Any]) -> None:
    sent = submission()
    sent["view"] = sent["view"] | broken
    if "channel_settings" in broken.values():
        chosen = {"audience": {"selected_option": {"value": "public"}}, "channel": {"selected_conversation": "C1"}}
        sent["view"]["state"]["values"] |= {name: {name: held} for name, held in chosen.items()}
    assert door.send(sent).status == 400
    assert door.queue.jobs == []


@pytest.mark.parametrize("value", ["v0=0", "", "é", "v0=" + "0" * 64])
def test_a_forger_is_refused_whatever_he_sends(door: Door, value: str) -> None:
    for body in (
        body_of(mention()),
        b"",
        b"{",
        b"\xff",
        b"ssl_check=1",
        b'{"type":"url_verification","challenge":"c"}',
    ):
        reply = door.ingress.handle(signed(body) | {"X-Slack-Signature": value}, body)
        assert (reply.status, reply.code) == (401, "forged")
    assert door.queue.jobs == []


def test_a_header_has_any_case_and_one_value(door: Door) -> None:
    body = body_of(mention())
    stamp, signature = signed(body).values()
    taken: list[Mapping[str, str | Sequence[str]]] = [
        {"x-slack-request-timestamp": stamp, "x-slack-signature": signature},
        {"X-SLACK-REQUEST-TIMESTAMP": [stamp], "X-SLACK-SIGNATURE": [signature], "accept": ["a", "b"]},
    ]
    refused: list[Mapping[str, str | Sequence[str]]] = [
        {},
        {"x-slack-request-timestamp": stamp},
        {"x-slack-request-timestamp": stamp, "x-slack-signature": [signature, signature]},
        {"x-slack-request-timestamp": stamp, "x-slack-signature": ["v0=0", signature]},
        {"x-slack-request-timestamp": stamp, "x-slack-signature": signature, "X-Slack-Signature": "v0=0"},
        {"x-slack-request-timestamp": stamp, "x-slack-signature": f"{signature},v0=0"},
    ]
    assert [door.ingress.handle(headers, body).status for headers in taken] == [200, 200]
    assert [door.ingress.handle(headers, body).status for headers in refused] == [401] * len(refused)


def test_a_queue_that_is_down_is_said_so_that_slack_calls_again(door: Door) -> None:
    door.queue.go_down()
    reply = door.send(mention())
    assert (reply.status, reply.headers["Retry-After"], reply.code) == (503, "30", "queue")
    door.queue.go_down(retry_after=4.2)
    assert door.send(click()).headers["Retry-After"] == "5"
    door.queue.error = MisconfiguredError("there is no such queue")
    assert door.send(mention()).status == 503
    door.queue.error = RejectedError("too large")
    assert door.send(mention()).status == 400


def test_without_a_secret_it_does_not_start(door: Door) -> None:
    for secret in ("", " "):
        with pytest.raises(MisconfiguredError, match="signing secret"):
            Ingress(secret, door.desk)


def test_a_signature_is_checked_by_its_own_clock(door: Door) -> None:
    body = body_of(mention())
    late = Ingress(SECRET, door.desk, clock=lambda: time.time() + 400)
    assert late.handle(signed(body), body).status == 401


@pytest.mark.parametrize("character", ["x", "🧾", '"', "\\", "\x00"])
def test_a_large_event_loses_what_says_the_same_twice_and_keeps_its_text(door: Door, character: str) -> None:
    text = character * 30_000
    blocks = [{"type": "rich_text", "elements": [text] * 9}]
    attachments = [{"text": text * 9}]
    assert door.send(mention(text, blocks=blocks, attachments=attachments)).status == 200
    (job,) = door.queue.jobs
    assert len(written(job).encode()) <= LONGEST
    event = door.queue.events[0]["event"]
    assert event["text"] == text
    assert "blocks" not in event
    door.send(click("ask_human") | {"message": {"text": "a", "blocks": blocks, "ts": "1"}})
    assert door.queue.events[1]["message"] == {"text": "a", "ts": "1"}


def test_half_a_character_loses_no_question(door: Door) -> None:
    assert door.send(mention("cut amid \ud83e")).status == 200
    (job,) = door.queue.jobs
    assert door.queue.events[0]["event"]["text"] == "cut amid ?"
    assert read(written(job)) == job


def test_whatever_comes_is_refused_in_order() -> None:
    door, chance = Door(), random.Random(7)  # noqa: S311
    for headers, body, forged in requests(chance, 600):
        reply = door.ingress.handle(headers, body)
        assert reply.status == 401 if forged else reply.status in (200, 400), body[:80]
        for job in door.queue.jobs:
            written(job)
        door.queue.jobs.clear()


def test_no_reply_and_no_error_quotes_what_was_sent(door: Door) -> None:
    canary = "canary-4471"
    for body in (canary.encode(), f'{{"{canary}"'.encode(), f'{{"type":"event_callback","event":"{canary}"}}'.encode()):
        for headers in (signed(body), signed(body, canary), {canary: canary}):
            reply = door.ingress.handle(headers, body)
            assert canary not in f"{reply} {b64encode(reply.body.encode())!r}"
