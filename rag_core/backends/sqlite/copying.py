"""A copy of one SQLite file as it is at one moment, whoever writes to it meanwhile; and whether one is whole."""

import sqlite3
from contextlib import closing
from pathlib import Path

from rag_core.errors import MisconfiguredError, UnavailableError


def copy(path: Path, to: Path) -> None:
    """Raises MisconfiguredError for one that is damaged; UnavailableError."""
    try:
        with closing(_opened(path)) as db, closing(sqlite3.connect(to)) as made:
            db.backup(made)
            made.execute("PRAGMA journal_mode = DELETE")  # one file, with nothing beside it
    except sqlite3.OperationalError as error:
        raise UnavailableError(f"{path} cannot be copied now ({error}): try again") from error
    except sqlite3.DatabaseError as error:
        raise MisconfiguredError(f"{path} is damaged ({error})") from error
    try:
        check(to)
    except MisconfiguredError as error:
        raise MisconfiguredError(f"{path} is damaged") from error


def check(path: Path) -> None:
    """Every page of it, and every index. Raises MisconfiguredError."""
    try:
        with closing(_opened(path)) as db:
            (found,) = db.execute("PRAGMA integrity_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        raise MisconfiguredError(f"{path.name} is damaged ({error})") from error
    if found != "ok":
        raise MisconfiguredError(f"{path.name} is damaged ({found})")


def _opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
