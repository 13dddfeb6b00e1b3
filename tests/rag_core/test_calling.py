"""Retries keep to the time there is and to a budget; what is down is left alone."""

from collections.abc import Callable

import pytest

from rag_core.calling import Dependency, Patience
from rag_core.domain import Deadline
from rag_core.errors import RejectedError, UnavailableError


class Clock:
    """Time that passes when somebody sleeps."""

    def __init__(self) -> None:
        self.now, self.slept = 0.0, list[float]()

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


def dependency(clock: Clock, **patience: float) -> Dependency:
    return Dependency("the model", Patience(**patience), clock=clock, sleep=clock.sleep)  # type: ignore[arg-type]


def failing(times: int, retry_after: float | None = None) -> Callable[[float], str]:
    left = [times]

    def attempt(_seconds: float) -> str:
        left[0] -= 1
        if left[0] >= 0:
            raise UnavailableError("busy", retry_after=retry_after)
        return "done"

    return attempt


def test_a_call_that_fails_now_and_then_succeeds(clock: Clock) -> None:
    assert dependency(clock).call(failing(2), timeout=1) == "done"
    assert len(clock.slept) == 2
    assert all(0 <= slept <= 0.2 for slept in clock.slept)


def test_a_call_that_goes_on_failing_ends_with_its_error(clock: Clock) -> None:
    with pytest.raises(UnavailableError, match="busy"):
        dependency(clock).call(failing(9), timeout=1)
    assert len(clock.slept) == 2


def test_what_can_never_succeed_is_not_tried_again(clock: Clock) -> None:
    def attempt(_seconds: float) -> str:
        raise RejectedError("no")

    with pytest.raises(RejectedError):
        dependency(clock).call(attempt, timeout=1)
    assert clock.slept == []


def test_a_retry_waits_as_long_as_it_was_asked_to(clock: Clock) -> None:
    assert dependency(clock).call(failing(1, retry_after=1.5), timeout=1) == "done"
    assert clock.slept == [1.5]


def test_no_attempt_begins_or_lasts_beyond_the_deadline(clock: Clock) -> None:
    given = list[float]()

    def attempt(seconds: float) -> str:
        given.append(seconds)
        raise UnavailableError("busy", retry_after=30)

    with pytest.raises(UnavailableError, match="busy"):
        dependency(clock).call(attempt, timeout=10, deadline=Deadline.within(2))
    assert len(given) == 1
    assert given[0] <= 2
    with pytest.raises(UnavailableError, match="in the time there was"):
        dependency(clock).call(attempt, timeout=10, deadline=Deadline.within(0))
    assert len(given) == 1


def test_in_an_outage_attempts_are_hardly_more_than_calls(clock: Clock) -> None:
    attempts, calls = [0], 1000

    def attempt(_seconds: float) -> str:
        attempts[0] += 1
        raise UnavailableError("busy")

    down = dependency(clock, failures=10**9)  # the budget alone
    for _ in range(calls):
        with pytest.raises(UnavailableError):
            down.call(attempt, timeout=1)
    assert attempts[0] <= 1.1 * calls + 5


def test_what_failed_in_a_row_is_left_alone_and_then_tried_by_one(clock: Clock) -> None:
    attempts = [0]

    def attempt(_seconds: float) -> str:
        attempts[0] += 1
        raise UnavailableError("busy")

    down = dependency(clock, attempts=1, failures=3, rest=5)
    for _ in range(20):
        with pytest.raises(UnavailableError):
            down.call(attempt, timeout=1)
    assert attempts[0] == 3
    clock.now += 6
    for _ in range(20):
        with pytest.raises(UnavailableError):
            down.call(attempt, timeout=1)
    assert attempts[0] == 4
    clock.now += 6
    assert down.call(failing(0), timeout=1) == "done"
    assert [down.call(failing(0), timeout=1) for _ in range(3)] == ["done"] * 3
