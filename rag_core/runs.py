"""Bringing the index up to date with a source: the nouns of ingestion."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType

from rag_core.domain import Audience, DocumentId, Fingerprint, PersonId, SourceName

RunId = NewType("RunId", str)


@dataclass(frozen=True, slots=True)
class SourceItem:
    """A document as its source lists it, not read yet."""

    id: DocumentId
    name: str  # what an admin knows it by: a path, a title
    format: str  # the ending that chooses its reader, such as .md
    url: str  # where a reader finds it, unless the document says otherwise
    version: str = ""  # changes whenever its content does, so that it is read only then; empty: reading it tells
    audience: Audience | None = None  # goes before what the document says; None: the document says, or nobody does
    headings: tuple[str, ...] = ()  # that it stands under in its source, the outermost first


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


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is; `total` counts what is known so far."""

    # "listing" (what a source over a network has), "reading" (documents), "embedding" (chunks) or, of many workers,
    # "recognising" (documents with scanned pages) and "building" (parts of the index)
    stage: str
    done: int
    total: int
    name: str = ""  # of the current document


class RunState(StrEnum):
    """How far a run has come, or how it ended."""

    WAITING = "waiting"  # asked for, and not begun
    RUNNING = "running"
    DONE = "done"  # also with failures: what could be read answers
    FAILED = "failed"  # nothing of it is visible
    CANCELLED = "cancelled"  # by a person; nothing of it is visible

    @property
    def over(self) -> bool:
        return self not in (RunState.WAITING, RunState.RUNNING)


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run as it is kept: who started it, how far it is, what it changed."""

    id: RunId
    source: SourceName
    by: PersonId
    started: datetime
    full: bool = False
    state: RunState = RunState.RUNNING
    stage: str = ""
    done: int = 0
    total: int = 0
    current: str = ""  # the document it is at
    ended: datetime | None = None
    result: IngestionRun | None = None  # of a run that is done; names the first of its failures only
    failed: int = 0  # documents
    skipped: int = 0
    reason: str = ""  # why it failed, for a person
    cancelled_by: PersonId | None = None  # also of one that has not heard of it yet
    begun: datetime | None = None  # by the clock of who does it; `started` is by that of who asked
    listed: datetime | None = None  # by that clock: changes before are in it, once it is done

    @property
    def withdrawn(self) -> bool:
        """Whether it failed before anybody began it: asked for once more, it may begin."""
        return self.state is RunState.FAILED and self.begun is None

    @property
    def took(self) -> timedelta | None:
        """By one kind of clock."""
        return self.ended - (self.begun or self.started) if self.ended else None


@dataclass(frozen=True, slots=True)
class Answering:
    """A document of a source as it answers now."""

    fingerprint: Fingerprint
    chunks: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What answers now: all of the index in numbers, and one source's documents. No version: nothing answers yet."""

    version: str | None = None
    model: str | None = None  # None: it is lexical
    current: bool = True  # whether it was analysed as texts are analysed today
    chunks: int = 0
    documents: int = 0
    mine: Mapping[DocumentId, Answering] | None = None


@dataclass(frozen=True, slots=True)
class Build:
    """A version of the index to come: all that any worker must know to make its part of it."""

    version: str
    source: SourceName
    former: str | None  # what answers until then, and what stays is copied from
    model: str | None
    dimensions: int
    chunks: int  # of the whole version
    documents: int
    leaving: Mapping[DocumentId, int]  # documents of the source that are not copied, and how many chunks each has
    stays: bool  # whether any document of the source is copied
    parts: int  # in which what stays is copied; 0: nothing does
