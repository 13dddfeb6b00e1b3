"""Percentiles from buckets, and what an answer adds to its day."""

from dataclasses import replace
from random import Random

import pytest

from rag_core.domain import Answer, Cached
from rag_core.tallies import FIRST, TOTAL, Durations, bucket, counted, middle
from tests.making import answer, question

MOST = 2 ** (1 / 8) - 1  # half a bucket: 9.1 %


def took(ms: float, **more: float) -> Answer:
    return replace(answer(question("Why?")), timings_ms={"total": ms}, **more)  # type: ignore[arg-type]


def test_no_time_is_further_from_its_buckets_middle_than_the_error_that_is_stated() -> None:
    chance = Random(1)  # noqa: S311
    for _ in range(10_000):
        ms = 10 ** chance.uniform(0, 6)
        assert abs(middle(bucket(ms)) / ms - 1) <= MOST + 1e-9


@pytest.mark.parametrize("spread", [0.1, 0.5, 1.5])
def test_a_percentile_is_as_near_to_that_of_all_answers(spread: float) -> None:
    chance = Random(2)  # noqa: S311
    times = sorted(chance.lognormvariate(7, spread) for _ in range(5_000))
    found = Durations.over(Durations.among(counted(took(ms))) for ms in times).percentiles(TOTAL)
    assert found is not None
    for percent, ms in found.items():
        exact = times[-(-len(times) * percent // 100) - 1]
        assert ms == pytest.approx(exact, rel=MOST + 1e-9)


def test_a_day_has_few_counters() -> None:
    """Their size is paid with every write: all there can be, from a millisecond to ten minutes."""
    names = {name for ms in range(1, 600_000, 97) for name in counted(took(float(ms))) if name[0] in "ft"}
    assert len(names) <= 2 * 80
    assert sum(len(name) for name in names) < 500


def test_nothing_is_too_short_or_too_long_to_be_counted() -> None:
    for ms in (0.0, 0.004, 1.0, 9e9):
        assert Durations.among(counted(took(ms))).percentiles(TOTAL) is not None


def test_first_words_and_hits_stand_beside_the_whole() -> None:
    found = Durations.among(counted(replace(took(2_000.0, first_ms=0.0), cached=Cached.SHARED)))
    assert found.cached == {"shared": 1}
    assert found.percentiles(FIRST) == {50: middle(0), 90: middle(0), 99: middle(0)}


def test_other_counters_of_a_day_are_none_of_these() -> None:
    assert Durations.among({"outcome/answered": 3.0, "total": 2.0, "f": 1.0, "t3": 0.0}) == Durations()
