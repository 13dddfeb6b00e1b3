"""Counts in one SQLite file, for every process of one machine."""

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from rag_core.backends.sqlite.opening import WAIT, SqliteFile

COUNTS = "counts.sqlite"
KEPT = timedelta(days=14)
SCHEMA = """
CREATE TABLE IF NOT EXISTS unit (
    name TEXT NOT NULL, number INTEGER NOT NULL, note BLOB NOT NULL, expires REAL NOT NULL, PRIMARY KEY (name, number)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS unit_end ON unit (expires);
"""


class SqliteCountdown(SqliteFile):
    """Countdown, a context manager; safe to share between threads and processes."""

    def __init__(self, home: Path, *, clock: Callable[[], float] = time.time, wait: float = WAIT) -> None:
        super().__init__(home / COUNTS, synchronous="FULL", wait=wait)
        self._clock = clock
        with self._use():
            self._db.executescript(SCHEMA)

    def done(self, name: str, unit: int, *, of: int, note: bytes = b"") -> bool:
        now = self._clock()
        with self._use(), self._db:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute("DELETE FROM unit WHERE expires <= ?", [now])
            self._db.execute(
                "INSERT OR IGNORE INTO unit (name, number, note, expires) VALUES (?, ?, ?, ?)",
                [name, unit, note, now + KEPT.total_seconds()],
            )
            return self._counted(name) >= of

    def note(self, name: str, unit: int) -> bytes | None:
        with self._use():
            row = self._db.execute("SELECT note FROM unit WHERE name = ? AND number = ?", [name, unit]).fetchone()
        return row[0] if row else None

    def notes(self, name: str) -> dict[int, bytes]:
        with self._use():
            return dict(self._db.execute("SELECT number, note FROM unit WHERE name = ? ORDER BY number", [name]))

    def count(self, name: str) -> int:
        with self._use():
            return self._counted(name)

    def _counted(self, name: str) -> int:
        (found,) = self._db.execute("SELECT count(*) FROM unit WHERE name = ?", [name]).fetchone()
        return int(found)
