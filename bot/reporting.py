"""The report of an installation, with what its index adds: gaps by meaning, and which of them are not public."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from rag_core.domain import Audience, PersonId, Question, QuestionId
from rag_core.errors import SupportBotError
from rag_core.reporting import Report, report

if TYPE_CHECKING:
    from bot.app import App
    from rag_core.ports import Embedder


def reported(app: "App", since: date | None, *, closely: bool) -> Report:
    """Where there is no index, or one of another model, what people said can be told all the same."""

    def embedder() -> "Embedder | None":
        try:
            return app.embedders.for_questions(app.index.embedding_model)
        except SupportBotError:
            return None

    def only_internal(text: str) -> bool:
        from rag_core.covering import Reach

        asked = Question(QuestionId(""), text, Audience.PUBLIC, PersonId("report"), "report", datetime.now(UTC))
        try:
            reach = Reach(app.index, embedder())
            return not reach.suffices(asked) and reach.suffices(replace(asked, audience=Audience.INTERNAL))
        except SupportBotError:
            return False

    looking = only_internal if closely else lambda _: False
    return report(app.log, datetime.now(UTC).date(), since, embedder, looking)
