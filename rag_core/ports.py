"""Every port of the core.

A Protocol's docstring is the contract; an implementation says only what differs. All may raise UnavailableError.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from rag_core.domain import (
    Answer,
    AnswerRecord,
    Audience,
    Chunk,
    Document,
    DocumentId,
    Draft,
    Fingerprint,
    Passage,
    Question,
    QuestionId,
    Rating,
    SourceName,
    Vector,
)


class Embedder(Protocol):
    """Text to unit vectors; the same text always gives the same vector, whatever it is embedded with."""

    @property
    def name(self) -> str:
        """Identifies the vector space: vectors of different names must never meet."""

    @property
    def dimensions(self) -> int:
        """The length of every vector."""

    def embed_question(self, text: str) -> Vector: ...

    def embed_passages(self, texts: Sequence[str]) -> list[Vector]: ...


class Retriever(Protocol):
    """Finds passages by words and by meaning, over one consistent version of the index."""

    def search(self, text: str, vector: Vector | None, *, audience: Audience, limit: int) -> list[Passage]:
        """The best passages first, none that `audience` may not read; both legs are filtered before they search.

        Without `vector` the search is lexical. A text without words finds nothing.
        Raises MisconfiguredError when there is no index, or the vector is not of its space.
        """

    @property
    def embedding_model(self) -> str | None:
        """The space the index's vectors are in; None when it is lexical."""


@dataclass(frozen=True, slots=True)
class PendingChunk:
    """A chunk that waits for its vector."""

    key: int
    text: str


class IndexWriter(Protocol):
    """One run's changes to one source: staged as they come, visible all at once with `commit`, or not at all.

    What was staged by a run that died is found by the next one and not done again.
    """

    def versions(self) -> Mapping[DocumentId, Fingerprint]:
        """What this source would hold if the run were committed now."""

    def answering(self) -> Mapping[DocumentId, Fingerprint]:
        """What of this source answers questions now."""

    def replace(self, document: Document, chunks: Sequence[Chunk]) -> None:
        """Stage a new or changed document with all its chunks. Raises RejectedError for one of another source."""

    def remove(self, ids: Iterable[DocumentId]) -> None:
        """Stage the removal of documents; unknown ids are ignored."""

    def count_pending(self, model: str) -> int:
        """How many chunks `pending` would give."""

    def pending(self, model: str, *, after: int, limit: int) -> list[PendingChunk]:
        """Chunks, of every source, that have no vector of `model` yet: by key, beginning after `after`."""

    def store_vectors(self, model: str, vectors: Iterable[tuple[int, Vector]]) -> None:
        """Stage vectors by the key of their chunk."""

    def commit(self, model: str | None) -> int:
        """Make the run visible and give the number of chunks in the index; vectors of other models are dropped."""


class AnswerModel(Protocol):
    """Writes a reply from passages and from nothing else."""

    def draft(self, question: Question, passages: Sequence[Passage]) -> Draft:
        """Every statement of the draft has its citation; a draft without statements is an abstention."""


@dataclass(frozen=True, slots=True)
class SourceItem:
    """A document as its source lists it, not read yet."""

    id: DocumentId
    name: str  # what an admin knows it by: a path, a title
    format: str  # the ending that chooses its reader, such as .md
    url: str  # where a reader finds it, unless the document says otherwise


class DocumentSource(Protocol):
    """A place documents come from."""

    @property
    def name(self) -> SourceName: ...

    def items(self) -> Iterator[SourceItem]:
        """Every document there is now, readable or not: what is missing here was deleted."""

    def read(self, item: SourceItem) -> tuple[bytes, str]:
        """Its content, and a version that changes whenever the content does. Raises OSError, RejectedError."""


class FeedbackLog(Protocol):
    """What was asked, what was answered, and what people thought of it."""

    def record_answer(self, question: Question, answer: Answer) -> None:
        """Keep the answer; recording the same question again replaces it and keeps its ratings."""

    def record_rating(self, rating: Rating) -> None:
        """Keep one rating a person and answer; the newest counts. Raises RejectedError for an unknown question."""

    def answer(self, question_id: QuestionId) -> AnswerRecord:
        """Raises RejectedError for an unknown question."""

    def answers(self, since: datetime | None = None) -> list[AnswerRecord]:
        """Newest first."""
