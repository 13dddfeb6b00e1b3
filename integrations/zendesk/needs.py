"""What this adapter takes of those who build it in.

Protocols and their nouns only: every other module of the adapter is written against these.
"""

from collections.abc import Sequence
from typing import Protocol

from rag_core.domain import (
    Acceptance,
    Answer,
    Audience,
    Citation,
    Deadline,
    PersonId,
    Question,
    QuestionId,
    Rating,
)
from rag_core.ports import Claims, FeedbackLog, Records

CHANNEL = "zendesk"  # of every question asked here


class Core(Protocol):
    """The product, as far as a channel sees it."""

    @property
    def log(self) -> FeedbackLog: ...

    @property
    def claims(self) -> Claims: ...

    @property
    def records(self) -> Records: ...

    def question(
        self,
        text: str,
        *,
        id: QuestionId,  # noqa: A002 - derived from the comment it stands in: asked again it is the same question
        audience: Audience,
        asked_by: PersonId,
        channel: str,
        previous: QuestionId | None = None,
    ) -> Question:
        """Raises RejectedError when `previous` is unknown or was asked for other readers."""

    def answer(self, question: Question, *, deadline: Deadline) -> Answer:
        """The answer, recorded in the log."""

    def internal(self, question: Question, *, deadline: Deadline) -> Sequence[Citation]:
        """The internal pages nearest to the question, for an agent's eyes alone; the public ones are not among them."""

    def rate(
        self, question_id: QuestionId, person: PersonId, *, helpful: bool, reason: str = "", comment: str = ""
    ) -> Rating:
        """One rating a person and answer: a later one replaces it. Raises RejectedError for an unknown question."""

    def accepted(self, acceptance: Acceptance) -> None:
        """What an agent really sent where there was a draft. Raises RejectedError for an unknown question."""

    def failed(self, question_id: QuestionId, error: Exception, quoting: Sequence[str] = ()) -> None:
        """A ticket will get no draft, and its tags say so: now the operator is told.

        `quoting` is what a person wrote, which no log may show.
        """
