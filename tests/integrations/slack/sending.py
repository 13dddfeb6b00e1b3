"""What Slack sends to a request URL: payloads of every kind, signed."""

import json
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from integrations.http import Reply
from integrations.slack.ingress import Desk, Ingress
from integrations.slack.interacting import Interactions
from integrations.slack.opening import Opener, TokenOf
from integrations.slack.signing import sign
from rag_core.domain import NEVER, Deadline, SourceName
from rag_core.errors import UnavailableError
from rag_core.jobs import Job

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"  # noqa: S105
USER = {"id": "U1", "team_id": "T1"}


def mention(text: str = "<@UBOT> How long do refunds take?", event_id: str = "Ev1", **more: Any) -> dict[str, Any]:
    event = {"type": "app_mention", "user": "U1", "text": text, "ts": "1731.0001", "channel": "C1", **more}
    return {"type": "event_callback", "token": "t0ken", "team_id": "T1", "event_id": event_id, "event": event}


def click(action_id: str = "rate", value: str = "not_helpful:q1", action_ts: str = "1731.5") -> dict[str, Any]:
    action = {"type": "feedback_buttons", "action_id": action_id, "value": value, "action_ts": action_ts}
    return {
        "type": "block_actions",
        "token": "t0ken",
        "team": {"id": "T1"},
        "user": dict(USER),
        "trigger_id": "12.34.ab",
        "container": {"type": "message", "channel_id": "C1", "message_ts": "1731.0002", "thread_ts": "1731.0001"},
        "channel": {"id": "C1"},
        "message": {"ts": "1731.0002", "text": "An answer", "blocks": []},
        "actions": [action],
    }


def submission(reason: str = "outdated") -> dict[str, Any]:
    chosen = {"type": "radio_buttons", "selected_option": {"value": reason}}
    values = {"reason": {"reason": chosen}, "comment": {"comment": {"type": "plain_text_input", "value": "No."}}}
    kept = json.dumps({"question_id": "q1", "channel": "C1", "thread": "1731.0001"})
    view = {"id": "V1", "hash": "h1", "callback_id": "feedback", "private_metadata": kept, "state": {"values": values}}
    return {"type": "view_submission", "team": {"id": "T1"}, "user": dict(USER), "view": view, "trigger_id": "12.35"}


def shortcut() -> dict[str, Any]:
    return {
        "type": "message_action",
        "callback_id": "answer_message",
        "team": {"id": "T1"},
        "user": dict(USER),
        "trigger_id": "12.36",
        "action_ts": "1731.7",
        "message": {"ts": "1731.1", "text": "Where is my order?"},
    }


def command(text: str = "How long?", name: str = "/support") -> dict[str, str]:
    return {
        "token": "t0ken",
        "team_id": "T1",
        "channel_id": "C1",
        "user_id": "U1",
        "command": name,
        "text": text,
        "response_url": "https://hooks.slack.com/commands/T1/1/x",
        "trigger_id": "12.37",
    }


def body_of(payload: dict[str, Any]) -> bytes:
    """In the form that Slack uses for it."""
    if payload.get("type") in ("event_callback", "url_verification", "app_rate_limited"):
        return json.dumps(payload).encode()
    return urlencode(payload if "command" in payload else {"payload": json.dumps(payload)}).encode()


def signed(body: bytes, secret: str = SECRET, at: float | None = None) -> dict[str, str]:
    stamp = str(int(time.time() if at is None else at))
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": sign(secret, stamp, body)}


@dataclass
class Waiting:
    """JobQueue."""

    jobs: list[Job] = field(default_factory=list)
    error: Exception | None = None

    def send(self, job: Job, *, deadline: Deadline = NEVER) -> None:
        assert deadline.remaining < 3  # so long Slack waits
        if self.error:
            raise self.error
        self.jobs.append(job)

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(job.event or "") for job in self.jobs]

    def go_down(self, retry_after: float | None = None) -> None:
        self.error = UnavailableError("the queue is down", retry_after=retry_after)


@dataclass
class Door:
    """An ingress and what stands behind it; `url` is of the Web API."""

    url: str = "http://127.0.0.1:9/api/"
    queue: Waiting = field(default_factory=Waiting)
    sources: list[SourceName] = field(default_factory=lambda: [SourceName("/docs")])
    token_of: TokenOf = lambda _: "xoxb-1"

    def __post_init__(self) -> None:
        opener = Opener(self.token_of, self.url, timeout=0.5)
        self.desk = Desk(self.queue, opener, Interactions(lambda: self.sources))
        self.ingress = Ingress(SECRET, self.desk)

    def send(self, payload: dict[str, Any]) -> Reply:
        return self.post(body_of(payload))

    def post(self, body: bytes) -> Reply:
        return self.ingress.handle(signed(body), body)
