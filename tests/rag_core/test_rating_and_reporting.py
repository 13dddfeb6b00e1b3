from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from rag_core.backends.sqlite import SqliteFeedbackLog
from rag_core.domain import Outcome, PersonId, QuestionId
from rag_core.errors import RejectedError
from rag_core.grouping import group
from rag_core.rating import rate
from rag_core.reporting import report
from tests.fakes.embedder import HashingEmbedder
from tests.making import NOON, answer, question


@pytest.fixture
def log(tmp_path: Path) -> SqliteFeedbackLog:
    log = SqliteFeedbackLog(tmp_path)
    asked = [
        ("refund time?", Outcome.ANSWERED),
        ("dkim?", Outcome.ANSWERED),
        ("Do you send SMS?", Outcome.NO_EVIDENCE),
        ("can you send an sms", Outcome.NO_EVIDENCE),
        ("Is there an on-premise version?", Outcome.UNSUPPORTED),
    ]
    for n, (text, outcome) in enumerate(asked):
        each = replace(question(text, name=f"q{n}"), asked_at=NOON + timedelta(hours=8 * n))
        log.record_answer(each, answer(each, outcome, confidence=0.5 + n / 10))
    return log


def rated(
    log: SqliteFeedbackLog, name: str, person: str, *, helpful: bool, reason: str = "", comment: str = ""
) -> None:
    rate(log, QuestionId(name), PersonId(person), helpful=helpful, reason=reason, comment=comment, clock=lambda: NOON)


def test_the_figures(log: SqliteFeedbackLog) -> None:
    rated(log, "q0", "ada", helpful=True)
    rated(log, "q0", "bob", helpful=False, reason="outdated")
    rated(log, "q1", "ada", helpful=False)
    rated(log, "q1", "bob", helpful=False, reason="wrong")
    made = report(log.answers())
    assert (made.questions, made.answered, made.ratings, made.helpful) == (5, 2, 4, 1)
    assert (made.answered_share, made.helpful_share) == (0.4, 0.25)
    assert [record.question.id for record in made.worst] == ["q1", "q0"]
    assert dict(made.reasons) == {"outdated": 1, "wrong": 1, "no reason given": 1}
    assert [(day.day.day, day.answered, day.declined) for day in made.days] == [(2, 2, 0), (3, 0, 3)]


@pytest.mark.parametrize("embedder", [None, HashingEmbedder()])
def test_gaps_are_grouped_and_the_most_asked_comes_first(
    log: SqliteFeedbackLog, embedder: HashingEmbedder | None
) -> None:
    gaps = report(log.answers(), embedder).gaps
    assert [set(gap.questions) for gap in gaps] == [
        {"can you send an sms", "Do you send SMS?"},
        {"Is there an on-premise version?"},
    ]
    assert [gap.touched for gap in gaps] == [False, True]


def test_nothing_asked_yet() -> None:
    made = report([])
    assert (made.questions, made.answered_share, made.helpful_share, made.gaps, made.days) == (0, None, None, (), ())


def test_a_rating_is_checked(log: SqliteFeedbackLog) -> None:
    with pytest.raises(RejectedError, match="one of"):
        rated(log, "q0", "ada", helpful=False, reason="hated it")
    with pytest.raises(RejectedError, match="2,000"):
        rated(log, "q0", "ada", helpful=False, comment="x" * 2_001)


def test_questions_without_words_are_grouped_alone() -> None:
    assert group(["???", "refund", "!!"]) == [[0, 2], [1]]
