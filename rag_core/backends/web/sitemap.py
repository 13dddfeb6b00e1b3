"""Read a sitemap, or an index of sitemaps: https://www.sitemaps.org/protocol.html.

A document type has no place in one, so that entities, bombs of them and files they name never come into being.
"""

from dataclasses import dataclass, field
from xml.parsers import expat

from rag_core.errors import RejectedError

MOST = 50_000  # entries, as the protocol has it
LONGEST = 2_048  # characters of an address
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
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = reader.text, _refuse
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        raise RejectedError(f"it is no sitemap, or a damaged one ({expat.ErrorString(error.code)})") from error
    except (ValueError, LookupError) as error:  # an encoding that nobody knows
        raise RejectedError("it is no sitemap that can be read") from error
    return reader.found


def _refuse(*_: object) -> None:
    raise RejectedError("it has a document type, which no sitemap needs: it is not read")


class _Reader:
    def __init__(self) -> None:
        self.found = Sitemap()
        self._open: list[str] = []
        self._texts: dict[str, str] = {}

    def start(self, name: str, _attributes: object) -> None:
        tag = name.rpartition(" ")[2]
        if not self._open:
            if tag not in KINDS:
                raise RejectedError("it is no sitemap")
            self.found.is_index = tag == "sitemapindex"
        self._open.append(tag)
        if len(self._open) == 2:
            self._texts = {}

    def text(self, text: str) -> None:
        """Of <url><loc> and <url><lastmod>; images, videos and news have places of their own."""
        if len(self._open) == 3 and self._open[2] in ("loc", "lastmod"):
            known = self._texts.get(self._open[2], "")
            self._texts[self._open[2]] = (known + text)[: LONGEST + 1]

    def end(self, _name: str) -> None:
        tag = self._open.pop()
        if len(self._open) != 1 or tag != KINDS[self._open[0]]:
            return
        if len(self.found.entries) >= MOST:
            raise RejectedError(f"it has more than {MOST:,} entries")
        if address := self._texts.get("loc", "").strip():
            self.found.entries.append(Entry(address, self._texts.get("lastmod", "").strip()[:64]))
