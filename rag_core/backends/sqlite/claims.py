"""Claims in one SQLite file, for every process of one machine.

A file of its own, and every claim on the disk before it is told: a claim lost with the power is a second answer.
"""

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from secrets import token_hex

from rag_core.backends.sqlite.opening import WAIT, SqliteFile

CLAIMS = "claims.sqlite"
SCHEMA = """
CREATE TABLE IF NOT EXISTS claim (key TEXT PRIMARY KEY, expires REAL NOT NULL, holder TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS claim_end ON claim (expires);
"""


class SqliteClaims(SqliteFile):
    """Claims, a context manager; safe to share between threads and processes."""

    def __init__(self, home: Path, *, clock: Callable[[], float] = time.time, wait: float = WAIT) -> None:
        super().__init__(home / CLAIMS, synchronous="FULL", wait=wait)
        self._clock = clock
        with self._use():
            self._db.executescript(SCHEMA)

    def claim(self, key: str, *, ttl: timedelta, owner: str = "") -> bool:
        now, me = self._clock(), owner or token_hex(16)
        with self._use(), self._db:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute("DELETE FROM claim WHERE expires <= ?", [now])
            won = self._db.execute(
                "INSERT INTO claim (key, expires, holder) VALUES (?, ?, ?) "
                "ON CONFLICT (key) DO UPDATE SET expires = excluded.expires WHERE holder = excluded.holder",
                [key, now + ttl.total_seconds(), me],
            )
        return won.rowcount == 1

    def release(self, key: str, *, owner: str = "") -> None:
        with self._use():
            self._db.execute("DELETE FROM claim WHERE key = ? AND ? IN ('', holder)", [key, owner])
