"""A folder tree of files as a source of documents.

Hidden files, and links that lead out of the folder, are never read.
"""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from rag_core.domain import DocumentId, SourceName
from rag_core.errors import MisconfiguredError, RejectedError
from rag_core.extracting.reading import MAX_BYTES, PAGES
from rag_core.ports import OnListed
from rag_core.runs import SourceItem


class FolderSource:
    """DocumentSource over a folder, or a single file."""

    may_be_empty = False
    apart = True

    def __init__(self, path: Path, base_url: str | None = None) -> None:
        if not path.exists():
            raise MisconfiguredError(f"{path} does not exist: nothing was changed")
        self._path = path.resolve()
        self._root = self._path if self._path.is_dir() else self._path.parent
        if base_url and not base_url.startswith(("http://", "https://")):
            raise MisconfiguredError(f"the base URL must begin with https:// or http://, this one is {base_url}")
        self._base_url = base_url.rstrip("/") if base_url else None

    @property
    def name(self) -> SourceName:
        return SourceName(str(self._path))

    def items(self, *, full: bool = False, listed: OnListed = lambda _done, _total: None) -> Iterator[SourceItem]:
        for file in self._files():
            relative = file.relative_to(self._root)
            document_id = DocumentId(relative.with_suffix("").as_posix())
            yield SourceItem(document_id, relative.as_posix(), file.suffix.lower(), self._url(file, relative))

    def _url(self, file: Path, relative: Path) -> str:
        """Pages are published without their ending, other files with it."""
        published = relative.with_suffix("") if file.suffix.lower() in PAGES else relative
        return f"{self._base_url}/{quote(published.as_posix())}" if self._base_url else file.as_uri()

    def read(self, item: SourceItem) -> tuple[bytes, str]:
        file = self._root / item.name
        if file.stat().st_size > MAX_BYTES:
            raise RejectedError(f"it is larger than {MAX_BYTES // 10**6} MB: split it")
        content = file.read_bytes()
        return content, hashlib.sha256(content).hexdigest()

    def committed(self) -> None:
        """Nothing to note: what a file holds tells whether it changed."""

    def _files(self) -> Iterator[Path]:
        if self._path.is_file():
            yield self._path
            return
        for folder, folders, names in os.walk(self._path, onerror=_raise):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(names):
                file = Path(folder, name)
                if self._is_open(name) and self._is_open(file.resolve()) and file.is_file():
                    yield file

    def _is_open(self, file: Path | str) -> bool:
        """Whether neither it nor, through a link, what it leads to is hidden or outside the folder."""
        path = Path(self._root, file)
        return path.is_relative_to(self._root) and not any(
            part.startswith(".") for part in path.relative_to(self._root).parts
        )


def _raise(error: OSError) -> None:
    raise MisconfiguredError(f"{error.filename} cannot be read: {error.strerror}") from error
