"""Of a part that hangs, the processes that share a cache need not each find out for themselves."""

from datetime import timedelta

import pytest

from rag_core.backends.memory import MemoryCache
from rag_core.caching.circuits import LOOK, SharedCircuit
from rag_core.caching.keys import FORMAT
from rag_core.calling import Dependency, Patience
from rag_core.errors import UnavailableError
from rag_core.ports import Cache
from tests.contracts.claims import Hands


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
def cache() -> Cache:
    return MemoryCache()


def processes(cache: Cache, clock: Hands, number: int = 3) -> list[SharedCircuit]:
    return [SharedCircuit("m", cache, 3, 5.0, 60.0, clock=clock, now=clock) for _ in range(number)]


def hung(cache: Cache, clock: Hands) -> list[SharedCircuit]:
    """Each has met it once; all know."""
    made = processes(cache, clock)
    for each in made:
        each.failed(hung=True)
    clock.now += LOOK
    return made


def test_what_hung_for_several_once_each_rests_for_all(cache: Cache, clock: Hands) -> None:
    made = [*hung(cache, clock), *processes(cache, clock, 1)]
    assert [each.rests() for each in made] == [4.0] * 4
    assert all(each.open for each in made)


def test_one_of_all_tries_it_and_each_time_it_hangs_the_rest_doubles(cache: Cache, clock: Hands) -> None:
    made, rests = hung(cache, clock), []
    for _ in range(5):
        clock.now += max(each.rests() for each in made)
        assert sorted(each.rests() > 0 for each in made) == [False, True, True]
        next(each for each in made).failed(hung=True)
        clock.now += LOOK
        rests.append(max(each.rests() for each in made) + LOOK)
    assert rests == [10.0, 20.0, 40.0, 60.0, 60.0]


def test_once_it_has_answered_one_it_is_there_for_all(cache: Cache, clock: Hands) -> None:
    first, second, third = hung(cache, clock)
    clock.now += first.rests()
    assert first.rests() == 0
    first.answered()
    clock.now += LOOK
    assert [second.rests(), third.rests()] == [0.0, 0.0]
    assert not second.open


def test_what_answers_in_between_was_no_row(cache: Cache, clock: Hands) -> None:
    first, second = processes(cache, clock, 2)
    for each in (first, second, first, second, first, second):
        each.failed(hung=True)
        each.answered()
    clock.now += LOOK
    assert (first.rests(), second.rests()) == (0.0, 0.0)


def test_refusals_stay_with_whom_they_met(cache: Cache, clock: Hands) -> None:
    first, second = processes(cache, clock, 2)
    for _ in range(3):
        first.failed()
    clock.now += LOOK
    assert (first.rests() > 0, second.rests()) == (True, 0.0)


def test_without_a_cache_each_knows_for_itself(clock: Hands) -> None:
    class Away(MemoryCache):
        def get(self, keys: object) -> list[bytes | None]:
            return [None]

    first, second = processes(Away(), clock, 2)
    for _ in range(3):
        first.failed(hung=True)
    assert (first.rests(), second.rests()) == (5.0, 0.0)


def test_a_state_that_is_not_ours_is_none(cache: Cache, clock: Hands) -> None:
    first, second = hung(cache, clock)[:2]
    cache.put({f"{FORMAT}:circuit:m": b"\xff"}, ttl=timedelta(hours=1))
    clock.now += LOOK
    assert (first.rests(), second.rests()) == (0.0, 0.0)


def test_a_dependency_tells_what_took_all_its_time(cache: Cache, clock: Hands) -> None:
    def slow(seconds: float) -> None:
        clock.now += 0.8 * seconds  # a timeout of its own, within what there is
        raise UnavailableError("it did not answer")

    for each in processes(cache, clock, 3):
        patient = Dependency("m", Patience(attempts=1), circuit=each, clock=clock)
        with pytest.raises(UnavailableError, match="did not answer"):
            patient.call(slow, timeout=10.0)
    (another,) = processes(cache, clock, 1)
    with pytest.raises(UnavailableError, match="again and again"):
        Dependency("m", Patience(attempts=1), circuit=another, clock=clock).call(slow, timeout=10.0)
