"""Bringing the index up to date with a source: the nouns of ingestion."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from rag_core.domain import DocumentId, PersonId, SourceName

RunId = NewType("RunId", str)


@dataclass(frozen=True, slots=True)
class SourceItem:
    """A document as its source lists it, not read yet."""

    id: DocumentId
    name: str  # what an admin knows it by: a path, a title
    format: str  # the ending that chooses its reader, such as .md
    url: str  # where a reader finds it, unless the document says otherwise


@dataclass(frozen=True, slots=True)
class Failure:
    """A document that could not be ingested; its former version, if any, still answers."""

    document: str
    reason: str


@dataclass(frozen=True, slots=True)
class IngestionRun:
    """What one ingestion did to one source."""

    source: SourceName
    written: int
    unchanged: int
    removed: int
    failures: tuple[Failure, ...]
    skipped: tuple[str, ...]  # of a format that is not read here
    chunks: int  # in the whole index afterwards
    embedding_model: str | None  # None: the index is lexical
    seconds: float


class RunState(StrEnum):
    """How far a run has come, or how it ended."""

    RUNNING = "running"
    DONE = "done"  # also with failures: what could be read answers
    FAILED = "failed"  # nothing of it is visible
    CANCELLED = "cancelled"  # by a person; nothing of it is visible


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run as it is kept: who started it, how far it is, what it changed."""

    id: RunId
    source: SourceName
    by: PersonId
    started: datetime
    state: RunState = RunState.RUNNING
    stage: str = ""
    done: int = 0
    total: int = 0
    current: str = ""  # the document it is at
    ended: datetime | None = None
    result: IngestionRun | None = None  # of a run that is done
    reason: str = ""  # why it failed, for a person
