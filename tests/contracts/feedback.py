"""What every FeedbackLog must do."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from rag_core.domain import Citation, DocumentId, Outcome, PersonId, QuestionId, Rating
from rag_core.errors import RejectedError
from rag_core.ports import FeedbackLog
from tests.making import NOON, answer, question


def rating(person: str, *, helpful: bool, name: str = "q1", reason: str = "") -> Rating:
    return Rating(QuestionId(name), PersonId(person), helpful, NOON, reason, "")


class FeedbackContract:
    """Inherit and give the fixture `log`, empty."""

    def test_an_answer_comes_back_as_it_was(self, log: FeedbackLog) -> None:
        asked = question("Can I get a refund? 'quoted' — é", previous="What does it cost?")
        cited = Citation("Refunds", "https://h.example/r#x", DocumentId("r"), "Thirty days.")
        given = replace(answer(asked), citations=(cited,))
        log.record_answer(asked, given)
        kept = log.answer(asked.id)
        assert kept.question == asked
        assert (kept.outcome, kept.text, kept.citations, kept.confidence) == (
            Outcome.ANSWERED,
            given.text,
            (cited,),
            given.confidence,
        )

    def test_a_change_of_mind_replaces_the_rating(self, log: FeedbackLog) -> None:
        log.record_answer(question("Why?"), answer(question("Why?")))
        log.record_rating(rating("ada", helpful=True))
        log.record_rating(rating("ada", helpful=False, reason="wrong"))
        log.record_rating(rating("bob", helpful=True))
        assert {(r.person, r.helpful, r.reason) for r in log.answer(QuestionId("q1")).ratings} == {
            ("ada", False, "wrong"),
            ("bob", True, ""),
        }

    def test_a_rating_of_nothing_is_rejected(self, log: FeedbackLog) -> None:
        with pytest.raises(RejectedError, match="no answer"):
            log.record_rating(rating("ada", helpful=True, name="unknown"))
        with pytest.raises(RejectedError, match="no answer"):
            log.answer(QuestionId("unknown"))

    def test_recording_again_keeps_the_ratings(self, log: FeedbackLog) -> None:
        asked = question("Why?")
        log.record_answer(asked, answer(asked))
        log.record_rating(rating("ada", helpful=True))
        log.record_answer(asked, answer(asked, text="Because. [1]"))
        kept = log.answer(asked.id)
        assert (kept.text, len(kept.ratings), len(log.answers())) == ("Because. [1]", 1, 1)

    def test_newest_first_and_since(self, log: FeedbackLog) -> None:
        for hour in range(3):
            asked = replace(question("Why?", name=f"q{hour}"), asked_at=NOON + timedelta(hours=hour))
            log.record_answer(asked, answer(asked))
        assert [kept.question.id for kept in log.answers()] == ["q2", "q1", "q0"]
        assert [kept.question.id for kept in log.answers(NOON + timedelta(hours=1))] == ["q2", "q1"]

    def test_many_at_once_lose_nothing(self, log: FeedbackLog) -> None:
        log.record_answer(question("Why?"), answer(question("Why?")))
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda n: log.record_rating(rating(f"p{n % 20}", helpful=n % 2 == 0)), range(200)))
        assert len(log.answer(QuestionId("q1")).ratings) == 20
