"""The cache of one machine: the contract, its bound, and expiry without waiting."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from rag_core.backends.memory import MemoryCache
from rag_core.ports import Cache
from tests.contracts.cache import HOUR, CacheContract
from tests.contracts.claims import Hands


class TestMemoryCache(CacheContract):
    @pytest.fixture
    def cache(self) -> Cache:
        return MemoryCache()


def test_what_was_not_asked_for_the_longest_goes_first() -> None:
    cache = MemoryCache(room=10_000)
    for number in range(8):
        cache.put({str(number): bytes(1000)}, ttl=HOUR)
    cache.get(["0"])
    cache.put({"new": bytes(1000)}, ttl=HOUR)
    kept = [value is not None for value in cache.get([*map(str, range(8)), "new"])]
    assert kept == [True, False, *[True] * 6, True]


def test_a_giant_does_not_push_out_the_others() -> None:
    cache = MemoryCache(room=10_000)
    cache.put({"small": b"1"}, ttl=HOUR)
    cache.put({"giant": bytes(9000)}, ttl=HOUR)
    assert cache.get(["small", "giant"]) == [b"1", None]


def test_it_stays_within_its_room_whatever_happens_at_once() -> None:
    cache = MemoryCache(room=50_000)

    def work(number: int) -> None:
        cache.put({str(number % 90): bytes(number % 3000)}, ttl=timedelta(seconds=number % 2))
        cache.append(f"s{number % 7}", bytes(50), longest=10, ttl=HOUR)
        cache.remove([str(number % 13)])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(4000)))
    held = [kept.size for kept in cache._held.values()]
    assert sum(held) == cache._size <= 50_000


def test_time_is_the_clocks() -> None:
    clock = Hands()
    cache = MemoryCache(clock=clock)
    cache.put({"a": b"1"}, ttl=HOUR)
    clock.move(HOUR)
    assert cache.get(["a"]) == [None]
    assert cache._size == 0
