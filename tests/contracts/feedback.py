"""What every FeedbackLog must do."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone

import pytest

from rag_core.domain import (
    Acceptance,
    Citation,
    DocumentId,
    Outcome,
    PersonId,
    QuestionId,
    Rating,
    SourceName,
    Usage,
    Use,
)
from rag_core.errors import RejectedError
from rag_core.ports import FeedbackLog
from rag_core.tallies import Tally
from tests.making import NOON, SOURCE, answer, question

DAY = timedelta(days=1)
TODAY = NOON.date()


def whole(log: FeedbackLog, since: date | None = None) -> list[Tally]:
    """The tallies, without what they say of each channel and source."""
    return [replace(tally, asked_in={}, rated_in={}, rated_from={}) for tally in log.tally(since)]


def rating(person: str, *, helpful: bool, name: str = "q1", reason: str = "", at: datetime = NOON) -> Rating:
    return Rating(QuestionId(name), PersonId(person), helpful, at, reason, "")


def ask(log: FeedbackLog, name: str, outcome: Outcome = Outcome.ANSWERED, at: datetime = NOON) -> None:
    asked = replace(question(f"Why {name}?", name=name), asked_at=at)
    log.record_answer(asked, answer(asked, outcome))


def dislike(log: FeedbackLog, name: str, *persons: str) -> None:
    for person in persons:
        log.record_rating(rating(person, helpful=False, name=name))


def accept(
    log: FeedbackLog, name: str, use: Use, kept: float = 0.0, *, shadow: bool = False, at: datetime = NOON
) -> Acceptance:
    acceptance = Acceptance(QuestionId(name), use, kept, shadow, at)
    log.record_acceptance(acceptance)
    return acceptance


def listed(log: FeedbackLog, since: date | None = None, limit: int = 10) -> list[str]:
    return [record.question.id for record in log.worst(since, limit=limit)]


def gaps(log: FeedbackLog, since: date | None = None, limit: int = 10) -> list[str]:
    return [declined.question_id for declined in log.declined(since, limit=limit)]


class FeedbackContract:
    """Inherit and give the fixture `log`, empty."""

    def test_an_answer_comes_back_as_it_was(self, log: FeedbackLog) -> None:
        asked = question("Can I get a refund? 'quoted' — é", previous="What does it cost?")
        cited = Citation("Refunds", "https://h.example/r#x", SOURCE, DocumentId("r"), "Thirty days.")
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

    def test_what_an_answer_lacks_is_kept(self, log: FeedbackLog) -> None:
        for name, complete, lacking in (("whole", True, ""), ("part", False, "the price “é”")):
            asked = question("Why?", name=name)
            log.record_answer(asked, replace(answer(asked), complete=complete, not_covered=lacking))
            kept = log.answer(asked.id)
            assert (kept.complete, kept.not_covered) == (complete, lacking)

    def test_the_sources_a_question_may_be_answered_from_are_kept(self, log: FeedbackLog) -> None:
        for name, sources in (("none", frozenset[SourceName]()), ("two", frozenset({SOURCE, SourceName("/other")}))):
            asked = replace(question("Why?", name=name), sources=sources)
            log.record_answer(asked, answer(asked))
            assert log.answer(asked.id).question.sources == sources

    def test_what_answers_took_is_summed_by_day_and_model(self, log: FeedbackLog) -> None:
        used = (Usage("haiku", 100, 20, 5, 1, 0.25), Usage("sonnet", 7, 0, 0, 0, 0.5))
        for number, days in enumerate((0, 0, 1)):
            asked = replace(question("Why?", name=f"q{number}"), asked_at=NOON + timedelta(days=days))
            for _ in range(2):  # recorded again, and counted once
                log.record_answer(asked, replace(answer(asked), usage=used[: 2 - days]))
        free = replace(question("Why?", name="free"), asked_at=NOON + timedelta(days=2))
        log.record_answer(free, answer(free))
        first, second = NOON.date(), (NOON + timedelta(days=1)).date()
        assert dict(log.usage()) == {
            first: (Usage("haiku", 200, 40, 10, 2, 0.5), Usage("sonnet", 14, 0, 0, 0, 1.0)),
            second: (used[0],),
        }
        assert list(log.usage(second)) == [second]

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
        assert whole(log) == []

    def test_recording_again_replaces_all_but_the_time_and_the_ratings(self, log: FeedbackLog) -> None:
        asked = question("Why?")
        log.record_answer(asked, answer(asked))
        log.record_rating(rating("ada", helpful=True))
        log.record_answer(replace(asked, asked_at=NOON + DAY), answer(asked, text="Because. [1]"))
        kept = log.answer(asked.id)
        assert (kept.text, len(kept.ratings), kept.question.asked_at) == ("Because. [1]", 1, NOON)
        assert whole(log) == [Tally(TODAY, {Outcome.ANSWERED: 1}, helpful=1)]

    def test_days_are_counted_by_outcome_oldest_first(self, log: FeedbackLog) -> None:
        for number, outcome in enumerate((*Outcome, Outcome.ANSWERED)):
            ask(log, f"today{number}", outcome)
        ask(log, "before", Outcome.UNSUPPORTED, NOON - 2 * DAY)
        assert whole(log) == [
            Tally(TODAY - 2 * DAY, {Outcome.UNSUPPORTED: 1}),
            Tally(TODAY, {Outcome.ANSWERED: 2, Outcome.NO_EVIDENCE: 1, Outcome.UNSUPPORTED: 1}),
        ]
        assert [tally.day for tally in log.tally(TODAY - DAY)] == [TODAY]
        assert [tally.day for tally in log.tally(TODAY - 2 * DAY)] == [TODAY - 2 * DAY, TODAY]

    def test_a_day_is_a_day_in_utc(self, log: FeedbackLog) -> None:
        late_in_new_york = datetime(2026, 11, 1, 23, tzinfo=timezone(timedelta(hours=-5)))
        ask(log, "late", Outcome.NO_EVIDENCE, late_in_new_york)
        ask(log, "earlier", Outcome.NO_EVIDENCE, late_in_new_york - timedelta(minutes=1))
        ask(log, "utc", Outcome.NO_EVIDENCE, datetime(2026, 11, 2, 3, 59, 30, tzinfo=NOON.tzinfo))
        assert whole(log) == [Tally(date(2026, 11, 2), {Outcome.NO_EVIDENCE: 3})]
        assert log.answer(QuestionId("late")).question.asked_at == late_in_new_york
        assert gaps(log, date(2026, 11, 2)) == ["late", "utc", "earlier"]

    def test_ratings_are_counted_by_reason(self, log: FeedbackLog) -> None:
        ask(log, "q1")
        for person, reason in (("ada", "wrong"), ("bob", ""), ("cyd", "wrong")):
            log.record_rating(rating(person, helpful=False, reason=reason))
        log.record_rating(rating("dan", helpful=True))
        (tally,) = log.tally()
        assert (tally.helpful, tally.not_helpful) == (1, {"wrong": 2, "": 1})

    def test_a_rating_counts_for_the_day_of_its_question(self, log: FeedbackLog) -> None:
        ask(log, "q1", at=NOON - 3 * DAY)
        ask(log, "q2")
        log.record_rating(rating("ada", helpful=True, at=NOON + DAY))
        log.record_rating(rating("bob", helpful=False, reason="wrong", at=NOON))
        assert [(tally.helpful, tally.not_helpful) for tally in log.tally()] == [(1, {"wrong": 1}), (0, {})]

    def test_a_change_of_mind_moves_in_the_counters(self, log: FeedbackLog) -> None:
        ask(log, "q1")
        for reason in ("wrong", "outdated"):
            log.record_rating(rating("ada", helpful=False, reason=reason))
        assert [(tally.helpful, tally.not_helpful) for tally in log.tally()] == [(0, {"outdated": 1})]
        assert listed(log) == ["q1"]
        log.record_rating(rating("ada", helpful=True, at=NOON + DAY))
        assert [(tally.helpful, tally.not_helpful) for tally in log.tally()] == [(1, {})]
        assert listed(log) == []

    def test_another_outcome_moves_in_the_counters_and_the_lists(self, log: FeedbackLog) -> None:
        ask(log, "q1", Outcome.NO_EVIDENCE)
        dislike(log, "q1", "ada")
        assert (gaps(log), listed(log)) == (["q1"], [])
        ask(log, "q1", Outcome.ANSWERED)
        assert (gaps(log), listed(log)) == ([], ["q1"])
        assert whole(log) == [Tally(TODAY, {Outcome.ANSWERED: 1}, not_helpful={"": 1})]
        ask(log, "q1", Outcome.UNSUPPORTED)
        assert (gaps(log), listed(log)) == (["q1"], [])

    def test_the_worst_come_first_and_the_newest_of_equals(self, log: FeedbackLog) -> None:
        for name, age in (("newer", 1), ("older", 2), ("most", 3), ("liked", 0), ("unrated", 0)):
            ask(log, name, at=NOON - age * DAY)
        ask(log, "declined", Outcome.UNSUPPORTED)
        log.record_rating(rating("ada", helpful=True, name="liked"))
        for name in ("older", "newer", "declined"):
            dislike(log, name, "ada")
        dislike(log, "most", "ada", "bob")
        log.record_rating(rating("cyd", helpful=True, name="most"))
        assert listed(log) == ["most", "newer", "older"]
        assert listed(log, limit=2) == ["most", "newer"]
        assert listed(log, TODAY - 2 * DAY) == ["newer", "older"]
        assert {given.person for given in log.worst(limit=1)[0].ratings} == {"ada", "bob", "cyd"}

    def test_the_declined_are_the_newest(self, log: FeedbackLog) -> None:
        for name, age, outcome in (
            ("middle", 2, Outcome.UNSUPPORTED),
            ("oldest", 3, Outcome.NO_EVIDENCE),
            ("newest", 1, Outcome.NO_EVIDENCE),
            ("answered", 0, Outcome.ANSWERED),
        ):
            ask(log, name, outcome, NOON - age * DAY)
        assert gaps(log) == ["newest", "middle", "oldest"]
        assert gaps(log, limit=2) == ["newest", "middle"]
        assert gaps(log, TODAY - 2 * DAY) == ["newest", "middle"]
        (declined,) = log.declined(limit=1)
        assert (declined.text, declined.asked_at, declined.outcome) == (
            "Why newest?",
            NOON - DAY,
            Outcome.NO_EVIDENCE,
        )

    def test_what_is_forgotten_is_unknown_and_still_counts(self, log: FeedbackLog) -> None:
        spent = Usage("haiku", 100, 20, 5, 1, 0.25)
        ask(log, "stays", Outcome.UNSUPPORTED)
        asked = question("Why am I called Ada?", previous="Ada who?")
        log.record_answer(asked, replace(answer(asked), usage=(spent,)))
        dislike(log, "q1", "ada", "bob")
        accept(log, "q1", Use.EDITED, 0.5)
        ask(log, "gap", Outcome.NO_EVIDENCE)
        before, usage = log.tally(), log.usage()
        for name in ("q1", "gap", "unknown", "q1"):
            log.forget(QuestionId(name))
        for act in (
            lambda: log.answer(asked.id),
            lambda: dislike(log, "q1", "eve"),
            lambda: accept(log, "q1", Use.AS_IS),
        ):
            with pytest.raises(RejectedError, match="no answer"):
                act()
        assert (listed(log), gaps(log)) == ([], ["stays"])
        assert [record.question.id for record in log.every()] == ["stays"]
        assert (log.tally(), log.usage()) == (before, usage)

    def test_a_rating_counts_without_its_rater(self, log: FeedbackLog) -> None:
        ask(log, "q1")
        for person in ("ada", "bob", "cyd"):
            log.record_rating(Rating(QuestionId("q1"), PersonId(person), False, NOON, "wrong", f"I am {person}."))
        before = log.tally()
        for person in ("ada", "bob", "nobody", "ada"):
            log.forget_rater(QuestionId("q1"), PersonId(person))
        kept = log.answer(QuestionId("q1")).ratings
        assert sorted(each.comment for each in kept) == ["", "", "I am cyd."]
        assert not {"ada", "bob"} & {each.person for each in kept}
        assert (log.tally(), listed(log)) == (before, ["q1"])
        dislike(log, "q1", "ada")  # who comes again is somebody else
        assert log.tally()[0].not_helpful == {"wrong": 3, "": 1}

    def test_every_answer_comes_with_its_ratings(self, log: FeedbackLog) -> None:
        for number in range(30):
            ask(log, f"q{number}", list(Outcome)[number % 3])
            log.record_rating(rating("ada", helpful=number % 2 == 0, name=f"q{number}"))
        accept(log, "q3", Use.AS_IS, 1.0)
        found = {record.question.id: record for record in log.every()}
        assert len(found) == 30
        assert all(found[name] == log.answer(name) for name in found)
        assert found[QuestionId("q3")].acceptance

    def test_nothing_yet(self, log: FeedbackLog) -> None:
        assert (log.tally(), log.worst(limit=5), log.declined(limit=5)) == ([], [], [])

    def test_many_at_once_lose_nothing(self, log: FeedbackLog) -> None:
        log.record_answer(question("Why?"), answer(question("Why?")))
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda n: log.record_rating(rating(f"p{n % 20}", helpful=n % 2 == 0)), range(200)))
        assert len(log.answer(QuestionId("q1")).ratings) == 20
        assert whole(log) == [Tally(TODAY, {Outcome.ANSWERED: 1}, helpful=10, not_helpful={"": 10})]
