"""A job as the text that a queue carries, and back.

A message holds a question, ids, or what a channel sent: no secret, and in its payload no url, which somebody would one
day call.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rag_core.errors import RejectedError
from rag_core.jobs import LONGEST, Job, JobId, JobKind

if TYPE_CHECKING:
    from rag_core.domain import Question

VERSION = 1  # of a message: workers of two versions read one queue while a deployment goes on
NO_TEXT = dict.fromkeys((0xFFFE, 0xFFFF), "\ufffd")  # characters that SQS refuses a whole message for


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
    body = json.dumps(message, ensure_ascii=False).translate(NO_TEXT)
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


def _question(question: "Question") -> dict[str, Any]:
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
        "instruction": question.instruction,
    }


def _asked(given: Mapping[str, Any]) -> "Question":
    from rag_core.domain import Audience, PersonId, Question, QuestionId, SourceName

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
        _text(given.get("instruction", "")),  # a message of the release before has none
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _optional(value: object) -> str | None:
    return None if value is None else _text(value)
