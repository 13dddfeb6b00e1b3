from collections.abc import Mapping, Sequence
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from bot.api.callers import Caller
from bot.api.errors import RefusedError
from bot.api.quota import Quota
from rag_core.backends.memory import MemoryCache
from rag_core.backends.redis.cache import RedisCache
from rag_core.backends.redis.connecting import RedisAddress
from rag_core.ports import Cache
from tests.services.redis import Server


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_020.0

    def __call__(self) -> float:
        return self.now


class DownCache:
    """Misses, as the port says of a cache that is down."""

    def get(self, keys: Sequence[str]) -> list[bytes | None]:
        return [None for _ in keys]

    def put(self, values: Mapping[str, bytes], *, ttl: timedelta) -> None: ...

    def add(self, key: str, value: bytes, *, ttl: timedelta) -> bool:
        return True

    def remove(self, keys: Sequence[str], *, holding: bytes | None = None) -> None: ...

    def append(self, name: str, value: bytes, *, longest: int, ttl: timedelta) -> None: ...

    def read(self, name: str, *, after: str = "", most: int = 1000) -> list[tuple[str, bytes]]:
        return []


def caller(quota: int, name: str = "a") -> Caller:
    return Caller(name, ["0" * 64], quota=quota)


def refused(quota: Quota, who: Caller) -> RefusedError | None:
    try:
        quota.spend(who)
    except RefusedError as error:
        return error
    return None


def passed(quotas: Sequence[Quota], who: Caller, times: int) -> int:
    errors = [refused(quotas[number % len(quotas)], who) for number in range(times)]
    assert all(each.status == 429 and int(each.headers["Retry-After"]) >= 1 for each in errors if each)
    return errors.count(None)


@pytest.mark.parametrize("cache", [None, DownCache()])
def test_a_burst_gets_its_quota_and_no_more(cache: Cache | None) -> None:
    clock = Clock()
    quota = Quota(cache, "t", clock)
    assert passed([quota], caller(60), 3000) == 60
    clock.now += 10
    assert passed([quota], caller(60), 100) == 10


def test_processes_share_one_quota() -> None:
    clock, cache = Clock(), MemoryCache()
    quotas = [Quota(cache, "t", clock) for _ in range(10)]
    assert passed(quotas, caller(20), 1000) == 20
    assert passed(quotas, caller(20, "b"), 20) == 20


def test_processes_share_one_quota_through_redis(redis_server: Server) -> None:
    clock = Clock()
    address = RedisAddress("127.0.0.1", urlsplit(redis_server.url).port or 0, tls=False, patience=5.0)
    quotas = [Quota(RedisCache(address), "t", clock) for _ in range(4)]
    assert passed(quotas, caller(20), 200) == 20
    redis_server.kill()
    clock.now += 120
    assert 20 < passed(quotas, caller(20), 400) <= 80
    redis_server.restart()


@pytest.mark.parametrize("rate", [600, 6_000])
def test_a_large_quota_is_counted_in_short_spans(rate: int) -> None:
    clock, cache = Clock(), MemoryCache()
    quotas = [Quota(cache, "t", clock) for _ in range(4)]
    taken = 0
    for _ in range(60):
        taken += passed(quotas, caller(rate), rate // 20)
        clock.now += 1
    assert rate * 0.9 <= taken <= rate * 1.1


def test_with_the_cache_down_each_process_has_the_quota_once() -> None:
    clock = Clock()
    assert passed([Quota(DownCache(), "t", clock) for _ in range(3)], caller(10), 1000) == 30


def test_who_waits_as_told_may_ask_again() -> None:
    clock, cache = Clock(), MemoryCache()
    quotas = [Quota(cache, "t", clock) for _ in range(2)]
    passed(quotas, caller(7), 50)
    for quota in quotas:
        with pytest.raises(RefusedError) as caught:
            quota.spend(caller(7))
    clock.now += int(caught.value.headers["Retry-After"])
    quotas[1].spend(caller(7))


def test_a_clock_that_is_put_back_grants_nothing() -> None:
    clock = Clock()
    quota = Quota(None, "t", clock)
    passed([quota], caller(5), 5)
    clock.now -= 3600
    assert passed([quota], caller(5), 5) == 0
