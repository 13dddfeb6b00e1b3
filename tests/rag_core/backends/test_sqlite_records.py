import sqlite3
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from multiprocessing import get_context
from pathlib import Path

import pytest

from rag_core.backends.sqlite.records import RECORDS, SqliteRecords
from rag_core.errors import UnavailableError
from rag_core.ports import Records
from tests.contracts.claims import Hands
from tests.contracts.records import HOUR, RecordsContract, add_one


def count_up(home: Path, times: int) -> None:
    with SqliteRecords(home) as records:
        for _ in range(times):
            add_one(records)


class TestSqliteRecords(RecordsContract):
    @pytest.fixture
    def records(self, tmp_path: Path, clock: Hands) -> Iterator[Records]:
        with SqliteRecords(tmp_path, clock=clock) as records:
            yield records

    @pytest.fixture
    def unavailable(self, tmp_path: Path) -> Iterator[Records]:
        with SqliteRecords(tmp_path, wait=0.05) as records, closing(sqlite3.connect(tmp_path / RECORDS)) as other:
            other.execute("BEGIN EXCLUSIVE")
            yield records

    def test_no_change_is_lost_between_processes(self, tmp_path: Path) -> None:
        with ProcessPoolExecutor(3, get_context("spawn")) as pool:
            list(pool.map(count_up, [tmp_path] * 3, [20] * 3))
        with SqliteRecords(tmp_path) as records:
            found = records.get("group", "count")
        assert found is not None
        assert found.value == b"60"

    def test_what_has_ended_takes_no_room(self, tmp_path: Path, clock: Hands) -> None:
        with SqliteRecords(tmp_path, clock=clock) as records:
            for number in range(50):
                records.put("group", f"n{number}", b"", ttl=HOUR)
            clock.move(2 * HOUR)
            records.put("group", "later", b"")
        with closing(sqlite3.connect(tmp_path / RECORDS)) as db:
            assert db.execute("SELECT name FROM record").fetchall() == [("later",)]

    def test_nothing_that_ends_outlives_the_longest(self, tmp_path: Path, clock: Hands) -> None:
        with SqliteRecords(tmp_path, longest=HOUR, clock=clock) as records:
            records.put("group", "turn", b"", ttl=30 * HOUR)
            assert records.change("group", "note", b"", seen=None, ttl=30 * HOUR)
            records.put("group", "stays", b"")
            clock.move(HOUR)
            assert [name for name, _ in records.list("group")] == ["stays"]

    def test_what_was_told_is_on_the_disk(self, tmp_path: Path) -> None:
        with SqliteRecords(tmp_path) as records:
            assert records._db.execute("PRAGMA synchronous").fetchone() == (2,)

    def test_reading_waits_for_no_writer(self, tmp_path: Path) -> None:
        with SqliteRecords(tmp_path, wait=0.05) as records, closing(sqlite3.connect(tmp_path / RECORDS)) as other:
            records.put("group", "name", b"1")
            other.execute("BEGIN IMMEDIATE")
            assert records.get("group", "name") is not None
            with pytest.raises(UnavailableError):
                records.put("group", "name", b"2")
