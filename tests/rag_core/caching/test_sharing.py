"""Many who ask at once cost one draft, and nobody waits for the dead."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from rag_core.backends.redis.cache import RedisCache
from rag_core.domain import (
    Deadline,
)
from rag_core.errors import RejectedError, UnavailableError
from rag_core.ports import Cache
from tests.rag_core.backends.test_redis import address
from tests.rag_core.caching.desk import Desk
from tests.services.redis import Server


def test_a_hundred_threads_cost_one_draft(desk: Desk) -> None:
    desk.drafting = lambda: time.sleep(0.3)
    with ThreadPoolExecutor(100) as pool:
        served = list(pool.map(lambda _: desk.ask("How long do refunds take?"), range(100)))
    assert desk.drafts == 1
    assert {each.answer.text for each in served} == {"Answer 1. [1]"}
    assert len({each.answer.question_id for each in served}) == 100
    assert sum(bool(each.answer.usage) for each in served) == 1
    assert desk.cache._flights.aloft == 0


@pytest.mark.parametrize(
    ("error", "drafts"), [(UnavailableError("busy"), 2), (RejectedError("no"), 1), (ZeroDivisionError(), 2)]
)
def test_an_error_is_everyones_and_not_kept(desk: Desk, error: Exception, drafts: int) -> None:
    """What may succeed for another is tried once more, by one for all."""

    def fail() -> None:
        time.sleep(0.8)  # for twenty threads to begin, on a busy machine too
        raise error

    desk.drafting = fail
    with ThreadPoolExecutor(20) as pool:
        failed = [pool.submit(desk.ask, "Why?") for _ in range(20)]
    assert all(each.exception() for each in failed)
    assert desk.drafts == drafts
    desk.drafting = lambda: None
    time.sleep(2.3)
    assert desk.ask("Why?").how is None


def test_the_trouble_of_the_first_is_not_that_of_those_who_wait(desk: Desk) -> None:
    troubles = iter([UnavailableError("no time was left")])

    def fail_first() -> None:
        time.sleep(0.2)
        for trouble in troubles:
            raise trouble

    desk.drafting = fail_first
    with ThreadPoolExecutor(10) as pool:
        asked = [pool.submit(desk.ask, "Why?") for _ in range(10)]
    assert sum(each.exception() is not None for each in asked) == 1
    assert desk.drafts == 2


def test_who_has_no_time_left_does_not_wait(cache: Cache) -> None:
    desk = Desk(cache, reserve=2.0)
    waits = iter([5.0, 0.0, 0.0])
    desk.drafting = lambda: time.sleep(next(waits))
    with ThreadPoolExecutor(10) as pool:
        slow = pool.submit(desk.ask, "Why?")
        while not desk.drafts:
            time.sleep(0.01)
        started = time.monotonic()
        hurried = [pool.submit(desk.ask, "Why?", deadline=Deadline.within(2.4)) for _ in range(8)]
        assert {each.result().answer.text for each in hurried} == {"Answer 2. [1]"}
        assert time.monotonic() - started < 2.4
        assert slow.result().answer.text == "Answer 1. [1]"
    assert desk.drafts == 2


ASKER = """
import sys, time
from concurrent.futures import ThreadPoolExecutor
from rag_core.backends.redis.cache import RedisCache
from rag_core.backends.redis.connecting import RedisAddress
from tests.rag_core.caching.desk import Desk
port, drafting, askers = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
with RedisCache(RedisAddress("127.0.0.1", port, tls=False, patience=10.0, slowest=10.0)) as cache:
    cache.warm(10)
    desk = Desk(cache)
    def draft():
        print("drafting", flush=True)
        time.sleep(drafting)
    desk.drafting = draft
    print("ready", flush=True)
    sys.stdin.readline()
    with ThreadPoolExecutor(askers) as pool:
        served = list(pool.map(lambda _: desk.ask("How long do refunds take?"), range(askers)))
    print("drafts", desk.drafts, len({each.answer.text for each in served}), flush=True)
"""


def asker(server: Server, drafting: float, askers: int) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", ASKER, str(server.port), str(drafting), str(askers)]
    started = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert started.stdout
    assert started.stdout.readline() == "ready\n"
    return started


def test_a_hundred_in_four_processes_cost_one_draft(redis_server: Server) -> None:
    processes = [asker(redis_server, 1.5, 25) for _ in range(4)]
    for each in processes:
        assert each.stdin
        each.stdin.write("\n")
        each.stdin.flush()
    ends = [each.communicate(timeout=60)[0].splitlines()[-1].split() for each in processes]
    assert sum(int(drafts) for _, drafts, _ in ends) == 1
    assert {texts for *_, texts in ends} == {"1"}


def test_a_process_killed_as_it_drafts_holds_nobody_for_long(redis_server: Server) -> None:
    leader = asker(redis_server, 60, 1)
    assert leader.stdin
    assert leader.stdout
    leader.stdin.write("\n")
    leader.stdin.flush()
    assert leader.stdout.readline() == "drafting\n"
    time.sleep(1.2)  # its lease was renewed
    with RedisCache(address(redis_server)) as cache, ThreadPoolExecutor(1) as pool:
        desk = Desk(cache)
        waiting = pool.submit(desk.ask, "How long do refunds take?")
        time.sleep(0.5)
        assert desk.drafts == 0
        leader.kill()
        killed = time.monotonic()
        assert waiting.result().how is None
        assert time.monotonic() - killed < 1.5  # a lease of 0.8 s, a look of 0.2 s
    leader.communicate()


def test_without_redis_each_process_flies_alone(redis_server: Server) -> None:
    redis_server.kill()
    with RedisCache(replace(address(redis_server), patience=0.05)) as cache:
        desk = Desk(cache)
        desk.drafting = lambda: time.sleep(0.3)
        with ThreadPoolExecutor(50) as pool:
            served = list(pool.map(lambda _: desk.ask("Why?"), range(50)))
        assert desk.drafts == 1
        assert {each.answer.text for each in served} == {"Answer 1. [1]"}
        assert desk.ask("Why?").how is None
