"""What was in the Help Center when it was last read, and until when its changes are known.

Kept in several records, of which the last one written makes the others count: whoever dies before leaves the former.
"""

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from secrets import token_hex
from typing import Any

from rag_core.ports import Records

LARGEST = 250_000  # bytes of a record
HEAD = "head"
FORM = 1  # raise it when what is kept changes


@dataclass(frozen=True, slots=True)
class Page:
    """One article in one language, as it answers."""

    locale: str
    title: str
    url: str
    version: str  # of its text


@dataclass(frozen=True, slots=True)
class Entry:
    """One article: its pages, as they were at `updated`."""

    updated: str
    pages: tuple[Page, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """`cursor`: the time that changes are asked from; `whole`: when everything was last read, in seconds both."""

    cursor: int
    whole: float
    articles: Mapping[int, Entry]


class Notes:
    """Of one account; written by whoever ingests, of whom there is one."""

    def __init__(self, records: Records, account: str) -> None:
        self._records, self._group = records, f"zendesk-articles:{account}"

    def read(self) -> Known | None:
        """None where nothing whole is kept: then everything is read."""
        head = self._records.get(self._group, HEAD)
        if head is None:
            return None
        try:
            stated = json.loads(head.value)
            found = [self._records.get(self._group, name) for name in stated["parts"]]
            if stated["form"] != FORM or None in found:
                return None
            return _known(json.loads(zlib.decompress(b"".join(part.value for part in found if part))))
        except (ValueError, KeyError, TypeError, zlib.error):
            return None

    def write(self, known: Known) -> None:
        packed, run = zlib.compress(json.dumps(_stated(known)).encode()), token_hex(4)
        pieces = [packed[at : at + LARGEST] for at in range(0, len(packed), LARGEST)]
        parts = {f"{run}-{number:04}": piece for number, piece in enumerate(pieces)}
        for name, piece in parts.items():
            self._records.put(self._group, name, piece)
        self._records.put(self._group, HEAD, json.dumps({"form": FORM, "parts": list(parts)}).encode())
        self._remove_all_but({HEAD, *parts})

    def forget(self) -> None:
        self._records.remove(self._group, HEAD)
        self._remove_all_but(set())

    def _remove_all_but(self, kept: set[str]) -> None:
        for name, _ in self._records.list(self._group):
            if name not in kept:
                self._records.remove(self._group, name)


def _stated(known: Known) -> dict[str, Any]:
    articles = {
        number: [entry.updated, [[page.locale, page.title, page.url, page.version] for page in entry.pages]]
        for number, entry in known.articles.items()
    }
    return {"cursor": known.cursor, "whole": known.whole, "articles": articles}


def _known(stated: dict[str, Any]) -> Known:
    articles = {
        int(number): Entry(updated, tuple(Page(*page) for page in pages))
        for number, (updated, pages) in stated["articles"].items()
    }
    return Known(int(stated["cursor"]), float(stated["whole"]), articles)
