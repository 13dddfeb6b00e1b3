"""Backup and restore of a home: one archive of all that cannot be made anew.

The search index is not in it: it is derived from the book of documents, and is made of that again. What lies in AWS is
backed up by AWS: docs/keeping.md.
"""

import re
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.app import App
from bot.settings import Settings
from rag_core.backends.sqlite.copying import copy
from rag_core.domain import SourceName
from rag_core.errors import MisconfiguredError

KEPT = re.compile(r"[a-z]+\.(?:sqlite|json)")  # names of files in a home
NOTHING = SourceName("restored")  # a source without documents: its run only makes the index anew


def backup(settings: Settings, archive: Path) -> list[str]:
    """The names of what is in it. Raises MisconfiguredError, UnavailableError."""
    home = settings.folder
    if settings.table:
        raise MisconfiguredError(f"answers and ratings are in the table {settings.table}: docs/keeping.md backs it up")
    found = sorted(path for path in home.glob("*") if KEPT.fullmatch(path.name) and path.is_file())
    if not found:
        raise MisconfiguredError(f"{home} holds nothing yet: is it the home that is meant? (--home)")
    with TemporaryDirectory(dir=archive.resolve().parent) as folder:
        for path in found:
            to = Path(folder, path.name)
            if path.suffix == ".sqlite":
                copy(path, to)
            else:
                to.write_bytes(path.read_bytes())
        made = Path(folder, "archive")
        with tarfile.open(made, "w:gz") as tar:
            for path in found:
                tar.add(Path(folder, path.name), path.name)
        made.chmod(0o600)  # it holds what people wrote
        made.replace(archive)
    return [path.name for path in found]


def restore(app: App, archive: Path) -> list[str]:
    """Into a home that holds nothing. Raises MisconfiguredError."""
    home = app.home
    if home.is_dir() and any(KEPT.fullmatch(path.name) for path in home.iterdir()):
        raise MisconfiguredError(f"{home} is in use: restore into another one (--home), or move it away")
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    with TemporaryDirectory(dir=home) as folder:
        try:
            with tarfile.open(archive, "r:gz") as tar:
                names = tar.getnames()
                if not names or not all(KEPT.fullmatch(name) for name in names):
                    raise MisconfiguredError(f"{archive} is no backup of supportbot's")
                tar.extractall(folder, filter="data")
        except (tarfile.TarError, EOFError) as error:
            raise MisconfiguredError(f"{archive} is no backup of supportbot's, or not the whole of one") from error
        for name in names:
            Path(folder, name).replace(home / name)
    if app.ingested():
        with app.writer(NOTHING) as writer:
            writer.commit(app.embedders.when_needed(writer.embedding_model))
    return names
