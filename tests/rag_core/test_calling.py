"""Retries keep to the time there is and to a budget; what is down is left alone."""

import itertools
from collections.abc import Callable
from contextlib import suppress

import pytest

from rag_core.calling import Dependency, Patience
from rag_core.domain import Deadline
from rag_core.errors import BusyError, RejectedError, UnavailableError


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


def half_failing(model: Dependency, every: int, calls: int) -> int:
    """The requests that so many calls made, of which every second, third, ... fails."""
    sent = itertools.count(1)
    made = [0]

    def attempt(_seconds: float) -> None:
        made[0] = next(sent)
        if made[0] % every == 0:
            raise UnavailableError("busy")

    for _ in range(calls):
        with suppress(UnavailableError):
            model.call(attempt, timeout=1)
    return made[0]


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
    assert attempts[0] <= 1.1 * calls


@pytest.mark.parametrize("calls", [20, 30, 300])
@pytest.mark.parametrize("every", [2, 3, 5])
def test_in_a_partial_outage_a_new_process_keeps_to_the_budget(clock: Clock, every: int, calls: int) -> None:
    sent = half_failing(dependency(clock), every, calls)
    assert calls < sent <= 1.1 * calls


def test_a_partial_outage_after_health_finds_no_more_saved_up_than_one_call_may_use(clock: Clock) -> None:
    model = dependency(clock)
    for _ in range(500):
        assert model.call(failing(0), timeout=1) == "done"
    assert half_failing(model, 2, 30) <= 1.1 * 30 + 2


def test_what_was_lent_to_the_first_calls_is_earned_back_before_there_is_another(clock: Clock) -> None:
    model = dependency(clock)
    assert model.call(failing(2), timeout=1) == "done"
    for _ in range(19):
        assert model.call(failing(0), timeout=1) == "done"
        assert len(clock.slept) == 2
    with pytest.raises(UnavailableError):
        model.call(failing(1), timeout=1)
    for _ in range(10):
        assert model.call(failing(0), timeout=1) == "done"
    assert model.call(failing(1), timeout=1) == "done"


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
    clock.now += 6  # the second rest is twice as long
    with pytest.raises(UnavailableError):
        down.call(attempt, timeout=1)
    assert attempts[0] == 4
    clock.now += 6
    assert down.call(failing(0), timeout=1) == "done"
    assert [down.call(failing(0), timeout=1) for _ in range(3)] == ["done"] * 3


def test_an_error_of_another_kind_is_an_answer(clock: Clock) -> None:
    def refused(_seconds: float) -> str:
        raise RejectedError("no")

    model = dependency(clock, attempts=1, failures=3)
    for _ in range(3):
        for _ in range(2):
            with pytest.raises(UnavailableError):
                model.call(failing(1), timeout=1)
        with pytest.raises(RejectedError):
            model.call(refused, timeout=1)
    down = dependency(clock, attempts=1, failures=1, rest=5)
    with pytest.raises(UnavailableError):
        down.call(failing(1), timeout=1)
    clock.now += 6
    with pytest.raises(RejectedError):
        down.call(refused, timeout=1)  # it tries whether it is there again, and it is
    assert down.call(failing(0), timeout=1) == "done"


def test_who_has_no_time_does_not_use_up_the_try(clock: Clock) -> None:
    down = dependency(clock, attempts=1, failures=1, rest=5)
    with pytest.raises(UnavailableError):
        down.call(failing(1), timeout=1)
    clock.now += 6
    with pytest.raises(UnavailableError, match="in the time there was"):
        down.call(failing(0), timeout=1, deadline=Deadline.within(0))
    assert down.call(failing(0), timeout=1) == "done"


def test_the_impatient_do_not_open_the_circuit_for_the_patient(clock: Clock) -> None:
    def slow(seconds: float) -> str:
        clock.now += min(seconds, 1.0)
        if seconds < 1:
            raise UnavailableError("timed out")
        return "done"

    model = dependency(clock, attempts=1, failures=3)
    for _ in range(5):
        with pytest.raises(UnavailableError, match="timed out"):
            model.call(slow, timeout=10, deadline=Deadline.within(0.2))
    assert model.call(slow, timeout=10) == "done"


def test_nobody_waits_an_hour_because_a_header_says_so(clock: Clock) -> None:
    with pytest.raises(UnavailableError, match="busy"):
        dependency(clock).call(failing(1, retry_after=3600), timeout=1)
    assert clock.slept == []


def test_a_limit_is_an_answer_that_nobody_asks_for_again(clock: Clock) -> None:
    asked = dependency(clock, failures=2)

    def busy(_: float) -> None:
        raise BusyError("it takes no more for now", retry_after=0.1)

    for _ in range(4):
        with pytest.raises(BusyError, match="takes no more"):
            asked.call(busy, timeout=1.0)
    assert clock.slept == []
    assert asked.call(lambda _: "there", timeout=1.0) == "there"
