"""What Zendesk sends to a webhook: by a trigger and by a subscription, signed."""

import json
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from integrations.http import Reply
from integrations.zendesk.ingress import Ingress
from integrations.zendesk.signing import sign
from rag_core.domain import NEVER, Deadline
from rag_core.errors import UnavailableError
from rag_core.jobs import Job

SECRET = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=="  # noqa: S105 - Zendesk's own, of webhooks that are tested
STAMP, SIGNATURE = "X-Zendesk-Webhook-Signature-Timestamp", "X-Zendesk-Webhook-Signature"
INVOCATION = "X-Zendesk-Webhook-Invocation-Id"


def triggered(ticket: object = "123", **more: Any) -> dict[str, Any]:
    return {"ticket_id": ticket, **more}


def event(kind: str = "ticket.created", ticket: str = "123", **more: Any) -> dict[str, Any]:
    """As the documentation shows it: ids are texts."""
    detail = {"id": ticket, "actor_id": "8447388090494", "subject": "Parcel", "description": "canary", "status": "NEW"}
    said = {"id": "77", "body": "canary", "is_public": True, "author": {"id": "5", "is_staff": False, "name": "Ada"}}
    return {
        "account_id": 22129848,
        "id": "cbe4028c-7239-495d-b020-f22348516046",
        "type": f"zen:event-type:{kind}",
        "time": "2026-11-08T10:12:07.672717030Z",
        "subject": f"zen:ticket:{ticket}",
        "zendesk_event_version": "2022-11-06",
        "detail": detail,
        "event": {"comment": said, "meta": {"sequence": {"id": "A1", "position": 1, "total": 1}}},
        **more,
    }


def body_of(payload: Any) -> bytes:
    return json.dumps(payload).encode()


def stamp(at: float | None = None) -> str:
    moment = datetime.fromtimestamp(time.time() if at is None else at, UTC)
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def signed(
    body: bytes, secret: str = SECRET, at: float | None = None, invocation: str = "01GK8E6BKWMJ"
) -> dict[str, str]:
    when = stamp(at)
    named = {INVOCATION: invocation} if invocation else {}
    return {STAMP: when, SIGNATURE: sign(secret, when, body), "X-Zendesk-Webhook-Id": "01GK", **named}


@dataclass
class Waiting:
    """JobQueue."""

    jobs: list[Job] = field(default_factory=list)
    error: Exception | None = None

    def send(self, job: Job, *, deadline: Deadline = NEVER) -> None:
        assert deadline.remaining < 12  # so long Zendesk waits
        if self.error:
            raise self.error
        self.jobs.append(job)

    def go_down(self, retry_after: float | None = None) -> None:
        self.error = UnavailableError("the queue is down", retry_after=retry_after)


@dataclass
class Door:
    """An ingress and what stands behind it."""

    queue: Waiting = field(default_factory=Waiting)

    def __post_init__(self) -> None:
        self.ingress = Ingress(SECRET, self.queue)

    def send(self, payload: Any, **more: Any) -> Reply:
        body = body_of(payload)
        return self.ingress.handle(signed(body, **more), body)

    def post(self, body: bytes) -> Reply:
        return self.ingress.handle(signed(body), body)
