"""Open one SQLite file, for every thread and process of one machine, and its errors as ours."""

import sqlite3
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, Self

from rag_core.errors import MisconfiguredError, UnavailableError

WAIT = 10.0  # seconds for another process's write


class SqliteFile:
    """One connection and its lock, a context manager; safe to share between threads and processes.

    `synchronous`: FULL has every write on the disk before it is told; NORMAL may lose the last ones with the power.
    """

    def __init__(self, path: Path, *, synchronous: Literal["NORMAL", "FULL"], wait: float = WAIT) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path, self._lock = path, threading.Lock()
        if path.is_dir():
            raise MisconfiguredError(f"{path} is a folder: move it away")
        with self._use():
            self._db = sqlite3.connect(path, timeout=wait, isolation_level=None, check_same_thread=False)
            self._closed = weakref.finalize(self, self._db.close)  # who holds a file may have no end of its own
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute(f"PRAGMA synchronous = {synchronous}")
            self._db.execute("PRAGMA secure_delete = ON")  # what is removed is not left in free pages

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        with self._lock:
            self._closed()

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
