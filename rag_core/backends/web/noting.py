"""What a site said of each page when it was read: by that it is asked whether the page has changed.

A note states what was at an address, never what is in the index: it may be kept before that is, and lost at any time.
"""

import json
import zlib
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from secrets import token_hex
from typing import NamedTuple

from rag_core.ports import Records

LARGEST = 250_000  # bytes of a record
FIRST = 1991  # year: programs without a date often say 0001-01-01 or 1970-01-01
HEAD, FORM = "head", 1  # raise FORM when what is kept changes


class Note(NamedTuple):
    """One page. `version` is its content's; the others are the site's own words, `changed` the sitemap's."""

    version: str
    changed: str = ""
    etag: str = ""
    modified: str = ""
    read: str = ""  # when, ISO 8601

    @property
    def headers(self) -> dict[str, str]:
        """Of a request for the page only if it is another; empty: the site cannot be asked that."""
        given = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in given.items() if value}

    def is_of(self, changed: str) -> bool:
        """Whether a page that changed at `changed`, as the sitemap says, is the one that was read.

        A mere day is over everywhere only two days later: until then the page may have changed once more. What is no
        date, or a date that cannot be true, says nothing.
        """
        day = _day(changed)
        if changed != self.changed or day is None or not self.read:
            return False
        age = datetime.fromisoformat(self.read).date() - day
        return age >= (timedelta(days=2) if len(changed) <= len("2026-01-31") else timedelta(days=-1))


def _day(changed: str) -> date | None:
    """On which it was, somewhere. None: nobody can tell, or there was no web yet."""
    try:
        day = datetime.fromisoformat(changed).date()
    except (ValueError, OverflowError):
        return None
    return day if day.year >= FIRST else None


class Notes:
    """Of one site, in several records, of which the last one written makes the others count."""

    def __init__(self, records: Records, name: str) -> None:
        self._records, self._group = records, f"web:{name}"
        self._known: dict[str, Note] | None = None

    def get(self, path: str) -> Note | None:
        return self._pages.get(path)

    def put(self, path: str, note: Note, now: float) -> None:
        self._pages[path] = note._replace(read=datetime.fromtimestamp(now, UTC).isoformat())

    def keep_only(self, paths: Iterable[str]) -> None:
        wanted = set(paths)
        self._known = {path: note for path, note in self._pages.items() if path in wanted}

    def write(self) -> None:
        packed, run = zlib.compress(json.dumps([FORM, self._pages]).encode()), token_hex(4)
        pieces = [packed[at : at + LARGEST] for at in range(0, len(packed), LARGEST)]
        parts = {f"{run}-{number:04}": piece for number, piece in enumerate(pieces)}
        for name, piece in parts.items():
            self._records.put(self._group, name, piece)
        self._records.put(self._group, HEAD, json.dumps(list(parts)).encode())
        self._remove_all_but({HEAD, *parts})

    def forget(self) -> None:
        self._records.remove(self._group, HEAD)
        self._remove_all_but(set())

    @property
    def _pages(self) -> dict[str, Note]:
        if self._known is None:
            self._known = self._read()
        return self._known

    def _read(self) -> dict[str, Note]:
        """Nothing where nothing whole is kept: then every page is read."""
        head = self._records.get(self._group, HEAD)
        if head is None:
            return {}
        try:
            parts = [self._records.get(self._group, name) for name in json.loads(head.value)]
            form, pages = json.loads(zlib.decompress(b"".join(part.value for part in parts if part)))
            return {path: Note(*note) for path, note in pages.items()} if form == FORM else {}
        except (ValueError, TypeError, AttributeError, zlib.error):
            return {}

    def _remove_all_but(self, kept: set[str]) -> None:
        for name, _ in self._records.list(self._group):
            if name not in kept:
                self._records.remove(self._group, name)
