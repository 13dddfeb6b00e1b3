"""The budget of one process: the contract, and that full buckets are forgotten."""

from datetime import timedelta

import pytest

from rag_core.backends.memory import FEW, MemoryBudget
from rag_core.ports import Budget
from tests.contracts.budget import BudgetContract, Pass
from tests.contracts.claims import Hands


class TestMemoryBudget(BudgetContract):
    @pytest.fixture
    def clock(self) -> Hands:
        return Hands(0.0)

    @pytest.fixture
    def budget(self, clock: Hands) -> Budget:
        return MemoryBudget(clock)

    @pytest.fixture
    def pass_time(self, clock: Hands) -> Pass:
        return lambda seconds: clock.move(timedelta(seconds=seconds))


def test_full_buckets_are_forgotten_and_others_are_not() -> None:
    clock = Hands()
    budget = MemoryBudget(clock)
    budget.take("slow", rate=0.0001, burst=1)
    for number in range(50 * FEW):
        budget.take(str(number), rate=10, burst=1)
        clock.now += 0.001
    assert len(budget._full_at) < 3 * FEW
    assert budget.take("slow", rate=0.0001, burst=1) > 0
