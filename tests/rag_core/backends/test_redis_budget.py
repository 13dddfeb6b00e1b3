"""The budget on real Redis, single and in a cluster with TLS: the contract, several processes, and when it is away."""

import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from redis import Redis

from rag_core.backends.memory import MemoryBudget
from rag_core.backends.redis.budget import RedisBudget
from rag_core.backends.redis.connecting import RedisAddress
from rag_core.ports import Budget
from tests.contracts.budget import BudgetContract, Pass
from tests.rag_core.backends.test_redis import address, nodes
from tests.services.redis import Cluster, Server

HASTY = 0.05
TAKING = """
import sys
from pathlib import Path
from rag_core.backends.memory import MemoryBudget
from rag_core.backends.redis.budget import RedisBudget
from rag_core.backends.redis.connecting import RedisAddress
_, port, cluster, authority = sys.argv
address = RedisAddress("127.0.0.1", int(port), bool(int(cluster)), bool(authority), Path(authority or "."), patience=20)
with RedisBudget(address, MemoryBudget()) as budget:
    print(sum(budget.take("{one}:requests", rate=0.001, burst=50) == 0 for _ in range(40)))
"""


class RedisContract(BudgetContract):
    @pytest.fixture
    def pass_time(self) -> Pass:
        return time.sleep


class TestRedisBudget(RedisContract):
    @pytest.fixture
    def budget(self, redis_server: Server) -> Iterator[Budget]:
        with RedisBudget(address(redis_server), MemoryBudget()) as budget:
            yield budget


class TestRedisClusterBudget(RedisContract):
    @pytest.fixture
    def budget(self, redis_cluster: Cluster) -> Iterator[Budget]:
        with RedisBudget(address(redis_cluster), MemoryBudget()) as budget:
            yield budget


@pytest.fixture(params=["redis_server", "redis_cluster"])
def service(request: pytest.FixtureRequest) -> Server | Cluster:
    found: Server | Cluster = request.getfixturevalue(request.param)
    return found


def taken(budget: Budget, tries: int, name: str = "a", burst: int = 10) -> int:
    return sum(budget.take(name, rate=0.001, burst=burst) == 0 for _ in range(tries))


def test_processes_share_a_bucket(service: Server | Cluster) -> None:
    where = [str(nodes(service)[0].port), str(int(isinstance(service, Cluster))), str(service.authority or "")]
    running = [
        subprocess.Popen([sys.executable, "-c", TAKING, *where], stdout=subprocess.PIPE, text=True) for _ in range(4)
    ]
    given = [int(process.communicate(timeout=60)[0]) for process in running]
    assert sum(given) == 50
    assert all(process.returncode == 0 for process in running)


def test_while_it_is_away_each_process_keeps_to_as_much(service: Server | Cluster) -> None:
    with (
        RedisBudget(address(service, patience=HASTY), MemoryBudget()) as one,
        RedisBudget(address(service, patience=HASTY), MemoryBudget()) as other,
    ):
        assert one.warm(10)
        assert other.warm(10)
        for node in nodes(service):
            node.kill()
        assert (taken(one, 30), taken(other, 30)) == (10, 10)


def test_an_outage_begins_with_what_the_process_has_left(redis_server: Server) -> None:
    with RedisBudget(address(redis_server), MemoryBudget()) as budget:
        assert taken(budget, 7) == 7
        redis_server.kill()
        assert taken(budget, 30) == 3


def test_a_slow_redis_keeps_nobody_waiting(service: Server | Cluster) -> None:
    with RedisBudget(address(service, patience=HASTY), MemoryBudget()) as budget:
        assert budget.warm(10)
        for node in nodes(service):
            node.pause()
        begun = time.perf_counter()
        assert taken(budget, 200, burst=100) == 100
        assert time.perf_counter() - begun < 1
        for node in nodes(service):
            node.resume()


def test_nothing_there_from_the_beginning() -> None:
    with RedisBudget(RedisAddress("127.0.0.1", 1, tls=False), MemoryBudget()) as budget:
        assert taken(budget, 30) == 10


def test_a_node_that_forgot_the_script_is_given_it_again(redis_server: Server) -> None:
    with (
        RedisBudget(address(redis_server), MemoryBudget()) as budget,
        Redis(unix_socket_path=str(redis_server.socket)) as redis,
    ):
        assert taken(budget, 2) == 2
        redis.script_flush()
        assert taken(budget, 30) == 8
        assert redis.get("budget:a") is not None


@pytest.mark.parametrize("value", ["garbage", "", "-1", "1e300", "nan"])
def test_what_is_not_ours_locks_nobody_out(redis_server: Server, value: str) -> None:
    with (
        RedisBudget(address(redis_server), MemoryBudget()) as budget,
        Redis(unix_socket_path=str(redis_server.socket)) as redis,
    ):
        redis.set("budget:a", value)
        assert budget.take("a", rate=50, burst=10) <= 0.02  # a whole bucket away at the most
        time.sleep(0.03)
        assert budget.take("a", rate=50, burst=10) == 0


def test_where_redis_says_no_the_process_decides(redis_server: Server) -> None:
    with (
        RedisBudget(address(redis_server), MemoryBudget()) as budget,
        Redis(unix_socket_path=str(redis_server.socket)) as redis,
    ):
        redis.lpush("budget:a", "another's")
        assert taken(budget, 30) == 10
        assert taken(budget, 30, "b") == 10  # and asks on


def test_a_bucket_ends_once_it_is_full(redis_server: Server) -> None:
    with (
        RedisBudget(address(redis_server), MemoryBudget()) as budget,
        Redis(unix_socket_path=str(redis_server.socket)) as redis,
    ):
        budget.take("a", rate=0.1, burst=5)
        assert 9_000 < redis.pttl("budget:a") <= 10_000
