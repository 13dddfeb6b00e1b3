"""The cache on real Redis, single and in a cluster with TLS: the contract, and what happens when it is away."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from redis import Redis

from rag_core.backends.redis.cache import PACKED, RedisCache, unpacked
from rag_core.backends.redis.connecting import RedisAddress
from rag_core.backends.redis.credentials import GOOD_FOR, RENEWED, IamCredentials
from tests.contracts.cache import HOUR, CacheContract
from tests.contracts.claims import Hands
from tests.services.redis import Cluster, Server

PATIENT = 10.0  # seconds, where a test is not about time and the machine is busy
LATEST = 0.06


def address(of: Server | Cluster, *, patience: float = PATIENT, **more: Any) -> RedisAddress:
    url = urlsplit(of.url)
    return RedisAddress(
        url.hostname or "",
        url.port or 0,
        isinstance(of, Cluster),
        url.scheme == "rediss",
        of.authority,
        patience=patience,
        slowest=PATIENT,
        **more,
    )


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def back(cache: RedisCache) -> None:
    """Wait until every node answers again."""
    limit = time.monotonic() + 15
    values = {f"back {number}": b"1" for number in range(20)}
    while True:
        cache.put(values, ttl=HOUR)
        if cache.get(list(values)) == list(values.values()):
            return
        assert time.monotonic() < limit
        time.sleep(0.02)


class TestRedisCache(CacheContract):
    @pytest.fixture
    def cache(self, redis_server: Server) -> Iterator[RedisCache]:
        with RedisCache(address(redis_server)) as cache:
            yield cache


class TestRedisClusterCache(CacheContract):
    @pytest.fixture
    def cache(self, redis_cluster: Cluster) -> Iterator[RedisCache]:
        with RedisCache(address(redis_cluster)) as cache:
            yield cache


@pytest.fixture(params=["redis_server", "redis_cluster"])
def service(request: pytest.FixtureRequest) -> Server | Cluster:
    found: Server | Cluster = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def hasty(service: Server | Cluster) -> Iterator[RedisCache]:
    """As it runs: nobody waits longer than 50 ms."""
    with RedisCache(address(service, patience=0.05)) as cache:
        assert cache.warm(10)
        back(cache)
        cache.put({"a": b"1"}, ttl=HOUR)
        yield cache


def nodes(service: Server | Cluster) -> list[Server]:
    return [service] if isinstance(service, Server) else list(service.nodes)


def test_a_slow_redis_is_a_miss_within_60_ms_and_then_at_once(service: Server | Cluster, hasty: RedisCache) -> None:
    for node in nodes(service):
        node.pause()
    assert hasty.get(["a"]) == [None]
    hasty_again = [seconds(lambda: hasty.get(["a", "b"])) for _ in range(20)]
    assert hasty.away
    assert sum(hasty_again) < LATEST
    for node in nodes(service):
        node.resume()
    back(hasty)
    assert hasty.get(["a"]) == [b"1"]


def test_the_first_miss_costs_no_more_than_60_ms(redis_server: Server) -> None:
    spent = []
    for _ in range(5):  # the machine may be busier than that
        with RedisCache(address(redis_server, patience=0.05)) as cache:
            assert cache.warm(10)
            redis_server.pause()
            spent.append(seconds(lambda: cache.get(["a"])))
            redis_server.resume()
    assert min(spent) < LATEST


def test_a_killed_redis_is_a_miss_at_once_and_works_when_it_is_back(
    service: Server | Cluster, hasty: RedisCache
) -> None:
    for node in nodes(service):
        node.kill()
    assert seconds(lambda: hasty.get(["a"])) < LATEST
    assert hasty.add("lease", b"1", ttl=HOUR)
    assert hasty.read("series") == []
    assert seconds(lambda: [hasty.get(["a"]) for _ in range(100)]) < LATEST
    hasty.put({"a": b"1"}, ttl=HOUR)
    hasty.append("series", b"1", longest=5, ttl=HOUR)
    hasty.remove(["a"], holding=b"1")
    service.heal()
    back(hasty)
    hasty.put({"a": b"2"}, ttl=HOUR)
    assert hasty.get(["a"]) == [b"2"]


def test_a_node_that_is_gone_comes_back(redis_cluster: Cluster) -> None:
    with RedisCache(address(redis_cluster, patience=0.05)) as cache:
        assert cache.warm(10)
        redis_cluster.nodes[1].kill()
        for number in range(20):
            cache.put({str(number): b"1"}, ttl=HOUR)
        assert seconds(lambda: cache.get(["a", "b", "c"])) < LATEST
        redis_cluster.heal()
        back(cache)


def test_nothing_there_from_the_beginning() -> None:
    with RedisCache(RedisAddress("127.0.0.1", 1, tls=False)) as cache:
        assert cache.get(["a"]) == [None]
        assert cache.add("a", b"1", ttl=HOUR)
        assert not cache.warm(1)


@pytest.mark.parametrize("value", [b"garbage", PACKED + b"garbage", PACKED, b"\x02abc", b"\xff" * 5000])
def test_what_is_not_ours_is_a_miss(redis_server: Server, value: bytes) -> None:
    with RedisCache(address(redis_server)) as cache, Redis(unix_socket_path=str(redis_server.socket)) as redis:
        redis.set("a", value)
        redis.xadd("series", {b"v": value})
        redis.xadd("series", {b"other": b"1"})
        assert cache.get(["a"]) == [None]
        assert cache.read("series") == []


def test_a_bomb_is_a_miss() -> None:
    import zlib

    assert unpacked(PACKED + zlib.compress(bytes(50_000_000))) is None


def test_long_values_are_packed_where_it_pays(redis_server: Server) -> None:
    with RedisCache(address(redis_server)) as cache, Redis(unix_socket_path=str(redis_server.socket)) as redis:
        cache.put({"a": b"words " * 3000}, ttl=HOUR)
        assert int(redis.strlen("a")) < 1000


def test_a_certificate_that_is_not_trusted_is_not_used(redis_cluster: Cluster) -> None:
    url = urlsplit(redis_cluster.url)
    with RedisCache(RedisAddress(url.hostname or "", url.port or 0, cluster=True, patience=PATIENT)) as cache:
        cache.put({"a": b"1"}, ttl=HOUR)
        assert cache.get(["a"]) == [None]
        assert cache.away


class Session:
    """botocore's session with credentials of its own."""

    def __init__(self) -> None:
        from botocore.session import get_session

        self._session = get_session()
        self._session.set_credentials("AKIDEXAMPLE", "secret", "session-token")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)


