"""What every Budget must do."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from rag_core.ports import Budget

Pass = Callable[[float], None]


class BudgetContract(ABC):
    """Inherit and give the fixtures `budget`, whose buckets are full, and `pass_time`, which lets seconds go by."""

    @pytest.fixture
    @abstractmethod
    def budget(self) -> Budget: ...

    @pytest.fixture
    @abstractmethod
    def pass_time(self) -> Pass: ...

    def test_a_full_bucket_gives_its_burst_and_then_says_how_long(self, budget: Budget) -> None:
        assert [budget.take("a", rate=0.1, burst=3) for _ in range(3)] == [0, 0, 0]
        assert 8 < budget.take("a", rate=0.1, burst=3) <= 10
        assert 8 < budget.take("a", rate=0.1, burst=3) <= 10  # being refused costs nothing

    def test_buckets_are_apart(self, budget: Budget) -> None:
        assert budget.take("a", rate=0.1, burst=1) == 0
        assert budget.take("A", rate=0.1, burst=1) == 0
        assert budget.take("a", rate=0.1, burst=1) > 0

    def test_whoever_waits_as_long_as_told_gets_one(self, budget: Budget, pass_time: Pass) -> None:
        for _ in range(4):
            assert budget.take("a", rate=10, burst=4) == 0
        for _ in range(3):
            wait = budget.take("a", rate=10, burst=4)
            assert 0 < wait <= 0.1
            pass_time(wait)
            assert budget.take("a", rate=10, burst=4) == 0

    def test_it_fills_up_and_no_further(self, budget: Budget, pass_time: Pass) -> None:
        for _ in range(3):
            budget.take("a", rate=20, burst=3)
        pass_time(0.4)  # time for eight
        taken = [budget.take("a", rate=1 / 60, burst=3) for _ in range(5)]
        assert [wait == 0 for wait in taken] == [True] * 3 + [False] * 2

    def test_of_many_at_once_as_many_get_one_as_there_are(self, budget: Budget) -> None:
        with ThreadPoolExecutor(8) as pool:
            taken = list(pool.map(lambda _: budget.take("a", rate=0.01, burst=12), range(80)))
        assert taken.count(0) == 12

    def test_another_rate_holds_from_then_on(self, budget: Budget) -> None:
        assert budget.take("a", rate=0.001, burst=1) == 0
        assert budget.take("a", rate=0.001, burst=1) > 900
        assert budget.take("a", rate=10, burst=1) <= 0.1
