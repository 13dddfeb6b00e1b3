"""Put what was asked in Slack as a question to the core."""

from integrations.slack.needs import CHANNEL, Core, Place, Scope
from rag_core.domain import AnswerRecord, PersonId, Question, QuestionId, SourceName
from rag_core.errors import RejectedError


class Knowing:
    """What the surfaces need of the core in the same way."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def question(
        self, text: str, place: Place, scope: Scope, named: QuestionId, before: QuestionId | None = None
    ) -> Question:
        """Following up on the one `before`, unless that was asked for other readers."""
        for previous in (before, None):
            try:
                return self._core.question(
                    text,
                    id=named,
                    audience=scope.audience,
                    asked_by=person(place.team, place.user),
                    channel=CHANNEL,
                    sources=scope.sources,
                    previous=previous,
                )
            except RejectedError:
                if previous is None:
                    raise
        raise AssertionError

    def recorded(self, named: QuestionId) -> AnswerRecord | None:
        """What was answered already, perhaps by a worker that was lost since."""
        try:
            return self._core.log.answer(named)
        except RejectedError:
            return None

    def searched(self, scope: Scope) -> dict[SourceName, int]:
        found = self._core.sources(scope.audience)
        return {name: count for name, count in found.items() if scope.sources is None or name in scope.sources}


def fits(record: AnswerRecord, scope: Scope) -> bool:
    """Whether it may stand there: whoever reads there may read it, and it was made of nothing but their sources."""
    made_of = record.question.sources
    return record.question.audience in scope.audience.may_read and (
        scope.sources is None or (made_of is not None and made_of <= scope.sources)
    )


def person(team: str, user: str) -> PersonId:
    return PersonId(f"slack:{team}:{user}")
