"""What every FeedbackLog must count of how long its answers took."""

from dataclasses import replace

import pytest

from rag_core.domain import Answer, Cached, Question, QuestionId
from rag_core.ports import FeedbackLog
from rag_core.tallies import FIRST, TOTAL, Durations
from tests.contracts.feedback import DAY, TODAY
from tests.making import NOON, answer, question

NEAR = 0.092  # by which a percentile may be beside what it was
STAGES = {"embed": 80.0, "retrieve": 20.5, "draft": 799.25}


def took(asked: Question, total: float, *, first: float | None = None, cached: Cached | None = None) -> Answer:
    timings = {"cache": total, "total": total} if cached else {**STAGES, "total": total}
    return replace(answer(asked), timings_ms=timings, first_ms=first, cached=cached)


def record(log: FeedbackLog, name: str, total: float, *, days: int = 0, **more: float | Cached | None) -> None:
    asked = replace(question("Why?", name=name), asked_at=NOON - days * DAY)
    log.record_answer(asked, took(asked, total, **more))  # type: ignore[arg-type]


def durations(log: FeedbackLog) -> Durations:
    return Durations.over(tally.durations for tally in log.tally())


class DurationsContract:
    """Inherited beside FeedbackContract, whose `log` it takes."""

    def test_percentiles_are_near_what_they_were(self, log: FeedbackLog) -> None:
        for number in range(100):
            record(log, f"q{number}", 1000.0 + 10 * number, first=500.0 + number)
        whole, first = durations(log).percentiles(TOTAL), durations(log).percentiles(FIRST)
        assert whole == pytest.approx({50: 1490.0, 90: 1890.0, 99: 1980.0}, rel=NEAR)
        assert first == pytest.approx({50: 549.0, 90: 589.0, 99: 598.0}, rel=NEAR)

    def test_where_nothing_is_streamed_the_first_words_come_with_the_whole(self, log: FeedbackLog) -> None:
        record(log, "q1", 700.0)
        assert durations(log).percentiles(FIRST) == durations(log).percentiles(TOTAL)

    def test_shares_of_stages_and_hits_by_kind(self, log: FeedbackLog) -> None:
        record(log, "q1", 1000.0)
        record(log, "q2", 2.0, cached=Cached.EXACT)
        record(log, "q3", 3.0, cached=Cached.MEANING)
        record(log, "q4", 3.0, cached=Cached.MEANING)
        found = durations(log)
        assert found.cached == {"exact": 1, "meaning": 2}
        assert found.shares == pytest.approx(
            {"draft": 799.25 / 1008, "embed": 80 / 1008, "retrieve": 20.5 / 1008, "cache": 8 / 1008}, abs=1e-6
        )
        assert list(found.shares) == ["draft", "embed", "retrieve", "cache"]

    def test_an_answer_recorded_again_counts_as_the_last_one(self, log: FeedbackLog) -> None:
        record(log, "q1", 20_000.0)
        record(log, "q1", 100.0, cached=Cached.EXACT)
        asked = question("Why?")
        log.record_answer(asked, took(asked, 700.0))
        assert durations(log).percentiles(TOTAL) == pytest.approx({50: 700.0, 90: 700.0, 99: 700.0}, rel=NEAR)
        assert durations(log).cached == {}
        assert sum(durations(log).shares.values()) == pytest.approx(899.75 / 700, abs=1e-6)

    def test_they_count_for_the_day_of_the_question(self, log: FeedbackLog) -> None:
        record(log, "q1", 100.0, days=1)
        record(log, "q2", 5_000.0)
        assert [tally.day for tally in log.tally() if tally.durations.percentiles(TOTAL)] == [TODAY - DAY, TODAY]
        (today,) = log.tally(TODAY)
        assert today.durations.percentiles(TOTAL) == pytest.approx({50: 5e3, 90: 5e3, 99: 5e3}, rel=NEAR)

    def test_what_is_forgotten_stays_counted(self, log: FeedbackLog) -> None:
        record(log, "q1", 700.0)
        before = durations(log)
        log.forget(QuestionId("q1"))
        assert durations(log) == before

    def test_an_answer_without_times_counts_none(self, log: FeedbackLog) -> None:
        log.record_answer(question("Why?"), answer(question("Why?")))
        assert durations(log) == Durations()
        assert durations(log).percentiles(TOTAL) is None
        assert durations(log).shares == {}
