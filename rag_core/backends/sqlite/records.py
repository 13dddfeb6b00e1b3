"""Records in one SQLite file, for every process of one machine.

Every record on the disk before it is told: what was posted and forgotten with the power would be posted again.
"""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from secrets import token_hex

from rag_core.backends.sqlite.opening import WAIT, SqliteFile
from rag_core.domain import LARGEST_RECORD, Record
from rag_core.errors import RejectedError

RECORDS = "records.sqlite"
SCHEMA = """
CREATE TABLE IF NOT EXISTS record (
    space TEXT NOT NULL, name TEXT NOT NULL, value BLOB NOT NULL, revision TEXT NOT NULL, expires REAL,
    PRIMARY KEY (space, name)
);
CREATE INDEX IF NOT EXISTS record_end ON record (expires) WHERE expires IS NOT NULL;
"""
LIVES = "(expires IS NULL OR expires > ?)"
PUT = "INSERT OR REPLACE INTO record (space, name, value, revision, expires) VALUES (?, ?, ?, ?, ?)"


class SqliteRecords(SqliteFile):
    """Records, a context manager; safe to share between threads and processes."""

    def __init__(
        self,
        home: Path,
        *,
        longest: timedelta = timedelta.max,
        clock: Callable[[], float] = time.time,
        wait: float = WAIT,
    ) -> None:
        """`longest`: what ends at all ends by then."""
        super().__init__(home / RECORDS, synchronous="FULL", wait=wait)
        self._longest, self._clock = longest, clock
        with self._use():
            self._db.executescript(SCHEMA)

    def get(self, group: str, name: str) -> Record | None:
        with self._use():
            return self._get(group, name)

    def put(self, group: str, name: str, value: bytes, *, ttl: timedelta | None = None) -> None:
        row = self._row(group, name, value, ttl)
        with self._use(), self._db:
            self._begin()
            self._db.execute(PUT, row)

    def change(self, group: str, name: str, value: bytes, *, seen: Record | None, ttl: timedelta | None = None) -> bool:
        row = self._row(group, name, value, ttl)
        with self._use(), self._db:
            self._begin()
            found = self._get(group, name)
            if (found and found.revision) != (seen and seen.revision):
                return False
            self._db.execute(PUT, row)
            return True

    def remove(self, group: str, name: str) -> None:
        with self._use():
            self._db.execute("DELETE FROM record WHERE space = ? AND name = ?", [group, name])

    def list(self, group: str, *, limit: int = 1000) -> list[tuple[str, Record]]:
        with self._use():
            rows = self._db.execute(
                f"SELECT name, value, revision FROM record WHERE space = ? AND {LIVES} ORDER BY name LIMIT ?",
                [group, self._clock(), max(limit, 0)],
            ).fetchall()
        return [(name, Record(value, revision)) for name, value, revision in rows]

    def every(self, beginning: str) -> Iterator[tuple[str, str, Record]]:
        with self._use():
            rows = self._db.execute(
                f"SELECT space, name, value, revision FROM record WHERE substr(space, 1, ?) = ? AND {LIVES}",
                [len(beginning), beginning, self._clock()],
            ).fetchall()
        return ((group, name, Record(value, revision)) for group, name, value, revision in rows)

    def _begin(self) -> None:
        self._db.execute("BEGIN IMMEDIATE")
        self._db.execute("DELETE FROM record WHERE expires <= ?", [self._clock()])

    def _get(self, group: str, name: str) -> Record | None:
        row = self._db.execute(
            f"SELECT value, revision FROM record WHERE space = ? AND name = ? AND {LIVES}", [group, name, self._clock()]
        ).fetchone()
        return Record(*row) if row else None

    def _row(self, group: str, name: str, value: bytes, ttl: timedelta | None) -> tuple[object, ...]:
        if len(value) > LARGEST_RECORD:
            raise RejectedError(f"a record of {len(value)} bytes is too large: at most {LARGEST_RECORD}")
        ends = None if ttl is None else self._clock() + min(ttl, self._longest).total_seconds()
        return group, name, value, token_hex(8), ends
