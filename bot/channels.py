"""What every channel takes of the product, and what is told of it on the way."""

from collections.abc import Sequence
from dataclasses import replace

from bot.app import App
from bot.observability import Telemetry
from rag_core.domain import Audience, PersonId, Question, QuestionId, Rating, SourceName
from rag_core.ports import Claims, FeedbackLog, Records


class Product:
    """As a channel sees it; safe to share between threads."""

    def __init__(self, app: App, telemetry: Telemetry, channel: str) -> None:
        self._app, self._telemetry, self._channel = app, telemetry, channel

    @property
    def log(self) -> FeedbackLog:
        return self._app.log

    @property
    def claims(self) -> Claims:
        return self._app.claims

    @property
    def records(self) -> Records:
        return self._app.records

    def question(
        self,
        text: str,
        *,
        id: QuestionId,  # noqa: A002 - the ports' name
        audience: Audience,
        asked_by: PersonId,
        channel: str,
        sources: frozenset[SourceName] | None = None,
        previous: QuestionId | None = None,
    ) -> Question:
        asked = self._app.question(text, audience=audience, asked_by=asked_by, channel=channel, follow_up=previous)
        return replace(asked, id=id, sources=sources)

    def rate(
        self, question_id: QuestionId, person: PersonId, *, helpful: bool, reason: str = "", comment: str = ""
    ) -> Rating:
        before = self._app.log.answer(question_id)
        rating = self._app.rate(question_id, person, helpful=helpful, reason=reason, comment=comment)
        self._telemetry.rated(rating, before)
        return rating

    def failed(self, question_id: QuestionId, error: Exception, quoting: Sequence[str] = ()) -> None:
        self._telemetry.unanswered(question_id, error, quoting, channel=self._channel)
