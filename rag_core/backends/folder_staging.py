"""What a run has made, as files below one folder: for workers of one machine."""

import shutil
from hashlib import sha256
from pathlib import Path
from secrets import token_hex

from rag_core.errors import UnavailableError


class FolderStaging:
    """Staging; safe to share between threads and processes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, run: str, name: str, content: bytes) -> None:
        file = self._file(run, name)
        new = file.with_name(f"{file.name}.{token_hex(4)}.new")
        try:
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            new.write_bytes(content)
            new.replace(file)
        except OSError as error:
            raise UnavailableError(f"{self._folder} cannot be written ({error.strerror}): make room there") from error

    def get(self, run: str, name: str) -> bytes | None:
        try:
            return self._file(run, name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise UnavailableError(f"{self._folder} cannot be read ({error.strerror})") from error

    def remove(self, run: str) -> None:
        shutil.rmtree(self._of(run), ignore_errors=True)

    def _of(self, run: str) -> Path:
        return self._folder / _safe(run)

    def _file(self, run: str, name: str) -> Path:
        return self._of(run) / _safe(name)


def _safe(name: str) -> str:
    """A file's name, whatever characters it is made of."""
    return sha256(name.encode()).hexdigest()[:32]
