"""How each source was ingested, so that a later run need not be told again.

A folder that was ingested as internal must not become public because an option was forgotten.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path

import msgspec

from rag_core.domain import Audience, SourceName
from rag_core.errors import MisconfiguredError
from rag_core.ports import Records

FILE = "sources.json"
GROUP = "sources"


def overlapping(folder: SourceName, others: Iterable[SourceName]) -> list[SourceName]:
    """Those that hold the folder or stand in it, itself not among them."""
    path = Path(folder)
    return [
        each for each in others if each != folder and (path.is_relative_to(each) or Path(each).is_relative_to(path))
    ]


class Stated(msgspec.Struct, frozen=True):
    """What an ingestion was told of its source."""

    audience: Audience = Audience.PUBLIC
    base_url: str | None = None


class Remembered:
    """Of one home; a file that can be read and mended by hand."""

    def __init__(self, home: Path) -> None:
        self._path = home / FILE

    def of(self, source: SourceName) -> Stated:
        return self._all().get(source, Stated())

    def keep(self, source: SourceName, stated: Stated | None) -> None:
        """None forgets it."""
        known = self._all()
        known.pop(source, None)
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        new = self._path.with_suffix(".new")
        new.write_bytes(msgspec.json.format(msgspec.json.encode(known | ({source: stated} if stated else {}))))
        new.replace(self._path)

    def _all(self) -> dict[str, Stated]:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=dict[str, Stated])
        except FileNotFoundError:
            return {}
        except msgspec.DecodeError as error:
            raise MisconfiguredError(f"{self._path} is damaged ({error}): mend it, or delete it") from error


class Shared:
    """The same of an installation that has no home of its own: a function's disk is gone with it."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def of(self, source: SourceName) -> Stated:
        found = self._records.get(GROUP, _key(source))
        return msgspec.json.decode(found.value, type=Stated) if found else Stated()

    def keep(self, source: SourceName, stated: Stated | None) -> None:
        """None forgets it."""
        if stated is None:
            self._records.remove(GROUP, _key(source))
        else:
            self._records.put(GROUP, _key(source), msgspec.json.encode(stated))


def _key(source: SourceName) -> str:
    return hashlib.sha256(source.encode()).hexdigest()[:32]
