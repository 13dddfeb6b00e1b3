from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from rag_core.backends.sqlite.feedback import SqliteFeedbackLog
from rag_core.domain import Acceptance, Outcome, PersonId, QuestionId, Use
from rag_core.errors import RejectedError
from rag_core.grouping import EMBEDDED, group
from rag_core.ports import Embedder
from rag_core.rating import rate
from rag_core.reporting import Channel, Drafts, report
from rag_core.tallies import Verdicts
from tests.contracts.breakdown import BLOG, HANDBOOK, ask
from tests.fakes.embedder import HashingEmbedder
from tests.making import NOON, answer, question

TODAY = date(2026, 11, 4)


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[SqliteFeedbackLog]:
    with SqliteFeedbackLog(tmp_path) as log:
        yield log


@pytest.fixture
def log(empty: SqliteFeedbackLog) -> SqliteFeedbackLog:
    asked = [
        ("refund time?", Outcome.ANSWERED),
        ("dkim?", Outcome.ANSWERED),
        ("Do you send SMS?", Outcome.NO_EVIDENCE),
        ("can you send an sms", Outcome.NO_EVIDENCE),
        ("Is there an on-premise version?", Outcome.UNSUPPORTED),
    ]
    for n, (text, outcome) in enumerate(asked):
        each = replace(question(text, name=f"q{n}"), asked_at=NOON + timedelta(hours=8 * n))
        empty.record_answer(each, answer(each, outcome))
    return empty


def rated(
    log: SqliteFeedbackLog, name: str, person: str, *, helpful: bool, reason: str = "", comment: str = ""
) -> None:
    rate(log, QuestionId(name), PersonId(person), helpful=helpful, reason=reason, comment=comment, clock=lambda: NOON)


def test_the_figures(log: SqliteFeedbackLog) -> None:
    rated(log, "q0", "ada", helpful=True)
    rated(log, "q0", "bob", helpful=False, reason="outdated")
    rated(log, "q1", "ada", helpful=False)
    rated(log, "q1", "bob", helpful=False, reason="wrong")
    made = report(log, TODAY)
    assert (made.questions, made.answered, made.ratings, made.helpful) == (5, 2, 4, 1)
    assert (made.answered_share, made.helpful_share) == (0.4, 0.25)
    assert [record.question.id for record in made.worst] == ["q1", "q0"]
    assert dict(made.reasons) == {"outdated": 1, "wrong": 1, "no reason given": 1}
    assert [(day.day.day, day.answered, day.declined) for day in made.days] == [(2, 2, 0), (3, 0, 3)]
    assert (made.first, made.last) == (NOON.date(), TODAY)


def test_a_period_holds_its_own_figures_only(log: SqliteFeedbackLog) -> None:
    rated(log, "q0", "ada", helpful=False)
    rated(log, "q3", "ada", helpful=True)
    made = report(log, TODAY, date(2026, 11, 3))
    assert (made.questions, made.answered, made.ratings, made.helpful, made.worst) == (3, 0, 1, 1, ())
    assert (made.first, made.last) == (date(2026, 11, 3), TODAY)


def test_channels_and_sources_over_all_days_the_busiest_first(empty: SqliteFeedbackLog) -> None:
    ask(empty, "q0", "slack", BLOG)
    ask(empty, "q1", "zendesk", HANDBOOK, day=NOON.date() + timedelta(days=1))
    ask(empty, "q2", "zendesk", HANDBOOK, BLOG, day=NOON.date() + timedelta(days=2))
    ask(empty, "q3", "zendesk", outcome=Outcome.UNSUPPORTED, day=NOON.date() + timedelta(days=3))
    rated(empty, "q1", "ada", helpful=True)
    rated(empty, "q1", "bob", helpful=False)
    rated(empty, "q2", "ada", helpful=True)
    made = report(empty, TODAY)
    assert made.channels == (Channel("zendesk", 2, 1, Verdicts(2, 1)), Channel("slack", 1, 0, Verdicts()))
    assert [channel.answered_share for channel in made.channels] == [2 / 3, 1.0]
    assert made.sources == ((HANDBOOK, Verdicts(2, 1)), (BLOG, Verdicts(1, 0)))
    assert [verdicts.helpful_share for _, verdicts in made.sources] == [2 / 3, 1.0]
    assert Verdicts().helpful_share is None


