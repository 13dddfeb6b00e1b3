"""Jobs into a standard SQS queue, without boto3."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from rag_core.backends.plain_aws.calling import Calls, Credentials, Service
from rag_core.calling import Dependency, Patience
from rag_core.jobs import Job
from rag_core.messaging import written
from rag_core.timing import NEVER, Deadline

PATIENCE = Patience()


@dataclass(frozen=True, slots=True)
class Queue:
    """Which queue, and how it is reached."""

    url: str
    region: str
    endpoint_url: str | None = None  # of a VPC endpoint, or of a test; else the queue's own host
    timeout: float = 2.0  # seconds, of connecting and of the answer each


class PlainSqsQueue:
    """JobQueue; safe to share between threads."""

    def __init__(self, queue: Queue, credentials: Credentials, patience: Patience = PATIENCE) -> None:
        own = urlsplit(queue.url)
        service = Service(
            "SQS", "sqs", "AmazonSQS", "1.0", queue.region, queue.endpoint_url or f"{own.scheme}://{own.netloc}"
        )
        self._queue, self._calls, self._dependency = queue, Calls(service, credentials), Dependency("SQS", patience)

    def send(self, job: Job, *, deadline: Deadline = NEVER) -> None:
        message = {"QueueUrl": self._queue.url, "MessageBody": written(job)}
        self._dependency.call(
            lambda seconds: self._calls.call("SendMessage", message, seconds),
            timeout=self._queue.timeout,
            deadline=deadline,
        )

    def close(self) -> None:
        self._calls.close()
