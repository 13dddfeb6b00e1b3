from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from redis import Redis, RedisCluster
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as Gone
from redis.exceptions import TimeoutError as Slow
from redis.retry import Retry

from tests.services.redis import Cluster, Server

AT_ONCE = Retry(NoBackoff(), 0)


def client(server: Server) -> Redis:
    return Redis.from_url(server.url, socket_timeout=0.3, retry=AT_ONCE)


@contextmanager
def clustered(cluster: Cluster) -> Iterator[RedisCluster]:
    """redis-py 8.1 leaves a connection open after `close` where `mset_nonatomic` was used."""
    with RedisCluster.from_url(cluster.url, ssl_ca_certs=str(cluster.authority), socket_timeout=1) as client:
        yield client
        client.disconnect_connection_pools()


def test_a_value_comes_back(redis_server: Server) -> None:
    with client(redis_server) as redis:
        redis.set("key", b"value")
        assert redis.get("key") == b"value"


def test_the_next_test_finds_it_empty(redis_server: Server) -> None:
    with client(redis_server) as redis:
        assert redis.dbsize() == 0


def test_a_paused_server_is_slow_and_a_killed_one_gone(redis_server: Server) -> None:
    with client(redis_server) as redis:
        redis_server.pause()
        with pytest.raises(Slow):
            redis.ping()
        redis_server.resume()
        assert redis.ping()
        redis_server.kill()
        with pytest.raises(Gone):
            redis.ping()
        redis_server.restart()
        assert redis.ping()


@pytest.mark.parametrize("harm", [Server.pause, Server.kill, Server.resume])
def test_what_one_test_broke_is_whole_in_the_next(redis_server: Server, harm: Callable[[Server], None]) -> None:
    with client(redis_server) as redis:
        assert redis.ping()
    harm(redis_server)


def test_a_cluster_spreads_keys_over_tls(redis_cluster: Cluster) -> None:
    with clustered(redis_cluster) as redis:
        redis.mset_nonatomic({f"key {number}": number for number in range(100)})
    counts = []
    for node in redis_cluster.nodes:
        with Redis(unix_socket_path=str(node.socket)) as one:
            counts.append(one.dbsize())
    assert sum(counts) == 100
    assert min(counts) > 10
    assert redis_cluster.url.startswith("rediss://")


def test_a_cluster_that_lost_a_node_is_healed(redis_cluster: Cluster) -> None:
    lost = redis_cluster.nodes[1]
    lost.kill()
    assert not lost.answers()
    redis_cluster.heal()
    with clustered(redis_cluster) as redis:
        assert redis.mset_nonatomic({f"key {number}": number for number in range(100)})
