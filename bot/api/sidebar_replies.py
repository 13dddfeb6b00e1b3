"""What the sidebar is shown: an answer as HTML that is safe to show, and to insert without its sources."""

from typing import Annotated, Literal

from msgspec import Meta, Struct
from msgspec.structs import replace

from integrations.zendesk.drafts import TicketDraft
from rag_core.domain import Answer, AnswerRecord, Outcome, PersonId

Wishes = Literal["any", "length", "none"]


class Source(Struct, frozen=True):
    """A page, by the number it has in the answer."""

    number: int
    title: str
    url: str  # empty where the page has no address of its own


class Verdict(Struct, frozen=True):
    """What this agent thought of the answer."""

    helpful: bool
    reason: str
    comment: str


class Shown(Struct, frozen=True):
    """An answer."""

    question_id: str
    outcome: Outcome
    html: Annotated[str, Meta(description="With its markers [1], which lead to the sources.")]
    insert_html: Annotated[str, Meta(description="As a customer gets it: without markers.")]
    insert_text: str
    citations: Annotated[list[Source], Meta(description="Unless answered: the nearest pages.")]
    confidence: Literal["high", "medium", "low"]
    complete: bool = True
    not_covered: str = ""
    instruction: Annotated[str, Meta(description="What was wished for.")] = ""
    unheeded: Annotated[bool, Meta(description="True: the model cannot follow that wish, or not all of it.")] = False
    rating: Verdict | None = None


class Panel(Struct, frozen=True):
    """What there is for a ticket."""

    state: Literal["draft", "none", "shadow"]
    answer: Shown | None = None
    of: Annotated[str, Meta(description="Of the customer's last comment: changes once they write again.")] = ""
    wishes: Annotated[Wishes, Meta(description="What the model can follow; length: shorter and longer.")] = "none"
    wished: Annotated[bool, Meta(description="True: not the first draft any more.")] = False


def kept(record: AnswerRecord, reader: PersonId, instruction: str = "", draft: TicketDraft | None = None) -> Shown:
    """As it was recorded; `draft`: of the ticket it replies to, which has its greeting and its sign-off."""
    from integrations.zendesk.rendering import confidence, plain, reply  # most functions show nobody any HTML

    answered = record.outcome is Outcome.ANSWERED
    around = (draft.greeting, draft.sign_off) if draft else ("", "")
    comment = reply(record.text, *around) if answered else ""
    mine = next((each for each in record.ratings if each.person == reader), None)
    return Shown(
        record.question.id,
        record.outcome,
        reply(record.text, *around, record.citations) if answered else "",
        comment,
        plain(comment),
        [Source(number, each.title, _address(each.url)) for number, each in enumerate(record.citations, 1)],
        confidence(record.confidence),
        record.complete,
        record.not_covered,
        instruction,
        rating=Verdict(mine.helpful, mine.reason, mine.comment) if mine else None,
    )


def now(
    record: AnswerRecord, answer: Answer, reader: PersonId, instruction: str = "", draft: TicketDraft | None = None
) -> Shown:
    """As it was made, with what no record keeps."""
    shown = kept(record, reader, instruction, draft)
    return replace(shown, unheeded="instruction" in answer.degraded)


def _address(url: str) -> str:
    return url if url.startswith(("https://", "http://")) else ""
