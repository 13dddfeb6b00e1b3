"""Backup and restore of a home: one archive of all that cannot be made anew.

The search index is not in it: it is derived from the book of documents, and is made of that again. What lies in AWS is
backed up by AWS: docs/keeping.md.
"""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.app import App
from bot.archiving import KEPT, pack, unpack
from bot.embedding import Embedders
from bot.remembering import Remembered
from bot.settings import Settings
from rag_core.backends.embedded.book import BOOK
from rag_core.backends.embedded.index import EmbeddedIndex
from rag_core.backends.embedded.writer import EmbeddedWriter
from rag_core.backends.sqlite.claims import CLAIMS, SqliteClaims
from rag_core.backends.sqlite.copying import check, copy
from rag_core.backends.sqlite.feedback import FEEDBACK, SqliteFeedbackLog
from rag_core.backends.sqlite.records import RECORDS, SqliteRecords
from rag_core.domain import SourceName
from rag_core.errors import MisconfiguredError, SupportBotError

STORES = {FEEDBACK: SqliteFeedbackLog, RECORDS: SqliteRecords, CLAIMS: SqliteClaims}
NOTHING = SourceName("restored")  # a source without documents: its run only makes the index anew


def backup(settings: Settings, archive: Path) -> list[str]:
    """The names of what is in it. Raises MisconfiguredError, UnavailableError."""
    home = settings.folder
    if settings.table:
        raise MisconfiguredError(f"answers and ratings are in the table {settings.table}: docs/keeping.md backs it up")
    names = sorted(path.name for path in home.glob("*") if KEPT.fullmatch(path.name) and path.is_file())
    if not names:
        raise MisconfiguredError(f"{home} holds nothing yet: is it the home that is meant? (--home)")
    try:
        with TemporaryDirectory(dir=archive.resolve().parent) as folder:
            _pack(home, names, Path(folder), archive)
    except OSError as error:
        raise MisconfiguredError(
            f"{archive} cannot be written ({error.strerror}): name a file in a folder that is there"
        ) from error
    return names


def _pack(home: Path, names: Sequence[str], folder: Path, archive: Path) -> None:
    for name in names:
        if name.endswith(".sqlite"):
            copy(home / name, folder / name)
        else:
            (folder / name).write_bytes((home / name).read_bytes())
    made = folder / "archive"
    pack(folder, names, made)
    made.chmod(0o600)  # it holds what people wrote
    made.replace(archive)


def restore(app: App, archive: Path) -> list[str]:
    """Make a home, the whole of it at once or nothing. Raises MisconfiguredError."""
    home = app.home.resolve()
    if home.exists() and not (home.is_dir() and not any(home.iterdir())):
        raise MisconfiguredError(f"{home} is in use: restore into another one (--home), or move it away")
    try:
        home.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with TemporaryDirectory(dir=home.parent) as folder:
            made = Path(folder, "home")
            made.mkdir(mode=0o700)
            names = unpack(archive, made)
            _check(made, names, archive, app.embedders)
            made.replace(home)
    except OSError as error:
        raise MisconfiguredError(
            f"{archive} cannot be restored as {home} ({error.strerror}): name a folder that is not there yet (--home)"
        ) from error
    return names


def _check(made: Path, names: Sequence[str], archive: Path, embedders: Embedders) -> None:
    """Everything is opened as a bot would; then the index is made."""
    try:
        for name in names:
            if name.endswith(".sqlite"):
                check(made / name)
        for name in STORES.keys() & names:
            STORES[name](made).close()
        Remembered(made).of(NOTHING)
        if BOOK in names:
            _index(made, embedders)
    except SupportBotError as error:
        why = str(error).replace(f"{made}/", "")
        raise MisconfiguredError(f"nothing was restored of {archive}: its {why}") from error


def _index(made: Path, embedders: Embedders) -> None:
    index = EmbeddedIndex(made)
    ingested = index.sources()
    index.close()
    if ingested:
        with EmbeddedWriter(made, NOTHING) as writer:
            writer.commit(embedders.when_needed(writer.embedding_model))
