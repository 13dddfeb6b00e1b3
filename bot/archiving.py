"""Several files as one, and back: all of what was put in, or an error.

Its first entry lists the others with their sizes and hashes, so that nothing is missing or changed without a word.
"""

import gzip
import hashlib
import re
import tarfile
import zlib
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import IO

import msgspec

from rag_core.errors import MisconfiguredError

KEPT = re.compile(r"[a-z]+\.(?:sqlite|json)")  # names of files in a home
CONTENTS = "contents.json"
FORMAT = 1  # of the list and of what it says; raise it when an older release could not read it
LONGEST, BLOCK = 1_000_000, 1 << 20  # bytes: of the list, and read at a time
REFUSED = "{} is no backup of supportbot's, or not the whole of one ({}): nothing was restored"
NEWER = "{} was made by a newer supportbot: restore it with that version"


class Listed(msgspec.Struct, frozen=True):
    """One file."""

    bytes: int
    sha256: str


class Contents(msgspec.Struct, frozen=True):
    """All that is in an archive, and in which form."""

    format: int
    files: dict[str, Listed]


class _Format(msgspec.Struct, frozen=True):
    """What can be read of any."""

    format: int


class _UnfitError(Exception):
    """Why it cannot be taken."""


def pack(folder: Path, names: Sequence[str], archive: Path) -> None:
    listed = msgspec.json.encode(Contents(FORMAT, {name: _listed(folder / name) for name in names}))
    with tarfile.open(archive, "w:gz") as tar:
        first = tarfile.TarInfo(CONTENTS)
        first.size = len(listed)
        tar.addfile(first, BytesIO(listed))
        for name in names:
            tar.add(folder / name, name)


def unpack(archive: Path, folder: Path) -> list[str]:
    """The names of what is now in `folder`, which was empty. Raises MisconfiguredError."""
    try:
        with gzip.open(archive) as stream:
            with tarfile.open(fileobj=stream, mode="r|") as tar:
                names = _unpacked(tar, archive, folder)
            while stream.read(BLOCK):
                """To its end, where its checksum stands."""
    except (tarfile.TarError, zlib.error, gzip.BadGzipFile, EOFError, msgspec.DecodeError, _UnfitError) as error:
        raise MisconfiguredError(REFUSED.format(archive, error)) from error
    return names


def _unpacked(tar: tarfile.TarFile, archive: Path, folder: Path) -> list[str]:
    first = tar.next()
    if first is None or first.name != CONTENTS or first.size > LONGEST:
        raise _UnfitError("it has no list of its contents")
    text = _opened(tar, first).read()
    if msgspec.json.decode(text, type=_Format).format > FORMAT:
        raise MisconfiguredError(NEWER.format(archive))
    files = msgspec.json.decode(text, type=Contents).files
    if not files or not all(KEPT.fullmatch(name) for name in files):
        raise _UnfitError("its list names what no home holds")
    missing = set(files)
    while member := tar.next():
        if member.name not in missing or member.size != files[member.name].bytes:
            raise _UnfitError(f"{member.name!r} is not as its list says")
        missing.remove(member.name)
        if _copied(_opened(tar, member), folder / member.name) != files[member.name].sha256:
            raise _UnfitError(f"{member.name} is damaged")
    if missing:
        raise _UnfitError(f"{', '.join(sorted(missing))} is missing")
    return sorted(files)


def _opened(tar: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    """Of regular files alone: no folder, and no link to what is outside."""
    found = tar.extractfile(member) if member.isreg() else None
    if found is None:
        raise _UnfitError(f"{member.name!r} is no file")
    return found


def _copied(content: IO[bytes], to: Path) -> str:
    """The hash of it."""
    found = hashlib.sha256()
    with to.open("xb") as file:
        while block := content.read(BLOCK):
            found.update(block)
            file.write(block)
    return found.hexdigest()


def _listed(path: Path) -> Listed:
    with path.open("rb") as file:
        return Listed(path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest())
