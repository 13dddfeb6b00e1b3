"""What the workers of a run tell each other, and where it is kept until the run has ended."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar

import msgspec

from rag_core.domain import Audience, Chunk, Document, DocumentId, Fingerprint, PersonId, SourceName
from rag_core.errors import MisconfiguredError, RejectedError
from rag_core.extracting.extracted import Extracted
from rag_core.jobs import Job
from rag_core.ports import Assembly, Countdown, DocumentSource, Embedder, Fanout, Records, Staging
from rag_core.recognizing import Recognition
from rag_core.runs import Build, Failure, RunId, SourceItem, Standing
from rag_core.scans import Scan

POINTERS = "staged-runs"
KEPT = timedelta(days=14)  # of what a run has staged; SQS keeps a message no longer
PAGE = 100  # documents whose items stand in one object
WINDOW = 384  # chunks that one worker embeds: four full requests of Cohere's 96
CACHED = 64
T = TypeVar("T")


class Step(StrEnum):
    """What a job of a run does."""

    PLAN = "plan"
    DOCUMENT = "document"
    SCAN = "scan"
    PACK = "pack"
    PART = "part"
    FINISH = "finish"


class Wanted(msgspec.Struct, frozen=True):
    """A document that is read; `known`: as it answers now; `content`: where that is staged, if it is."""

    item: SourceItem
    known: Fingerprint | None = None
    content: str = ""


class Page(msgspec.Struct, frozen=True):
    """So many documents, in one object."""

    wanted: list[Wanted]


class Plan(msgspec.Struct, frozen=True):
    """Of a run, from its listing."""

    version: str  # of the index to come
    audience: Audience  # of documents that do not state theirs
    standing: Standing  # without its documents
    chunks: dict[DocumentId, int]  # of what answers now and may be written or removed
    gone: list[DocumentId]
    documents: int  # that are read, in pages of PAGE
    unchanged: int
    failures: list[Failure]
    skipped: list[str]
    model: str | None
    dimensions: int
    listed: datetime | None = None  # just before it was; None: by the release before


class Note(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of one document."""

    id: DocumentId
    name: str
    blob: str = ""  # its chunks, staged
    chunks: int = 0
    failed: str = ""  # why
    denied: bool = False  # that is why
    withdrawn: bool = False  # failed, and restricted: what answered before may have been public
    unchanged: bool = False
    pages: int = 0  # scanned ones, which are still to be recognised: `blob` is a Scanned


class Scanned(msgspec.Struct, frozen=True):
    """A document with scanned pages, as it was read; what is sent of it is staged beside it, see `sent`."""

    key: str
    scan: Scan  # without its content
    text: Extracted | None  # what its own text layer says
    fingerprint: Fingerprint


class Scans(msgspec.Struct, frozen=True):
    """Of a run: the documents that are recognised, or why none is."""

    units: list[int]  # among its documents
    refused: str = ""


class Staged(msgspec.Struct, frozen=True):
    """A document that was read."""

    document: Document
    chunks: list[Chunk]


class Layout(msgspec.Struct, frozen=True):
    """Of the index to come: which staged chunks each part has. `windows` first, then the parts that are copied."""

    build: Build
    staged: list[tuple[str, int]]  # blob and number of chunks, in order
    windows: int

    @property
    def parts(self) -> int:
        return self.windows + self.build.parts


@dataclass(frozen=True, slots=True)
class Opened:
    """A source for one worker's use, and what was said of it."""

    source: DocumentSource
    audience: Audience


@dataclass(frozen=True, slots=True)
class Parts:
    """What the steps work with."""

    records: Records
    staging: Staging
    counts: Countdown
    queue: Fanout
    assembly: Assembly
    source: Callable[[SourceName], Opened]
    embedder: Callable[[str | None], Embedder | None]  # by the model that the index was built with
    visible: Callable[[SourceName], None] = lambda _: None  # told when a run's version answers
    recognition: Recognition | None = None  # of scanned pages, where it is set up


@dataclass(frozen=True, slots=True)
class Order:
    """A job of a run as it is understood."""

    step: Step
    source: SourceName
    run: RunId
    by: PersonId
    token: str = ""  # of the plan; PLAN has none yet
    unit: int = 0
    full: bool = False
    agreed: bool = False  # to what recognising its scanned pages costs
    more: dict[str, str] = field(default_factory=dict)  # where the end is told; handed on

    @classmethod
    def of(cls, job: Job) -> "Order":
        """Raises RejectedError."""
        given = dict(job.payload)
        try:
            return cls(
                Step(given.pop("step")),
                SourceName(given.pop("source")),
                RunId(given.pop("run")),
                PersonId(given.pop("by")),
                given.pop("token", ""),
                int(given.pop("unit", "0")),
                bool(given.pop("full", "")),
                bool(given.pop("agreed", "")),
                given,
            )
        except (KeyError, ValueError) as error:
            raise RejectedError("a job of a run names its step, its source, its run and who began it") from error

    def payload(self) -> dict[str, str]:
        own = {"step": self.step, "source": self.source, "run": self.run, "by": self.by}
        flags = {"full": "1" if self.full else "", "agreed": "1" if self.agreed else ""}
        return self.more | own | flags | {"token": self.token, "unit": str(self.unit)}


class Store:
    """What is staged of runs, decoded. What is kept here for a while never changes once it was put."""

    def __init__(self, staging: Staging) -> None:
        self._staging, self._held = staging, dict[tuple[str, str], object]()

    def put(self, run: RunId, name: str, noun: object) -> None:
        self._staging.put(run, name, msgspec.json.encode(noun))

    def get(self, run: RunId, name: str, kind: type[T]) -> T:
        """Raises MisconfiguredError when it is gone."""
        held = self._held.get((run, name))
        if isinstance(held, kind):
            return held
        return self._kept(run, name, self.read(run, name, kind))

    def read(self, run: RunId, name: str, kind: type[T]) -> T:
        content = self._staging.get(run, name)
        if content is None:
            raise MisconfiguredError("what this ingestion had staged is gone: start it again")
        return msgspec.json.decode(content, type=kind)

    def _kept(self, run: RunId, name: str, found: T) -> T:
        if len(self._held) >= CACHED:
            self._held.clear()
        self._held[run, name] = found
        return found


def page(token: str, number: int) -> str:
    return f"{token}/items/{number}"


def sent(blob: str) -> str:
    """The pages of a Scanned."""
    return f"{blob}-pages"


def counted(order: Order, stage: str) -> str:
    """The name that the units of a stage are counted by."""
    return f"{order.run}/{order.token}/{stage}"


def missing(counts: Countdown, name: str, of: int) -> Sequence[int]:
    done = counts.notes(name)
    return [unit for unit in range(of) if unit not in done]
