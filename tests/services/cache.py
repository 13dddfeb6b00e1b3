"""Downloads, kept outside the tree in the user's cache folder.

A folder is complete or absent: it is made elsewhere and renamed, so two sessions may fetch at once.
"""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from platformdirs import user_cache_path


def cached(name: str, make: Callable[[Path], None]) -> Path:
    """The folder `name`, which must change with what `make` puts into it."""
    folder = user_cache_path("supportbot-tests") / name
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".draft-"))
    try:
        make(draft)
        _publish(draft, folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return folder


def _publish(draft: Path, folder: Path) -> None:
    try:
        draft.rename(folder)
    except OSError:
        if not folder.is_dir():  # else another session was first, with the same content
            raise
