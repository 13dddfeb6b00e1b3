"""Work that is done later and elsewhere: the nouns of the queue."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, NewType

if TYPE_CHECKING:
    from rag_core.domain import Question

LONGEST = 256 * 1024  # bytes of a job as a queue carries it; SQS takes four times that, where a queue is set so
JobId = NewType("JobId", str)  # the same however often a job is sent or delivered: what is claimed


class JobKind(StrEnum):
    """What is to be done."""

    ANSWER = "answer"
    INGEST = "ingest"
    ROLLBACK = "rollback"
    RUN = "run"  # one step of an ingestion that many workers do
    SLACK = "slack"
    ZENDESK = "zendesk"
    COSTS = "costs"  # what was charged, beside what was metered


@dataclass(frozen=True, slots=True)
class Job:
    """Work that is done later and elsewhere, and may be delivered more than once."""

    id: JobId
    kind: JobKind
    enqueued_at: datetime
    payload: Mapping[str, str] = field(default_factory=dict)  # where the result goes, what to read: ids, no urls
    question: "Question | None" = None  # of an ANSWER
    event: str | None = None  # of a channel's kind: what it sent, verified, as JSON