def test_what_was_sent_of_drafts_and_apart_from_it_what_would_have_been(log: SqliteFeedbackLog) -> None:
    for name, use, kept, shadow in (
        ("q0", Use.EDITED, 0.5, False),
        ("q1", Use.EDITED, 0.75, False),
        ("q2", Use.UNUSED, 0.25, False),  # what of it stands in another reply says nothing
        ("q3", Use.AS_IS, 1.0, True),
        ("q4", Use.EDITED, 0.25, True),
    ):
        log.record_acceptance(Acceptance(QuestionId(name), use, kept, shadow, NOON))
    made = report(log, TODAY)
    assert made.drafts == Drafts(as_is=0, edited=2, unused=1, kept=1.25)
    assert (made.drafts.compared, made.drafts.used_share, made.drafts.mean_kept) == (3, 2 / 3, 0.625)
    assert made.shadow == Drafts(as_is=1, edited=1, kept=0.25)
    later = report(log, TODAY, date(2026, 11, 3))
    assert (later.drafts, later.shadow) == (Drafts(unused=1), made.shadow)


def test_where_nothing_was_compared_there_is_no_share(log: SqliteFeedbackLog) -> None:
    drafts = report(log, TODAY).drafts
    assert (drafts.compared, drafts.used_share, drafts.mean_kept) == (0, None, None)


@pytest.mark.parametrize("embedder", [None, HashingEmbedder()])
def test_gaps_are_grouped_and_the_most_asked_comes_first(
    log: SqliteFeedbackLog, embedder: HashingEmbedder | None
) -> None:
    made = report(log, TODAY, embedder=lambda: embedder)
    assert [set(gap.questions) for gap in made.gaps] == [
        {"can you send an sms", "Do you send SMS?"},
        {"Is there an on-premise version?"},
    ]
    assert [gap.touched for gap in made.gaps] == [False, True]
    assert [gap.last_asked.day for gap in made.gaps] == [3, 3]
    assert made.by_meaning == (embedder is not None)


def test_no_model_is_asked_for_where_there_is_nothing_to_compare(log: SqliteFeedbackLog) -> None:
    def none() -> Embedder | None:
        raise AssertionError

    for name in ("q3", "q4"):
        record = log.answer(QuestionId(name))
        log.record_answer(record.question, answer(record.question))
    made = report(log, TODAY, embedder=none)
    assert [gap.questions for gap in made.gaps] == [("Do you send SMS?",)]


def test_nothing_asked_yet(empty: SqliteFeedbackLog) -> None:
    made = report(empty, TODAY)
    assert (made.questions, made.answered_share, made.helpful_share, made.gaps, made.days) == (0, None, None, (), ())
    assert (made.first, made.last) == (TODAY, TODAY)


def test_a_rating_is_checked(log: SqliteFeedbackLog) -> None:
    with pytest.raises(RejectedError, match="one of"):
        rated(log, "q0", "ada", helpful=False, reason="hated it")
    with pytest.raises(RejectedError, match="2,000"):
        rated(log, "q0", "ada", helpful=False, comment="x" * 2_001)


@pytest.mark.parametrize("written", ["off topic", "off-topic"])
def test_a_reason_is_kept_in_one_writing(log: SqliteFeedbackLog, written: str) -> None:
    rated(log, "q0", "ada", helpful=False, reason=written)
    assert report(log, TODAY).reasons == (("off-topic", 1),)


def test_questions_without_words_are_grouped_alone() -> None:
    assert group(["???", "refund", "!!"]) == [[0, 2], [1]]


def test_the_same_question_is_embedded_once() -> None:
    embedder = HashingEmbedder()
    assert group(["Refunds?", "the refund", "DKIM", "refund"], embedder) == [[0, 1, 3], [2]]
    assert embedder.embedded == 2


@pytest.mark.parametrize("embedder", [None, HashingEmbedder()])
def test_groups_are_ordered_by_size_and_then_by_the_newest(embedder: HashingEmbedder | None) -> None:
    asked = ["one invoice", "refund time", "dkim key", "time of a refund", "key for dkim", "dkim keys"]
    assert group(asked, embedder) == [[2, 4, 5], [1, 3], [0]]


def test_only_the_most_frequent_questions_are_embedded_and_words_decide_for_the_rest() -> None:
    embedder = HashingEmbedder(dimensions=4096)
    often = [f"word{number}" for number in range(EMBEDDED)] * 2
    groups = group(["late comer", *often, "a late comer too", "comer late here"], embedder)
    assert embedder.embedded == EMBEDDED
    assert [0, len(often) + 1, len(often) + 2] in groups
    assert len(groups) == EMBEDDED + 1
