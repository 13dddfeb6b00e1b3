"""A copy of one SQLite file as it is at one moment, whoever writes to it meanwhile."""

import sqlite3
from contextlib import closing
from pathlib import Path

from rag_core.errors import MisconfiguredError, UnavailableError


def copy(path: Path, to: Path) -> None:
    """Raises MisconfiguredError for one that is damaged; UnavailableError."""
    try:
        with (
            closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as db,
            closing(sqlite3.connect(to)) as made,
        ):
            db.backup(made)
            (found,) = made.execute("PRAGMA quick_check").fetchone()
            made.execute("PRAGMA journal_mode = DELETE")  # one file, with nothing beside it
    except sqlite3.OperationalError as error:
        raise UnavailableError(f"{path} cannot be copied now ({error}): try again") from error
    except sqlite3.DatabaseError as error:
        raise MisconfiguredError(f"{path} is damaged ({error})") from error
    if found != "ok":
        raise MisconfiguredError(f"{path} is damaged ({found})")
