"""What did not help is given to nobody else, wherever the cache was as somebody said so."""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from rag_core.backends.memory import MemoryCache
from rag_core.backends.redis.cache import RedisCache
from rag_core.backends.sqlite.records import SqliteRecords
from rag_core.caching.evicting import AT_ONCE, BETWEEN, Evictions
from rag_core.caching.keys import Keys
from rag_core.domain import Cached, QuestionId, Record
from rag_core.errors import UnavailableError
from tests.making import question
from tests.rag_core.backends.test_redis import address
from tests.rag_core.caching.desk import V1, Desk
from tests.services.redis import Server

ASKED = "How long do refunds take?"


class Line(MemoryCache):
    """A cache at the end of a line that may be cut."""

    cut = False

    def get(self, keys: Sequence[str]) -> list[bytes | None]:
        return [None] * len(keys) if self.cut else super().get(keys)

    def put(self, values: Mapping[str, bytes], *, ttl: timedelta) -> None:
        if not self.cut:
            super().put(values, ttl=ttl)

    def remove(self, keys: Sequence[str], *, holding: bytes | None = None) -> None:
        if not self.cut:
            super().remove(keys, holding=holding)


class Broken(SqliteRecords):
    def put(self, group: str, name: str, value: bytes, *, ttl: timedelta | None = None) -> None:
        raise UnavailableError("the table is away")

    def list(self, group: str, *, limit: int = 1000) -> list[tuple[str, Record]]:
        raise UnavailableError("the table is away")


@pytest.fixture
def line() -> Line:
    return Line()


@pytest.fixture
def records(tmp_path: Path) -> Iterator[SqliteRecords]:
    with SqliteRecords(tmp_path) as made:
        yield made


def evictions(line: Line, records: SqliteRecords, now: list[float]) -> Evictions:
    return Evictions(line, Keys("acme", ("m",)), records, ttl=timedelta(hours=1), clock=lambda: now[0])


def test_what_was_rated_while_the_cache_was_away_is_forgotten_once_it_is_back(
    line: Line, records: SqliteRecords
) -> None:
    desk = Desk(line, records=records)
    desk.ask(question(ASKED, name="rated"))
    line.cut = True
    Desk(line, records=records).cache.evict(QuestionId("rated"))  # by a process that may end now
    line.cut = False
    other = Desk(line, records=records)
    assert other.ask(ASKED).how is None
    assert other.ask(ASKED).how is Cached.EXACT
    assert records.list(other.cache._keys.evictions) == []


def test_a_cache_that_fails_after_the_first_step_is_no_success(records: SqliteRecords) -> None:
    class Halting(Line):
        steps = 2

        def put(self, values: Mapping[str, bytes], *, ttl: timedelta) -> None:
            self.steps -= 1
            if self.steps > 0:
                super().put(values, ttl=ttl)

    halting = Halting()
    halting.steps = 1000
    desk = Desk(halting, records=records)
    desk.ask(question(ASKED, name="rated"))
    halting.steps = 2
    desk.cache.evict(QuestionId("rated"))
    halting.steps = 1000
    assert Desk(halting, records=records).ask(ASKED).how is None


def test_a_redis_that_is_slow_at_that_moment(redis_server: Server, records: SqliteRecords) -> None:
    with (
        RedisCache(address(redis_server)) as cache,
        RedisCache(replace(address(redis_server), patience=0.05)) as hurried,
    ):
        desk = Desk(cache, records=records)
        desk.ask(question(ASKED, name="rated"))
        hurried.warm(10)
        redis_server.pause()
        started = time.monotonic()
        Desk(hurried, records=records).cache.evict(QuestionId("rated"))
        assert time.monotonic() - started < 5
        redis_server.resume()
        assert Desk(cache, records=records).ask(ASKED).how is None


def test_a_rating_never_fails_because_it_cannot_be_put_on_record(line: Line, tmp_path: Path) -> None:
    with Broken(tmp_path) as broken:
        desk = Desk(line, records=broken)
        desk.ask(question(ASKED, name="rated"))
        line.cut = True
        desk.cache.evict(QuestionId("rated"))
        line.cut = False
        assert desk.ask(ASKED).how is Cached.EXACT


def test_nobody_waits_for_a_record_that_is_slow(line: Line, tmp_path: Path) -> None:
    go = threading.Event()

    class Slow(SqliteRecords):
        looks = 0

        def list(self, group: str, *, limit: int = 1000) -> list[tuple[str, Record]]:
            self.looks += 1
            go.wait(20)
            return super().list(group, limit=limit)

    with Slow(tmp_path) as slow:
        desk = Desk(line, records=slow)
        started = time.monotonic()
        for _ in range(20):
            desk.ask(ASKED)
        assert time.monotonic() - started < 2
        assert slow.looks == 1
        go.set()
        for thread in threading.enumerate():
            if thread.name == "evictions":
                thread.join(10)


def test_the_record_is_read_every_few_seconds_and_at_once_while_something_waits(
    line: Line, records: SqliteRecords
) -> None:
    now = [0.0]
    waiting = evictions(line, records, now)
    desk = Desk(line)
    desk.ask(question(ASKED, name="rated"))
    place = desk.cache._keys.place(question(ASKED), V1)

    def there() -> bool:
        return line.get([place.answer])[0] not in (None, b"")

    waiting.catch_up()
    line.cut = True
    evictions(line, records, now).evict(QuestionId("rated"))
    now[0] += BETWEEN
    waiting.catch_up()  # it is away still
    line.cut = False
    assert there()
    waiting.catch_up()
    assert not there()
    desk.ask(question(ASKED, name="again"))
    waiting.catch_up()
    line.cut = True
    evictions(line, records, now).evict(QuestionId("again"))
    line.cut = False
    waiting.catch_up()
    assert there()
    now[0] += BETWEEN
    waiting.catch_up()
    assert not there()


def test_many_that_wait_are_caught_up_with_by_several_questions(line: Line, records: SqliteRecords) -> None:
    waiting = evictions(line, records, [0.0])
    line.cut = True
    for number in range(AT_ONCE + 5):
        waiting.evict(QuestionId(f"q{number}"))
    line.cut = False
    waiting.catch_up()
    assert len(records.list(Keys("acme", ()).evictions)) == 5
    waiting.catch_up()
    assert records.list(Keys("acme", ()).evictions) == []
