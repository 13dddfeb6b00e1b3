"""A job as the text that a queue carries, and back.

A message holds a question, ids, or what a channel sent: no secret, and in its payload no url, which somebody would one
day call.

While a deployment goes on, workers of two releases read one queue. What has a kind, a field or a version that this one
does not know is a newer release's, and is left to it: done without what was asked, it would be done wrongly.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rag_core.errors import RejectedError, UnavailableError
from rag_core.jobs import LONGEST, Job, JobId, JobKind

if TYPE_CHECKING:
    from rag_core.domain import Question

VERSION = 1  # of a message; a field that is added needs no other
LEFT = 300.0  # seconds until a message of a newer release is looked at again: five times that a deployment may take
FIELDS = frozenset({"version", "id", "kind", "enqueued_at", "payload", "question", "event"})
ASKED = frozenset(
    ("id", "text", "audience", "asked_by", "channel", "asked_at", "previous", "sources", "standalone", "instruction")
)
KIND = re.compile(r"[a-z][a-z_]{1,30}")  # a name as ours are, which an error may quote
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
    """The job of a message. Raises RejectedError for what nobody should have sent; UnavailableError for a newer one."""
    try:
        message = json.loads(body)
        if unknown := _unknown(message):
            raise UnavailableError(
                f"a message with {unknown} is left for a worker of the release that sent it", retry_after=LEFT
            )
        if message["version"] != VERSION:
            raise RejectedError(f"a message of version {message['version']!r}, this worker reads {VERSION}")
        return _job(message)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        # not `from error`: it may quote the message
        raise RejectedError(f"a message is not a job of version {VERSION} ({type(error).__name__})") from None


def _unknown(message: Mapping[str, Any]) -> str:
    """What only a newer release knows; empty where there is nothing."""
    version, kind, asked = message["version"], message["kind"], message["question"]
    if type(version) is int and version > VERSION:
        return f"version {version}"
    if isinstance(kind, str) and KIND.fullmatch(kind) and kind not in set(JobKind):
        return f"the kind {kind}"
    added = sorted({*message} - FIELDS) + sorted({*asked} - ASKED if isinstance(asked, dict) else ())
    return f"the field {added[0]}" if added and all(KIND.fullmatch(name) for name in added) else ""


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
