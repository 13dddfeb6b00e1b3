"""One question and its answer, as the page shows them."""

from dataclasses import dataclass
from functools import cached_property

from markupsafe import Markup

from bot.local.asking import READERS
from bot.local.explaining import Why, document_url, why
from bot.local.rendering import answer_blocks
from bot.local.templating import fill
from rag_core.domain import (
    LONGEST_COMMENT,
    REASONS,
    Answer,
    AnswerRecord,
    Citation,
    Outcome,
    PersonId,
    QuestionId,
    Rating,
)

WRITTEN = {
    "embed": "Searching…",
    "retrieve": "Searching…",
    "judge": "Reading…",
    "draft": "Writing…",
}  # while a stage lasts


@dataclass(frozen=True, slots=True)
class Source:
    """A line of the list of sources; `anchor` is where the answer's numbers lead."""

    anchor: str
    title: str
    section: str
    url: str
    quote: str


@dataclass(frozen=True)
class Turn:
    """A question with its answer; `answer` is there while this process remembers it."""

    record: AnswerRecord
    answer: Answer | None
    reader: PersonId | None

    @property
    def id(self) -> QuestionId:
        return self.record.question.id

    @property
    def url(self) -> str:
        return f"/answers/{self.id}"

    @property
    def answered(self) -> bool:
        return self.record.outcome is Outcome.ANSWERED

    @property
    def asked_as(self) -> str:
        return READERS[self.record.question.audience][0]

    @cached_property
    def blocks(self) -> list[Markup]:
        if not self.answered:
            return [Markup(fill("abstention.html", text=self.record.text))]  # noqa: S704 - escaped by the template
        return list(answer_blocks(self.record.text, [source.anchor for source in self.sources]))

    @cached_property
    def sources(self) -> list[Source]:
        return [self._source(number, citation) for number, citation in enumerate(self.record.citations, 1)]

    @property
    def rating(self) -> Rating | None:
        return next((rating for rating in self.record.ratings if rating.person == self.reader), None)

    @property
    def reasons(self) -> tuple[str, ...]:
        return REASONS

    @property
    def longest_comment(self) -> int:
        return LONGEST_COMMENT

    @property
    def why(self) -> Why | None:
        return why(self.answer, self.record.question.audience) if self.answer else None

    def _source(self, number: int, citation: Citation) -> Source:
        title, _, section = citation.title.partition(" > ")
        place = {"answer": self.id, "source": number} if citation.quote else {}
        url = document_url(citation.source, citation.document_id, self.record.question.audience, **place)
        return Source(f"source-{self.id}-{number}", title, section, url, citation.quote)
