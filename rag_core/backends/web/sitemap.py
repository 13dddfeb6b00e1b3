"""Read a sitemap, or an index of sitemaps: https://www.sitemaps.org/protocol.html.

A document type has no place in one, so that entities, bombs of them and files they name never come into being.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from xml.parsers import expat

from rag_core.errors import RejectedError

MOST = 50_000  # entries, as the protocol has it
LONGEST = 2_048  # characters of an address
DEEPEST, NAMES = 16, 1_000  # tags within each other, and different names of them
PIECE, LONGEST_TAG = 65_536, 500_000  # bytes
KINDS = {"urlset": "url", "sitemapindex": "sitemap"}


@dataclass(frozen=True, slots=True)
class Entry:
    """A page, or another sitemap."""

    address: str
    changed: str = ""  # when, in the sitemap's own words; empty: it does not say


@dataclass(slots=True)
class Sitemap:
    """`is_index`: its entries are sitemaps."""

    is_index: bool = False
    entries: list[Entry] = field(default_factory=list)


def read(content: bytes) -> Sitemap:
    """Raises RejectedError for what is no sitemap, or only a part of one."""
    reader, parser = _Reader(), expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    parser.StartNamespaceDeclHandler = lambda prefix, _uri: reader.named([prefix or ""])
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = reader.text, _refuse
    try:
        for at in range(0, len(content), PIECE):
            parser.Parse(content[at : at + PIECE], False)
            if at - parser.CurrentByteIndex > LONGEST_TAG:
                raise RejectedError(f"it has a tag, or a comment, of more than {LONGEST_TAG:,} bytes")
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise RejectedError(f"it is no sitemap, or a damaged one ({expat.ErrorString(error.code)})") from error
    except (ValueError, LookupError) as error:  # an encoding that nobody knows
        raise RejectedError("it is no sitemap that can be read") from error
    return reader.found


def _refuse(*_: object) -> None:
    raise RejectedError("it has a document type, which no sitemap needs: it is not read")


class _Reader:
    """Keeps the kind of the whole, the entry that is open, and how deep it is: no more, whatever there is."""

    def __init__(self) -> None:
        self.found = Sitemap()
        self._depth, self._names = 0, set[str]()
        self._kind = self._field = ""
        self._texts: dict[str, str] = {}

    def named(self, names: Iterable[str]) -> None:
        """The parser keeps every name that it has met."""
        self._names.update(names)
        if len(self._names) > NAMES:
            raise RejectedError(f"it has more than {NAMES:,} names of tags and attributes")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise RejectedError(f"its tags are nested more than {DEEPEST} deep")
        self.named((name, *attributes))
        tag = name.rpartition(" ")[2]
        if self._depth == 1:
            if tag not in KINDS:
                raise RejectedError("it is no sitemap")
            self._kind, self.found.is_index = KINDS[tag], tag == "sitemapindex"
        elif self._depth == 2:
            self._texts = {}
        elif self._depth == 3:
            self._field = tag

    def text(self, text: str) -> None:
        """Of <url><loc> and <url><lastmod>; images, videos and news have places of their own."""
        if self._depth == 3 and self._field in ("loc", "lastmod"):
            known = self._texts.get(self._field, "")
            self._texts[self._field] = (known + text)[: LONGEST + 1]

    def end(self, name: str) -> None:
        self._depth -= 1
        if self._depth != 1 or name.rpartition(" ")[2] != self._kind:
            return
        if len(self.found.entries) >= MOST:
            raise RejectedError(f"it has more than {MOST:,} entries")
        if address := self._texts.get("loc", "").strip():
            self.found.entries.append(Entry(address, self._texts.get("lastmod", "").strip()[:64]))
