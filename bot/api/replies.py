"""What comes back, as types: the OpenAPI document is made from them, and tests hold the real answers against it."""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from bot import presenting
from rag_core.domain import Answer, AnswerRecord, Outcome

Share = Annotated[float, Meta(ge=0, le=1)]


class Citation(Struct, frozen=True):
    """A page of the documents."""

    title: str
    url: str
    source: str
    document_id: str


class Passage(Struct, frozen=True):
    """What the answer was made from, or what came nearest."""

    source: str
    document_id: str
    heading: str
    url: str
    score: Share
    text: str


class AnswerNow(Struct, frozen=True):
    """As `supportbot ask --json` prints it."""

    question_id: str
    outcome: Outcome
    text: Annotated[str, Meta(description="Markdown; [1], [2] refer to the citations in their order.")]
    citations: Annotated[list[Citation], Meta(description="Unless answered: the nearest pages.")]
    passages: list[Passage]
    confidence: Share
    timings_ms: dict[str, float]
    complete: Annotated[bool, Meta(description="False: it was cut short; what there is has its sources.")]
    not_covered: Annotated[str, Meta(description="What the answer leaves open; shown apart, without a source.")]
    degraded: Annotated[list[str], Meta(description="Optional parts that failed and were done without.")]
    cached: Annotated[str | None, Meta(description="exact, meaning or shared; null: drafted for this question.")]


class AnswerKept(Struct, frozen=True):
    """An answer as it was recorded; a callback's body too."""

    status: Literal["answered"]
    question_id: str
    outcome: Outcome
    text: str
    citations: list[Citation]
    confidence: Share


class Pending(Struct, frozen=True):
    """A question that is not answered yet."""

    status: Literal["pending"]
    question_id: str


class Rated(Struct, frozen=True):
    """A rating that was recorded."""

    question_id: str
    helpful: bool


class Health(Struct, frozen=True):
    """Questions can be answered."""

    status: Literal["ok"]


class Fault(Struct, frozen=True):
    """What went wrong: `code` for programs, `message` for people."""

    code: str
    message: str
    request_id: Annotated[str, Meta(description="Names the request in the log.")]


class Error(Struct, frozen=True):
    """Every answer from status 400 on."""

    error: Fault


def now(answer: Answer) -> dict[str, Any]:
    return presenting.answer(answer)


def kept(record: AnswerRecord) -> AnswerKept:
    cited = [Citation(c.title, c.url, c.source, c.document_id) for c in record.citations]
    return AnswerKept("answered", record.question.id, record.outcome, record.text, cited, record.confidence)
