"""How long answers took, as an operator reads it."""

from dataclasses import replace

import pytest

from bot import durations
from rag_core.domain import Cached
from rag_core.tallies import Durations, counted
from tests.making import answer, question


def took(total: float, *, first: float | None = None, cached: Cached | None = None, **stages: float) -> Durations:
    made = replace(answer(question("Why?")), timings_ms={**stages, "total": total}, first_ms=first, cached=cached)
    return Durations.among(counted(made))


MANY = Durations.over(
    [took(2_000.0, first=800.0, draft=1_700.0, embed=90.0, judge=0.4)] * 9 + [took(2.0, cached=Cached.EXACT, cache=2.0)]
)


@pytest.mark.parametrize(
    ("ms", "said"),
    [
        (0.4, "0.4 ms"),
        (87.3, "87 ms"),
        (994.0, "990 ms"),
        (996.0, "1 s"),
        (1_487.0, "1.5 s"),
        (23_456.0, "23 s"),
        (123_456.0, "120 s"),
    ],
)
def test_no_more_digits_than_are_known(ms: float, said: str) -> None:
    assert durations.seconds(ms) == said


def test_what_is_told() -> None:
    first, whole, stages, cache = durations.told(MANY)
    assert first == "First words within 790 ms (half), 790 ms (9 of 10), 790 ms (99 of 100)"
    assert whole == "Whole answer within 1.9 s (half), 1.9 s (9 of 10), 1.9 s (99 of 100)"
    assert stages == "Of that time: writing 85%, embedding the question 4%"
    assert cache == "From the cache, asked before in the same words: 1"


def test_nothing_is_told_of_answers_that_nobody_timed() -> None:
    assert durations.told(Durations()) == []
    assert durations.shown(Durations()) == {"first_ms": None, "total_ms": None, "stage_shares": {}, "from_cache": {}}


def test_every_stage_and_kind_that_is_counted_has_a_name_for_people() -> None:
    from bot.metrics import CACHED, STAGES

    assert set(STAGES) - set(durations.STAGES) == {"wait", "first", "total"}
    assert set(CACHED) == set(durations.CACHED)
