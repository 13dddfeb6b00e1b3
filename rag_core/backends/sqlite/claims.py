"""Claims in one SQLite file, for every process of one machine.

A file of its own, and every claim on the disk before it is told: a claim lost with the power is a second answer.
"""

import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from secrets import token_hex
from typing import Self

from rag_core.errors import MisconfiguredError, UnavailableError

WAIT = 10.0  # seconds for another process's write
CLAIMS = "claims.sqlite"
SCHEMA = """
CREATE TABLE IF NOT EXISTS claim (key TEXT PRIMARY KEY, expires REAL NOT NULL, holder TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS claim_end ON claim (expires);
"""


class SqliteClaims:
    """Claims, a context manager; safe to share between threads and processes."""

    def __init__(self, home: Path, *, clock: Callable[[], float] = time.time, wait: float = WAIT) -> None:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path, self._clock, self._lock = home / CLAIMS, clock, threading.Lock()
        self._db = sqlite3.connect(self._path, timeout=wait, isolation_level=None, check_same_thread=False)
        self._closed = weakref.finalize(self, self._db.close)
        with self._use():
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.executescript(SCHEMA)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        with self._lock:
            self._closed()

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

    @contextmanager
    def _use(self) -> Iterator[None]:
        with self._lock:
            try:
                yield
            except sqlite3.OperationalError as error:
                raise UnavailableError(f"{self._path} cannot be used now ({error}): try again") from error
            except (sqlite3.IntegrityError, sqlite3.ProgrammingError):
                raise
            except sqlite3.DatabaseError as error:
                raise MisconfiguredError(f"{self._path} is damaged ({error}): move it away") from error
