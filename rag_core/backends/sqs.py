"""Jobs through a standard SQS queue, and the form of a message.

A FIFO queue forgets a duplicate after five minutes, and a redelivery comes for days: claims tell them apart, so the
queue need not. A message holds a question and ids: no secret, and no url, which somebody would one day call.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
)
from botocore.exceptions import ConnectionError as BotoConnectionError
from botocore.parsers import ResponseParserError
from urllib3.exceptions import HTTPError

from rag_core.calling import Dependency, Patience
from rag_core.domain import NEVER, Audience, Deadline, PersonId, Question, QuestionId, SourceName
from rag_core.errors import MisconfiguredError, RejectedError, SupportBotError, UnavailableError
from rag_core.jobs import Job, JobId, JobKind

VERSION = 1  # of a message: workers of two versions read one queue while a deployment goes on
LONGEST = 256 * 1024  # bytes; SQS takes four times that, where a queue is set so
PATIENCE = Patience()
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html
TEMPORARY = frozenset(
    """RequestThrottled ThrottlingException Throttling KmsThrottled KMS.ThrottlingException OverLimit InternalError
    InternalFailure ServiceUnavailable RequestTimeout""".lower().split()
)
REFUSED = frozenset(
    """AccessDenied AccessDeniedException UnrecognizedClientException InvalidClientTokenId ExpiredToken
    ExpiredTokenException SignatureDoesNotMatch InvalidSignatureException MissingAuthenticationToken InvalidAddress
    IncompleteSignature InvalidSecurity UnsupportedOperation AWS.SimpleQueueService.NonExistentQueue QueueDoesNotExist
    KmsAccessDenied KmsDisabled KmsNotFound""".lower().split()
)


@dataclass(frozen=True, slots=True)
class Queue:
    """Which queue, and how it is reached; times in seconds."""

    url: str
    region: str
    endpoint_url: str | None = None  # of a VPC endpoint, or of a test
    connect_timeout: float = 1.0
    read_timeout: float = 2.0
    connections: int = 50  # open at once


class SqsQueue:
    """JobQueue; safe to share between threads."""

    def __init__(self, queue: Queue, patience: Patience = PATIENCE) -> None:
        self._url, self._client = queue.url, _client(queue)
        self._dependency, self._timeout = Dependency("SQS", patience), queue.connect_timeout + queue.read_timeout

    def send(self, job: Job, *, deadline: Deadline = NEVER) -> None:
        body = written(job)
        self._dependency.call(lambda _: self._send(body), timeout=self._timeout, deadline=deadline)

    def _send(self, body: str) -> None:
        with _translated():
            self._client.send_message(QueueUrl=self._url, MessageBody=body)


def written(job: Job) -> str:
    """The body of a job's message. Raises RejectedError."""
    if any("://" in value for value in job.payload.values()):
        raise RejectedError("a job's payload carries a url: send the id it was made of")
    message = {
        "version": VERSION,
        "id": job.id,
        "kind": job.kind,
        "enqueued_at": job.enqueued_at.astimezone(UTC).isoformat(),
        "payload": dict(job.payload),
        "question": job.question and _question(job.question),
        "event": job.event,
    }
    body = json.dumps(message, ensure_ascii=False)
    if len(body.encode()) > LONGEST:
        raise RejectedError(f"a job has at most {LONGEST:,} bytes, this one has {len(body.encode()):,}")
    return body


def read(body: str) -> Job:
    """The job of a message. Raises RejectedError for what this version does not know, or nobody should have sent."""
    try:
        message = json.loads(body)
        if message["version"] != VERSION:
            raise RejectedError(f"a message of version {message['version']!r}, this worker reads {VERSION}: update it")
        return _job(message)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        # not `from error`: it may quote the message
        raise RejectedError(f"a message is not a job of version {VERSION} ({type(error).__name__})") from None


def _job(message: Mapping[str, Any]) -> Job:
    payload = {str(name): _text(value) for name, value in message["payload"].items()}
    if any("://" in value for value in payload.values()):
        raise ValueError("url")
    kind, asked, event = JobKind(message["kind"]), message["question"], _optional(message.get("event"))
    if (asked is None) == (kind is JobKind.ANSWER):
        raise ValueError("question")
    if (event is None) == (kind is JobKind.SLACK):
        raise ValueError("event")
    enqueued_at = datetime.fromisoformat(message["enqueued_at"])
    question = None if asked is None else _asked(asked)
    return Job(JobId(_text(message["id"])), kind, enqueued_at, payload, question, event)


def _question(question: Question) -> dict[str, Any]:
    return {
        "id": question.id,
        "text": question.text,
        "audience": question.audience,
        "asked_by": question.asked_by,
        "channel": question.channel,
        "asked_at": question.asked_at.astimezone(UTC).isoformat(),
        "previous": question.previous,
        "sources": None if question.sources is None else sorted(question.sources),
        "standalone": question.standalone,
    }


def _asked(given: Mapping[str, Any]) -> Question:
    sources = given["sources"]
    return Question(
        QuestionId(_text(given["id"])),
        _text(given["text"]),
        Audience(given["audience"]),
        PersonId(_text(given["asked_by"])),
        _text(given["channel"]),
        datetime.fromisoformat(given["asked_at"]),
        _optional(given["previous"]),
        None if sources is None else frozenset(SourceName(_text(source)) for source in sources),
        _optional(given["standalone"]),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _optional(value: object) -> str | None:
    return None if value is None else _text(value)


def _client(queue: Queue) -> Any:
    config = Config(
        region_name=queue.region,
        connect_timeout=queue.connect_timeout,
        read_timeout=queue.read_timeout,
        max_pool_connections=queue.connections,
        retries={"total_max_attempts": 1, "mode": "standard"},
        tcp_keepalive=True,
    )
    with _translated():
        return cast(Any, boto3).client("sqs", endpoint_url=queue.endpoint_url, config=config)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        raise _of_response(error) from error
    except (NoCredentialsError, PartialCredentialsError) as error:
        raise MisconfiguredError(f"there are no AWS credentials for SQS: {error}") from error
    except (HTTPClientError, BotoConnectionError, HTTPError, OSError) as error:
        raise UnavailableError(f"SQS cannot be reached ({type(error).__name__}): try again") from error
    except ResponseParserError as error:
        raise UnavailableError(f"SQS sent half an answer ({type(error).__name__}): try again") from error
    except BotoCoreError as error:
        raise MisconfiguredError(f"SQS cannot be called: {error}") from error


def _of_response(error: ClientError) -> SupportBotError:
    code, status = error.response["Error"].get("Code", ""), error.response["ResponseMetadata"].get("HTTPStatusCode", 0)
    known = code.rpartition("#")[2].lower()
    if known in TEMPORARY or status >= 500:
        return UnavailableError(f"SQS is busy ({code}): try again")
    if known in REFUSED:
        return MisconfiguredError(f"SQS may not be used ({code}): {error.response['Error'].get('Message', '')}")
    return RejectedError(f"SQS refused the message ({code})")