def iam(clock: Hands, *, serverless: bool = False) -> IamCredentials:
    return IamCredentials("bot", "Support-Cache", "eu-west-1", serverless=serverless, session=Session(), clock=clock)


def test_the_token_is_a_presigned_request_for_the_caches_name() -> None:
    user, token = iam(Hands()).get_credentials()
    host, _, query = token.partition("/?")
    stated = {name: values[0] for name, values in parse_qs(query).items()}
    assert (user, host) == ("bot", "support-cache")
    assert stated["Action"] == "connect"
    assert stated["User"] == "bot"
    assert stated["X-Amz-Expires"] == str(GOOD_FOR)
    assert stated["X-Amz-Security-Token"] == "session-token"
    assert stated["X-Amz-Credential"].endswith("/eu-west-1/elasticache/aws4_request")
    assert stated["X-Amz-SignedHeaders"] == "host"
    assert "X-Amz-Signature" in stated
    assert "ResourceType" not in stated
    assert "ResourceType=ServerlessCache" in iam(Hands(), serverless=True).get_credentials()[1]


def test_a_token_is_renewed_before_it_ends() -> None:
    assert RENEWED < GOOD_FOR
    clock = Hands()
    credentials = iam(clock)
    first = credentials.get_credentials()
    clock.now += RENEWED - 1
    assert credentials.get_credentials() is not first
    assert credentials.get_credentials() == first
    time.sleep(1.1)  # a signature's date is in seconds
    clock.now += 1
    assert credentials.get_credentials() != first


def test_redis_takes_the_token_as_the_password(tmp_path: Path) -> None:
    clock = Hands()
    credentials = iam(clock)
    token = credentials.get_credentials()[1]
    rules = tmp_path / "users.acl"
    rules.write_text(f"user default off\nuser bot on >{token} ~* +@all\n")
    with server_with(tmp_path / "redis", rules) as port:
        with RedisCache(RedisAddress("127.0.0.1", port, tls=False, credentials=credentials, patience=PATIENT)) as cache:
            cache.put({"a": b"1"}, ttl=HOUR)
            assert cache.get(["a"]) == [b"1"]
        with RedisCache(RedisAddress("127.0.0.1", port, tls=False, patience=PATIENT)) as stranger:
            assert stranger.get(["a"]) == [None]


def server_with(home: Path, rules: Path) -> Any:
    """A server that knows the users of an ACL file only; it answers pings of the fixture with an error, so by hand."""
    from contextlib import contextmanager

    from tests.services.lacking import program
    from tests.services.ports import free_port
    from tests.services.processes import Process, environment, listens

    @contextmanager
    def started() -> Iterator[int]:
        home.mkdir()
        port = free_port()
        options = ["--port", port, "--bind", "127.0.0.1", "--save", "", "--aclfile", rules]
        process = Process([program("redis-server", "redis-server"), *map(str, options)], home / "log", environment())
        process.until(lambda: listens(port), 20)
        try:
            yield port
        finally:
            process.stop()

    return started()
