"""Every kind of cache, and a desk at each."""

from collections.abc import Iterator

import pytest

from rag_core.backends.memory import MemoryCache
from rag_core.backends.redis.cache import RedisCache
from rag_core.ports import Cache
from tests.rag_core.backends.test_redis import address
from tests.rag_core.caching.desk import Desk


@pytest.fixture(params=["memory", "redis_server", "redis_cluster"])
def cache(request: pytest.FixtureRequest) -> Iterator[Cache]:
    if request.param == "memory":
        yield MemoryCache()
        return
    with RedisCache(address(request.getfixturevalue(request.param))) as made:
        yield made


@pytest.fixture
def desk(cache: Cache) -> Desk:
    return Desk(cache)
