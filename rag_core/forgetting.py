"""Take out of the log what a person wrote, and their name, wherever it stands there.

Found by looking at every answer: it is rare, and an index of persons would be one more place with their names.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from rag_core.domain import AnswerRecord, PersonId, QuestionId
from rag_core.ports import FeedbackLog


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What is no longer there."""

    answers: frozenset[QuestionId] = frozenset()  # with the questions, and all that was said of them
    quoting: frozenset[QuestionId] = frozenset()  # others' answers, whose question carries one of those
    ratings: int = 0  # of others' answers: the comment, and whose it was


class Forgetting:
    """`evict` takes an answer back from the cache, for everybody who would be given it."""

    def __init__(self, log: FeedbackLog, evict: Callable[[QuestionId], None]) -> None:
        self._log, self._evict = log, evict

    def persons(self, typed: str) -> list[PersonId]:
        """Those on record under this id, which may be the end of a longer one: U1 of slack:T1:U1."""
        return sorted({person for record in self._log.every() for person in _named(record) if _is(person, typed)})

    def person(self, person: PersonId) -> Forgotten:
        asked, rated = set(), []
        for record in self._log.every():
            if record.question.asked_by == person:
                asked.add(record.question.id)
            elif any(rating.person == person for rating in record.ratings):
                rated.append(record.question.id)
        gone = self.answers(asked)
        others = [each for each in rated if each not in gone.quoting]
        for question_id in others:
            self._log.forget_rater(question_id, person)
        return Forgotten(gone.answers, gone.quoting, len(others))

    def answers(self, ids: Collection[QuestionId], *, repeated: bool = False) -> Forgotten:
        """`repeated`: also those whose question is the same text, as it is where one was drafted for anew."""
        found = [record for record in self._log.every() if record.question.id in ids]
        texts = {record.question.text for record in found}
        known = frozenset(record.question.id for record in found)
        quoting = {
            record.question.id
            for record in (self._log.every() if texts else ())
            if record.question.previous in texts or (repeated and record.question.text in texts)
        }
        for question_id in known | quoting:  # the cache first: by the log alone it could be found again
            self._evict(question_id)
            self._log.forget(question_id)
        return Forgotten(known, frozenset(quoting - known))


def _named(record: AnswerRecord) -> set[PersonId]:
    return {record.question.asked_by, *(rating.person for rating in record.ratings)}


def _is(person: PersonId, typed: str) -> bool:
    return person == typed or person.endswith(f":{typed}")
