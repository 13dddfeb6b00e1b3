"""Speed of cached answers on a real Redis, and what a hundred who ask at once cost.

Usage: python -m tests.benchmarks.caching
"""

import random
import tempfile
import time
from array import array
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median, quantiles

from rag_core.backends.redis.cache import RedisCache
from rag_core.backends.redis.connecting import RedisAddress
from rag_core.caching.answers import AnswerCache, ByMeaning, Served
from rag_core.caching.keys import Keys
from rag_core.caching.meaning import LONGEST, Recent, quantised
from rag_core.caching.wording import Wording
from rag_core.citing import cite
from rag_core.domain import Answer, Cached, Found, IndexVersion, Outcome, Vector
from tests.making import passage, question
from tests.services.redis import Server, server

DIMENSIONS = 1024
V1 = IndexVersion("1")
ASKED = "How long do refunds take?"
CHANCE = random.Random(1)  # noqa: S311
WORDS = Path(__file__).parents[2].joinpath("LICENSE").read_text("utf-8").split()
TEXTS = [" ".join(CHANCE.choices(WORDS, k=150)) for _ in range(20)]
FOUND = Found(tuple(passage(text, f"page{number}") for number, text in enumerate(TEXTS)), V1)


def vector() -> Vector:
    values = [CHANCE.gauss(0, 1) for _ in range(DIMENSIONS)]
    length = sum(value * value for value in values) ** 0.5
    return array("f", [value / length for value in values])


class Timed:
    """A desk whose drafts take as long as a model's; its vectors are free: the embedder is not what is measured."""

    def __init__(self, redis: Server) -> None:
        self.redis = RedisCache(RedisAddress("127.0.0.1", redis.port, tls=False))
        self.redis.warm(5)
        self.cache = AnswerCache(self.redis, Keys("acme", ("m",)))
        self.vector, self.drafts, self.taking = vector(), 0, 0.0

    def ask(self, text: str = ASKED) -> Served:
        put = question(text, name=str(CHANCE.random()))

        def make(by_meaning: ByMeaning) -> Answer:
            known = by_meaning(self.vector, FOUND)
            if known:
                return known
            self.drafts += 1
            time.sleep(self.taking)
            cited = (cite(FOUND.passages[0]),)
            return Answer(put.id, Outcome.ANSWERED, "Yes. [1]", cited, FOUND.passages, 0.8, index_version=V1)

        return self.cache.answer(put, V1, make)

    def fill(self) -> None:
        """The scope's series with as many other questions as it holds."""
        name = self.cache._keys.recent(question(ASKED), V1)
        decisive = Wording.of(ASKED).decisive
        for number in range(LONGEST):
            self.cache._meanings.keep(name, Recent(str(number), decisive, (), quantised(vector())))


def caching(runs: int = 300) -> None:
    with tempfile.TemporaryDirectory() as home, server(Path(home) / "redis") as redis:
        desk = Timed(redis)
        desk.fill()
        desk.ask()
        figures("exact, end to end", [_spent(desk.ask, Cached.EXACT) for _ in range(runs)])
        spoken = ["how long does a refund take" + ", please" * number for number in range(1, 51)]
        means = [_spent(lambda text=text: desk.ask(text), Cached.MEANING) for text in spoken]  # type: ignore[misc]
        figures(f"by meaning among {LONGEST} x {DIMENSIONS}, embedding and search aside", means[1:])
        print(f"the first by meaning, with the whole series to read: {means[0] * 1000:.1f} ms")
        desk.taking, desk.drafts = 0.5, 0
        started = time.perf_counter()
        with ThreadPoolExecutor(100) as pool:
            list(pool.map(lambda _: desk.ask("What now?" + " " * (_ % 3)), range(100)))
        spent = time.perf_counter() - started
        print(f"100 at once, a draft of 500 ms: {desk.drafts} draft(s), all answered after {spent * 1000:.0f} ms")
        redis.kill()
        desk.redis.get(["a"])
        figures("a look at a Redis that is down", [_timed(lambda: desk.redis.get(["a"])) for _ in range(runs)])


def _spent(ask: Callable[[], Served], how: Cached) -> float:
    started = time.perf_counter()
    served = ask()
    spent = time.perf_counter() - started
    assert served.how is how, served.how
    return spent


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def figures(what: str, seconds: list[float]) -> None:
    p95 = quantiles(seconds, n=20)[-1]
    print(f"{what}: median {median(seconds) * 1000:.2f} ms, p95 {p95 * 1000:.2f} ms of {len(seconds)} (goal 15)")


if __name__ == "__main__":
    caching()
