"""What every Countdown must do."""

from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from rag_core.errors import UnavailableError
from rag_core.ports import Countdown
from tests.contracts.claims import Hands


class CountdownContract(ABC):
    """Inherit and give the fixtures `counts`, empty and reading `clock`, and `unavailable`, which cannot tell."""

    @pytest.fixture
    def clock(self) -> Hands:
        return Hands()

    @pytest.fixture
    @abstractmethod
    def counts(self, clock: Hands) -> Countdown: ...

    @pytest.fixture
    @abstractmethod
    def unavailable(self) -> Countdown: ...

    def test_the_last_unit_ends_it_and_so_does_every_one_after(self, counts: Countdown) -> None:
        assert [counts.done("run", unit, of=3) for unit in (2, 0)] == [False, False]
        assert counts.done("run", 1, of=3)
        assert all(counts.done("run", unit, of=3) for unit in range(3))  # delivered again: its end is not forgotten

    def test_a_unit_that_is_done_again_counts_once(self, counts: Countdown) -> None:
        assert not any(counts.done("run", 0, of=2) for _ in range(5))
        assert counts.count("run") == 1

    def test_of_many_at_once_none_is_lost_or_doubled(self, counts: Countdown) -> None:
        units = [*range(230), *range(0, 230, 3)]
        with ThreadPoolExecutor(8) as pool:
            ended = list(pool.map(lambda unit: counts.done("run", unit, of=231, note=b"%d" % unit), units))
        assert not any(ended)
        assert counts.done("run", 230, of=231, note=b"230")
        assert counts.count("run") == 231
        assert counts.notes("run") == {unit: b"%d" % unit for unit in range(231)}

    def test_the_note_of_the_first_time_stays(self, counts: Countdown) -> None:
        counts.done("run", 7, of=9, note=b"first")
        counts.done("run", 7, of=9, note=b"second")
        assert counts.note("run", 7) == b"first"
        assert counts.note("run", 8) is None
        assert counts.note("other", 7) is None

    def test_names_are_apart(self, counts: Countdown) -> None:
        assert counts.done("run-1", 0, of=1)
        assert not counts.done("run-1x", 0, of=2)
        assert counts.notes("run") == {}
        assert counts.count("run") == 0

    def test_it_is_kept_for_as_long_as_a_run_may_rest(self, counts: Countdown, clock: Hands) -> None:
        counts.done("run", 0, of=2, note=b"x")
        clock.move(timedelta(days=13))
        assert counts.done("run", 1, of=2)
        assert set(counts.notes("run")) == {0, 1}

    def test_where_it_cannot_be_told_nobody_guesses(self, unavailable: Countdown) -> None:
        with pytest.raises(UnavailableError):
            unavailable.done("run", 0, of=1)
        with pytest.raises(UnavailableError):
            unavailable.notes("run")
