"""The nouns of the product.

Frozen, standard library only: what they say holds in every channel and on every backend.
"""

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, NewType

DocumentId = NewType("DocumentId", str)  # the path below the ingested root, without its extension
SourceName = NewType("SourceName", str)  # where documents come from: a folder, a Help Center, a site
Fingerprint = NewType("Fingerprint", str)  # of a document's bytes and of the code that reads them
QuestionId = NewType("QuestionId", str)
PersonId = NewType("PersonId", str)
if TYPE_CHECKING:
    Vector = array[float]  # float32, unit length
else:
    Vector = array  # subscriptable from Python 3.12 on


class Audience(StrEnum):
    """Who may read a document, and on whose behalf a question is asked."""

    PUBLIC = "public"
    INTERNAL = "internal"

    @property
    def may_read(self) -> frozenset["Audience"]:
        """The documents' audiences that a reader of this audience is shown."""
        return frozenset(Audience) if self is Audience.INTERNAL else frozenset({Audience.PUBLIC})


@dataclass(frozen=True, slots=True)
class Document:
    """One page, file or FAQ, as its source states it."""

    id: DocumentId
    source: SourceName
    title: str
    url: str
    audience: Audience
    fingerprint: Fingerprint
    updated: date | None = None


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading above a chunk; `anchor` is the fragment that leads to it."""

    text: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a document that can be found and cited on its own."""

    document: Document
    ordinal: int  # position in the document, from 0
    headings: tuple[Heading, ...]  # outermost first, the document's title not among them
    url: str  # the document's, with the nearest heading's anchor
    text: str  # the source's own characters

    @property
    def heading(self) -> str:
        """The path of headings in one line, beginning with the document's title."""
        return " > ".join(dict.fromkeys([self.document.title, *(h.text for h in self.headings)]))

    @property
    def contextual_text(self) -> str:
        """What is embedded: the text below its heading path."""
        return f"{self.heading}\n\n{self.text}"


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk as one search found it."""

    chunk: Chunk
    score: float  # fused, 0 to 1 within one search; not comparable between searches
    cosine: float | None = None  # of question and chunk; None where the search had no vectors
    bm25: float | None = None  # None where no term of the question stands in the chunk


@dataclass(frozen=True, slots=True)
class Question:
    """What a person asked, whatever the channel."""

    id: QuestionId
    text: str
    audience: Audience
    asked_by: PersonId
    channel: str
    asked_at: datetime
    previous: str | None = None  # the question this one follows up on

    @property
    def retrieval_text(self) -> str:
        """What is searched for: a follow-up alone rarely names its subject."""
        return f"{self.previous}\n{self.text}" if self.previous else self.text


class Outcome(StrEnum):
    """How a question ended."""

    ANSWERED = "answered"
    NO_EVIDENCE = "no_evidence"  # nothing found that has to do with the question
    UNSUPPORTED = "unsupported"  # something found, not enough to answer from


@dataclass(frozen=True, slots=True)
class Citation:
    """A source as the reader is shown it; statements refer to it by its place in the list."""

    title: str
    url: str
    document_id: DocumentId
    quote: str = ""  # the words the statement stands on, to be marked in the source


@dataclass(frozen=True, slots=True)
class Statement:
    """A part of a reply and the citation it stands on."""

    text: str  # Markdown
    citation: int  # index into the draft's citations


@dataclass(frozen=True, slots=True)
class Draft:
    """What an answer model proposes; without statements it found no answer in the passages."""

    statements: tuple[Statement, ...] = ()
    citations: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What is shown to the person who asked."""

    question_id: QuestionId
    outcome: Outcome
    text: str  # Markdown; citations as [1], [2] in the order of `citations`
    citations: tuple[Citation, ...]  # of an abstention: the nearest pages
    passages: tuple[Passage, ...]
    confidence: float  # 0 to 1
    timings_ms: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rating:
    """One person's verdict on one answer; a later one replaces it."""

    question_id: QuestionId
    person: PersonId
    helpful: bool
    rated_at: datetime
    reason: str = ""
    comment: str = ""


@dataclass(frozen=True, slots=True)
class AnswerRecord:
    """An answer as the log keeps it, with the rating of everyone who gave one."""

    question: Question
    outcome: Outcome
    text: str
    citations: tuple[Citation, ...]
    confidence: float
    ratings: tuple[Rating, ...] = ()


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
