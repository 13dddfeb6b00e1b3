"""The report of an installation, with what its index adds: gaps by meaning, and which of them are not public."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from rag_core.domain import Audience, PersonId, Question, QuestionId, SourceName
from rag_core.errors import SupportBotError
from rag_core.reporting import Report, report
from rag_core.runs import RunState

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
    made = report(app.log, datetime.now(UTC).date(), since, embedder, looking)
    return replace(made, ingestions=tuple(_ingestions(app, since))) if closely else made


def _ingestions(app: "App", since: date | None) -> Iterator[tuple[SourceName, dict[RunState, int]]]:
    """Of the last fifty of each source, as no more are kept."""
    for source in sorted(run.source for run in app.runs.latest()):
        ended = (run for run in app.runs.history(source) if run.ended and (since is None or run.ended.date() >= since))
        if counts := Counter(run.state for run in ended):
            yield source, dict(sorted(counts.items()))
