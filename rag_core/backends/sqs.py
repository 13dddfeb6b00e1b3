"""Jobs through a standard SQS queue.

A FIFO queue forgets a duplicate after five minutes, and a redelivery comes for days: claims tell them apart, so the
queue need not.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import ceil

from rag_core.backends import boto
from rag_core.calling import Dependency, Patience
from rag_core.domain import NEVER, Deadline
from rag_core.errors import UnavailableError
from rag_core.jobs import Job
from rag_core.messaging import written

PATIENCE = Patience()
MOST_AT_ONCE, SENDERS = 10, 8  # messages of a request, SQS's own, and requests under way
LONGEST_WAIT, LONGEST_DELAY = 43_200, 900  # seconds, SQS's own: of what was received, of what is sent
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html
SQS = boto.Service(
    "SQS",
    temporary=boto.codes("KmsThrottled KMS.ThrottlingException OverLimit"),
    refused=boto.codes(
        """AWS.SimpleQueueService.NonExistentQueue InvalidAddress InvalidSecurity KmsAccessDenied KmsDisabled
        KmsNotFound QueueDoesNotExist UnsupportedOperation"""
    ),
)


@dataclass(frozen=True, slots=True)
class Queue:
    """Which queue, and how it is reached."""

    url: str
    region: str
    endpoint_url: str | None = None  # of a VPC endpoint, or of a test


class SqsQueue:
    """JobQueue and Fanout; safe to share between threads."""

    def __init__(self, queue: Queue, patience: Patience = PATIENCE) -> None:
        connection = boto.Connection(queue.region, queue.endpoint_url)
        self._url, self._client = queue.url, boto.client(SQS, "sqs", connection)
        self._dependency, self._timeout = Dependency(SQS.title, patience), connection.timeout

    def send(self, job: Job, *, deadline: Deadline = NEVER) -> None:
        body = written(job)
        self._dependency.call(lambda _: self._send(body), timeout=self._timeout, deadline=deadline)

    def send_all(self, jobs: Sequence[Job], *, delay: float = 0.0) -> None:
        """By tens, several at once."""
        bodies = [written(job) for job in jobs]
        tens = [bodies[start : start + MOST_AT_ONCE] for start in range(0, len(bodies), MOST_AT_ONCE)]
        with ThreadPoolExecutor(SENDERS, "sqs") as pool:
            for sent in [pool.submit(self._send_ten, ten, min(ceil(delay), LONGEST_DELAY)) for ten in tens]:
                sent.result()

    def _send_ten(self, bodies: Sequence[str], delay: int) -> None:
        left = dict(enumerate(bodies))

        def attempt(_seconds: float) -> None:
            entries = [{"Id": str(place), "MessageBody": body, "DelaySeconds": delay} for place, body in left.items()]
            with boto.translated(SQS):
                answer = self._client.send_message_batch(QueueUrl=self._url, Entries=entries)
            for each in answer.get("Successful", ()):
                left.pop(int(each["Id"]))
            if left:
                raise UnavailableError(f"SQS did not take {len(left)} of {len(bodies)} jobs: try again")

        self._dependency.call(attempt, timeout=self._timeout)

    def send_again(self, job: Job, delay: float) -> None:
        """Anew, from its first delivery."""
        self.send_all([job], delay=delay)

    def postpone(self, receipt: str, seconds: float) -> None:
        """Deliver a message that was received again after so many seconds, not after the queue's own time."""

        def attempt(_seconds: float) -> None:
            with boto.translated(SQS):
                self._client.change_message_visibility(
                    QueueUrl=self._url, ReceiptHandle=receipt, VisibilityTimeout=min(ceil(seconds), LONGEST_WAIT)
                )

        self._dependency.call(attempt, timeout=self._timeout)

    def _send(self, body: str) -> None:
        with boto.translated(SQS):
            self._client.send_message(QueueUrl=self._url, MessageBody=body)
