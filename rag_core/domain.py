"""The nouns of the product.

Frozen, standard library only: what they say holds in every channel and on every backend.
"""

from array import array
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, NewType

from rag_core.timing import NEVER as NEVER  # noqa: PLC0414 - whoever knows the nouns knows it from here
from rag_core.timing import Deadline as Deadline  # noqa: PLC0414

DocumentId = NewType("DocumentId", str)  # the path below the ingested root, without its extension
SourceName = NewType("SourceName", str)  # where documents come from: a folder, a Help Center, a site
Fingerprint = NewType("Fingerprint", str)  # of a document's bytes and of the code that reads them
IndexVersion = NewType("IndexVersion", str)  # changes with every ingestion that changed something
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

    def may_be_shown(self, audience: Audience, sources: Collection[SourceName] | None = None) -> bool:
        """To readers of `audience` who are answered from `sources`; None: from all."""
        return self.audience in audience.may_read and (sources is None or self.source in sources)


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
    overlap: int = 0  # characters at its beginning, with the gap behind them, that repeat the end of the one before

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
class Found:
    """What one search found: the best passages first, all of one version of the index."""

    passages: tuple[Passage, ...]
    version: IndexVersion


REASONS = ("wrong", "incomplete", "outdated", "off-topic", "unclear", "other")  # why an answer did not help
LONGEST_COMMENT = 2_000  # characters of a rating's
LARGEST_RECORD = 300_000  # bytes
LONGEST_WISH = 500  # characters of an instruction


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
    sources: frozenset[SourceName] | None = None  # that it may be answered from; None: all
    standalone: str | None = None  # a follow-up as one understands it without the question before it
    instruction: str = ""  # an agent's wish about the reply's form: "Shorter". Not searched for, and not kept

    @property
    def retrieval_text(self) -> str:
        """What is searched for: a follow-up alone rarely names its subject."""
        if self.standalone:
            return self.standalone
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
    source: SourceName
    document_id: DocumentId  # names the document together with its source
    quote: str = ""  # the words the statement stands on, to be marked in the source


@dataclass(frozen=True, slots=True)
class Support:
    """The place a statement stands on."""

    passage: int  # index into the passages the answer model was given
    quote: str = ""  # the passage's words, as plain text


@dataclass(frozen=True, slots=True)
class Statement:
    """A part of a reply that can be shown on its own, and what it stands on: never nothing."""

    text: str  # Markdown
    supports: tuple[Support, ...]
    gap: str | None = None  # the white space before it; None: as its form and its sources need


@dataclass(frozen=True, slots=True)
class Usage:
    """What a draft took of a metered model."""

    model: str
    input_tokens: int = 0  # not read from a prompt cache
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    cost_usd: float = 0.0  # by the price table in the settings


@dataclass(frozen=True, slots=True)
class Draft:
    """What an answer model proposes; without statements it found no answer in the passages."""

    statements: tuple[Statement, ...] = ()
    usage: tuple[Usage, ...] = ()  # of every model that was asked, also in vain
    complete: bool = True  # False: the model was cut off after its last statement
    not_covered: str = ""  # what it leaves open, in plain words of the model's or the question's own: without a source
    unheeded: bool = False  # the instruction, or a part of it, is none that this model can follow


class Cached(StrEnum):
    """How an answer came without a draft of its own."""

    EXACT = "exact"  # asked before in the same words
    MEANING = "meaning"  # asked before in others
    SHARED = "shared"  # asked by another at the same time


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
    index_version: IndexVersion = IndexVersion("")  # it was answered from
    usage: tuple[Usage, ...] = ()
    complete: bool = True  # False: it was cut off, and what there is has its sources
    degraded: tuple[str, ...] = ()  # the optional parts that failed and were done without
    guarded: Mapping[str, int] = field(default_factory=dict)  # how often which rule of the guard changed the text
    cached: Cached | None = None  # None: drafted for this question
    not_covered: str = ""  # shown apart from the text, never cited; plain: escape it where it becomes Markdown
    first_ms: float | None = None  # until its first words were shown; None: nobody read along


@dataclass(frozen=True, slots=True)
class Rating:
    """One person's verdict on one answer; a later one replaces it."""

    question_id: QuestionId
    person: PersonId
    helpful: bool
    rated_at: datetime
    reason: str = ""
    comment: str = ""


class Use(StrEnum):
    """What became of a draft: by what the agent sent in the end."""

    AS_IS = "as_is"  # nothing but names, greeting or white space is different
    EDITED = "edited"
    UNUSED = "unused"  # another reply was sent


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What a person really sent where there was a draft: the strongest rating of all. Its text is not kept."""

    question_id: QuestionId
    use: Use
    kept: float  # 0 to 1: the share of the draft that stands in what was sent
    shadow: bool  # the draft was not shown: what would have been
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class AnswerRecord:
    """An answer as the log keeps it, with the rating of everyone who gave one, and what was sent in the end."""

    question: Question
    outcome: Outcome
    text: str
    citations: tuple[Citation, ...]
    confidence: float
    ratings: tuple[Rating, ...] = ()
    acceptance: Acceptance | None = None  # None: it was no draft, or nothing has been sent yet
    complete: bool = True
    not_covered: str = ""


@dataclass(frozen=True, slots=True)
class Declined:
    """A question that was not answered."""

    question_id: QuestionId
    text: str
    asked_at: datetime
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Record:
    """A small fact as it was read; `revision` changes with every write."""

    value: bytes
    revision: str
