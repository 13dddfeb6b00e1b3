"""What Slack sends, verified and put on the queue: it is acknowledged once it cannot be lost any more.

Slack waits three seconds and calls again when it hears nothing good, for a day. So nothing is answered here: a question
waits in the queue, and only a modal, whose trigger dies after three seconds, is opened at once.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from math import ceil
from typing import TYPE_CHECKING, Any

from integrations.http import JSON, TEXT, Headers, Reply, one
from integrations.slack import signing
from integrations.slack.fitting import fitted
from integrations.slack.interacting import Interactions
from integrations.slack.opening import Opener
from integrations.slack.receiving import Kind, Received, receive, received
from integrations.slack.signing import ForgedError
from rag_core.errors import MisconfiguredError, RejectedError, SupportBotError, UnavailableError
from rag_core.jobs import Job, JobId, JobKind
from rag_core.timing import Deadline

if TYPE_CHECKING:
    from rag_core.ports import JobQueue  # its module costs a cold start what it does not need

SENDING = 1.5  # seconds for the queue, of the three that Slack waits
SOON = 30  # seconds after which to call again
QUESTION = "/support"
# subtypes; an answer that is updated makes others by the dozen
WITH_QUESTION = ("", "file_share", "me_message", "thread_broadcast")


class Ingress:
    """One app's request URL; safe to share between threads. Raises MisconfiguredError without a secret."""

    def __init__(self, secret: str, desk: "Desk", *, clock: Callable[[], float] = time.time) -> None:
        signing.require(secret)
        self._secret, self._desk, self._clock = secret, desk, clock

    def handle(self, headers: Headers, body: bytes) -> Reply:
        """Never raises for what a sender can do, nor for a queue that is down."""
        try:
            stamp, signature = one(headers, signing.TIMESTAMP), one(headers, signing.SIGNATURE)
            signing.verify(self._secret, stamp, signature, body, self._clock())
        except ForgedError:
            return Reply(401, "this request is not signed by Slack", code="forged")
        try:
            found = receive(body)
        except RejectedError as error:
            return Reply(400, "this is no payload of Slack's", code="malformed", error=error)
        return self._taken(found)

    def _taken(self, found: Received) -> Reply:
        kind = found.kind.value
        try:
            taken = self._desk.take(found)
        except RejectedError as error:
            return Reply(400, "this cannot be taken", code="refused", kind=kind, error=error)
        except (UnavailableError, MisconfiguredError) as error:
            after = ceil(getattr(error, "retry_after", None) or SOON)
            return Reply(
                503, "try again", {"Content-Type": TEXT, "Retry-After": str(after)}, "queue", kind, error=error
            )
        body, headers = (json.dumps(taken.answer), {"Content-Type": JSON}) if taken.answer else ("", {})
        return Reply(200, body, headers, "not_opened" if taken.error else "", kind, taken.job, taken.error)


@dataclass(frozen=True, slots=True)
class Taken:
    """What is said at once; `job`: the id of what waits in the queue; `error`: the modal did not open."""

    answer: Mapping[str, Any] = field(default_factory=dict)
    job: str = ""
    error: SupportBotError | None = None


class Desk:
    """Takes payloads that are known to be Slack's: by their signature, or because Socket Mode brought them."""

    def __init__(self, queue: "JobQueue", opener: Opener, interactions: Interactions) -> None:
        self._queue, self._opener, self._interactions = queue, opener, interactions

    def receive(self, payload: object) -> Taken:
        """An envelope's. Raises RejectedError, UnavailableError, MisconfiguredError."""
        return self.take(received(payload))

    def take(self, found: Received) -> Taken:
        """Once it returns the job is on the queue, if there is anything to do."""
        if found.kind is Kind.HANDSHAKE:
            return Taken({"challenge": found.key})
        if found.kind is Kind.OTHER or (found.kind is Kind.EVENT and _is_noise(found.event)):
            return Taken()
        if errors := self._interactions.errors(found):
            return Taken({"response_action": "errors", "errors": dict(errors)})
        job = _job(found)
        self._queue.send(job, deadline=Deadline.within(SENDING))
        return Taken(_said(found), job.id, self._opened(found))

    def _opened(self, found: Received) -> SupportBotError | None:
        """After the click is on the queue, so that it is never lost with its modal."""
        try:
            if view := self._interactions.modal(found):
                self._opener.open(found.payload, view)
        except SupportBotError as error:
            return error
        return None


def _job(found: Received) -> Job:
    # the verification token is a secret, and of no use here
    payload = {name: value for name, value in found.payload.items() if name != "token"}
    name = JobId(sha256(f"slack:{found.key}".encode(errors="replace")).hexdigest()[:32])
    return Job(name, JobKind.SLACK, datetime.now(UTC), event=fitted(payload))


def _is_noise(event: Mapping[str, Any]) -> bool:
    """A message that nobody wrote as one: edited, deleted, by a bot, by us. A new status of a full member's."""
    if event.get("bot_id"):
        return True
    if event.get("type") == "user_change":
        return _is_still_member(event.get("user"))
    return event.get("type") == "message" and (event.get("subtype") or "") not in WITH_QUESTION


def _is_still_member(user: object) -> bool:
    """Of one workspace, with nothing lost: such an event comes for every emoji, and changes nobody's rights here.

    Of another company's people neither: whether Slack calls them strangers or not, none was ever taken for ours.
    """
    if not isinstance(user, dict) or user.get("enterprise_user") or not user.get("id"):
        return False
    lost = (user.get("deleted"), user.get("is_stranger"))
    guest = (user.get("is_restricted"), user.get("is_ultra_restricted"))
    return guest == (False, False) and not any(lost)


def _said(found: Received) -> Mapping[str, Any]:
    question = str(found.payload.get("text") or "").strip()
    if found.kind is not Kind.COMMAND or found.payload.get("command") != QUESTION or not question:
        return {}
    from integrations.slack.acknowledging import heard  # most requests need not load it

    return heard(question)
