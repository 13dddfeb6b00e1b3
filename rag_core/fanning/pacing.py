"""Keep all workers together to the requests a minute that the embedding model's quota allows."""

import time
from collections.abc import Callable, Sequence
from math import ceil

from rag_core.domain import NEVER, Deadline, Vector
from rag_core.errors import BusyError
from rag_core.ports import Budget, Embedder

TEXTS = 96  # of a request, as Cohere takes them
LONGEST = 300.0  # seconds that one worker waits; then its job does, on the queue
NAME = "embedding"


class PacedEmbedder:
    """An Embedder that waits for its turn; questions do not, somebody waits for them."""

    def __init__(
        self, embedder: Embedder, budget: Budget, per_minute: int, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._embedder, self._budget, self._sleep = embedder, budget, sleep
        self._rate, self._burst = per_minute / 60, max(per_minute // 10, 1)

    @property
    def name(self) -> str:
        return self._embedder.name

    @property
    def dimensions(self) -> int:
        return self._embedder.dimensions

    def embed_question(self, text: str, *, deadline: Deadline = NEVER) -> Vector:
        return self._embedder.embed_question(text, deadline=deadline)

    def embed_passages(self, texts: Sequence[str]) -> list[Vector]:
        waited = 0.0
        for _ in range(ceil(len(texts) / TEXTS)):
            while wait := self._budget.take(NAME, rate=self._rate, burst=self._burst):
                waited += wait
                if waited > LONGEST:
                    raise BusyError("the embedding model's quota is used up for now", retry_after=wait)
                self._sleep(wait)
        return self._embedder.embed_passages(texts)
