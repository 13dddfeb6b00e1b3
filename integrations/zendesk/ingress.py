"""What Zendesk sends, verified and put on the queue: it is acknowledged once it cannot be lost any more.

Zendesk repeats a 503 only where it is told to come again within the minute, and a 500 never; whoever fails too often
is not called any more. So nothing is answered here, and what does not concern us is good news too.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING

from integrations.http import TEXT, Headers, Reply, one
from integrations.zendesk import signing
from integrations.zendesk.receiving import Received, receive
from integrations.zendesk.signing import ForgedError
from rag_core.errors import MisconfiguredError, RejectedError, UnavailableError
from rag_core.jobs import Job, JobId, JobKind
from rag_core.timing import Deadline

if TYPE_CHECKING:
    from rag_core.ports import JobQueue  # its module costs a cold start what it does not need

INVOCATION = "x-zendesk-webhook-invocation-id"  # the same for every try
TICKET = "ticket"  # of the job's payload
SENDING = 5.0  # seconds for the queue, of the twelve that Zendesk waits
AGAIN = {"Content-Type": TEXT, "Retry-After": "30"}  # seconds; from 60 on nothing is repeated


class Ingress:
    """One webhook's endpoint; safe to share between threads. Raises MisconfiguredError without a secret."""

    def __init__(self, secret: str, queue: "JobQueue", *, clock: Callable[[], float] = time.time) -> None:
        signing.require(secret)
        self._secret, self._queue, self._clock = secret, queue, clock

    def handle(self, headers: Headers, body: bytes) -> Reply:
        """Never raises for what a sender can do, nor for a queue that is down."""
        try:
            stamp, signature = one(headers, signing.TIMESTAMP), one(headers, signing.SIGNATURE)
            signing.verify(self._secret, stamp, signature, body, self._clock())
        except ForgedError:
            return Reply(401, "this request is not signed by Zendesk", code="forged")
        try:
            found = receive(body)
        except RejectedError as error:
            return Reply(400, f"this cannot be read: {error}", code="malformed", error=error)
        if not found.ticket:
            return Reply(200, kind=found.kind)
        return self._sent(found, _job(found, one(headers, INVOCATION) or f"{stamp}\n".encode() + body))

    def _sent(self, found: Received, job: Job) -> Reply:
        try:
            self._queue.send(job, deadline=Deadline.within(SENDING))
        except RejectedError as error:
            return Reply(400, "this cannot be taken", code="refused", kind=found.kind, error=error)
        except (UnavailableError, MisconfiguredError) as error:
            return Reply(503, "try again", AGAIN, "queue", found.kind, error=error)
        return Reply(200, kind=found.kind, job=job.id)


def _job(found: Received, invocation: str | bytes) -> Job:
    """The same for every delivery of one invocation; where it has no id, for the same bytes signed at the same time."""
    told = invocation if isinstance(invocation, bytes) else invocation.encode(errors="replace")
    name = JobId(sha256(b"zendesk:" + told).hexdigest()[:32])
    return Job(name, JobKind.ZENDESK, datetime.now(UTC), payload={TICKET: found.ticket})
