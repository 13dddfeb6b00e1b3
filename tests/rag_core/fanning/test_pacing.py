"""All workers together keep to the embedding model's quota; who would wait too long comes again later."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from rag_core.backends.memory import MemoryBudget
from rag_core.domain import Vector
from rag_core.errors import BusyError
from rag_core.fanning.pacing import LONGEST, TEXTS, PacedEmbedder
from tests.contracts.claims import Hands
from tests.fakes.embedder import HashingEmbedder

QUOTA = 60  # requests a minute
BURST = QUOTA // 10


class Counting(HashingEmbedder):
    """When which requests were made, on one clock for all."""

    def __init__(self, clock: Hands, made: list[float]) -> None:
        super().__init__()
        self._clock, self._made = clock, made

    def embed_passages(self, texts: Sequence[str]) -> list[Vector]:
        self._made += [self._clock()] * -(-len(texts) // TEXTS)
        return super().embed_passages(texts)


class Crew:
    """Workers of one quota."""

    def __init__(self, workers: int, quota: int = QUOTA) -> None:
        self.clock, self.made, self.slept = Hands(0.0), list[float](), 0.0
        budget = MemoryBudget(self.clock)
        self.workers = [
            PacedEmbedder(Counting(self.clock, self.made), budget, quota, sleep=self._sleep) for _ in range(workers)
        ]

    def _sleep(self, seconds: float) -> None:
        self.slept += seconds
        self.clock.move(timedelta(seconds=seconds))


def test_workers_together_make_no_more_requests_than_the_quota() -> None:
    crew = Crew(4)
    for _ in range(12):
        for worker in crew.workers:
            assert len(worker.embed_passages(["words"] * 4 * TEXTS)) == 4 * TEXTS
    assert len(crew.made) == 4 * 12 * 4
    for start in crew.made:
        within = [at for at in crew.made if start <= at < start + 60]
        assert len(within) <= QUOTA + BURST + 4  # the last window's four are made together
    assert crew.clock() == pytest.approx(len(crew.made) - BURST, abs=4)  # and none is left unused


def test_what_fits_waits_for_nothing() -> None:
    crew = Crew(1)
    crew.workers[0].embed_passages(["words"] * (BURST * TEXTS))
    assert crew.slept == 0.0
    crew.workers[0].embed_passages([])
    assert crew.slept == 0.0
    crew.workers[0].embed_passages(["one more"])
    assert crew.slept == pytest.approx(1.0)


def test_who_would_wait_too_long_makes_no_request_and_comes_again() -> None:
    crew = Crew(1, quota=1)
    with pytest.raises(BusyError) as found:
        crew.workers[0].embed_passages(["words"] * 9 * TEXTS)
    assert crew.made == []
    assert crew.slept <= LONGEST
    assert found.value.retry_after == pytest.approx(60.0, abs=1)


def test_somebody_waits_for_a_question_so_it_waits_for_nobody() -> None:
    crew = Crew(1, quota=1)
    crew.workers[0].embed_passages(["words"])
    crew.workers[0].embed_question("words?")
    assert crew.slept == 0.0
