"""Text recognition of scanned pages: what is sent, what it costs, and what becomes of it.

Nobody waits: a document is begun and left, and taken up again when its recognition is said to be over. Only pages
without a text layer are sent; what the others say comes from the document itself.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta

from rag_core.domain import Heading, SourceName
from rag_core.errors import RejectedError
from rag_core.extracting.extracted import LONGEST_TITLE, Extracted
from rag_core.extracting.isolating import IsolatedExtractor
from rag_core.extracting.reading import SCAN
from rag_core.markup import Block, Section, clean, paragraphs
from rag_core.ports import Recognizer, Records
from rag_core.runs import SourceItem
from rag_core.scans import Kind, Piece, RecognitionId, Scan

PICTURES = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff"})
FORMATS = PICTURES | {".pdf"}
KEPT = timedelta(days=15)  # longer than a queue keeps the message that it is over
NOTHING = "text recognition found nothing to read on its pages"
UNKNOWN = RecognitionId("")
BULLETS = "•‣▪●○◦-–—*· \t"


@dataclass(frozen=True, slots=True)
class Estimate:
    """What recognising pages costs."""

    pages: int
    usd: float

    def __str__(self) -> str:
        return f"{self.pages:,} scanned pages to be recognised: {self.usd:,.2f} USD"


@dataclass(frozen=True, slots=True)
class Pending:
    """A document whose recognition was begun. `about`: what whoever began it wants to know again."""

    key: str
    pages: tuple[int, ...]
    is_whole: bool
    is_picture: bool
    about: Mapping[str, str] = field(default_factory=dict)
    recognition: RecognitionId = UNKNOWN  # known to whoever began it; to others its message tells


@dataclass(frozen=True, slots=True)
class Finished:
    """A document as it can be indexed; `missing`: pages of it that could not be read."""

    extracted: Extracted
    missing: tuple[int, ...]


class Recognition:
    """`price` is USD a page. `ask_above`: USD of a run that a person agrees to first."""

    def __init__(self, recognizer: Recognizer, records: Records, *, price: float, ask_above: float) -> None:
        self._recognizer, self._records = recognizer, records
        self._price, self.ask_above = price, ask_above

    def look(self, item: SourceItem, content: bytes, extractor: IsolatedExtractor) -> Scan | None:
        """Its pages without a text layer; None where it is read as any other. Raises RejectedError."""
        if item.format not in FORMATS:
            return None
        scan = extractor.result(extractor.submit(SCAN, content)).scan
        return scan if scan and scan.pages else None

    def estimate(self, pages: int) -> Estimate:
        return Estimate(pages, pages * self._price)

    def needs_consent(self, estimate: Estimate) -> bool:
        return estimate.usd > self.ask_above

    def begin(self, scan: Scan, key: str, about: Mapping[str, str]) -> Pending:
        """On record before it is begun, so that no message of its end comes to nobody. Once more is the same."""
        pending = Pending(key, scan.pages, scan.is_whole, scan.format in PICTURES, dict(about))
        self._records.put(_group(key), key, json.dumps(asdict(pending)).encode(), ttl=KEPT)
        return replace(pending, recognition=self._recognizer.start(scan, key))

    def taken(self, key: str) -> Pending | None:
        """What is over; None where it is done already, or was never begun here."""
        found = self._records.get(_group(key), key)
        if found is None or not found.value:
            return None
        stated = json.loads(found.value)
        return Pending(**stated | {"pages": tuple(stated["pages"])})

    def finished(self, pending: Pending, recognition: RecognitionId, text: Extracted | None) -> Finished | None:
        """`text`: what its own text layer says, None where `is_whole`. None: it is not over. Raises RejectedError."""
        found = self._recognizer.result(recognition)
        if found is None:
            return None
        placed = [*_own(text), *_seen(found.pieces, pending)]
        placed.sort(key=lambda each: each[0])  # what stands on one page keeps its order
        if not any(section.blocks for _, section in placed):
            raise RejectedError(NOTHING)
        title = (text and text.title) or _title(found.pieces)
        sections = tuple(section for _, section in placed)
        extracted = Extracted(sections, title, updated=text.updated if text else None)
        return Finished(
            extracted, tuple(pending.pages[page - 1] for page in found.missing if page <= len(pending.pages))
        )

    def done(self, key: str) -> None:
        """Written, or failed for good: a second message of its end is nobody's any more."""
        self._records.put(_group(key), key, b"", ttl=KEPT)
        self._recognizer.forget(key)


def key(source: SourceName, item: SourceItem, version: str) -> str:
    """Of one version of one document: what it is recognised by once, however often it is tried."""
    return hashlib.sha256(repr((source, item.id, version)).encode()).hexdigest()


def _group(key: str) -> str:
    return f"recognition-{key[:2]}"


def _own(text: Extracted | None) -> Iterator[tuple[int, Section]]:
    for section in text.sections if text else ():
        yield int(section.headings[-1].anchor.removeprefix("page=")), section


def _seen(pieces: Sequence[Piece], pending: Pending) -> Iterator[tuple[int, Section]]:
    """As the text layer's: a section for each heading of each page; a heading holds on the page that follows."""
    heading, last = "", 0
    for number, page in enumerate(pending.pages, 1):
        heading = heading if page == last + 1 else ""
        held: list[Block] = []
        for piece in pieces:
            if piece.page != number:
                continue
            if piece.kind in (Kind.TITLE, Kind.HEADING):
                yield page, _section(heading, held, page, pending)
                heading, held = clean(" ".join(piece.lines)), []
            else:
                held += _blocks(piece)
        yield page, _section(heading, held, page, pending)
        last = page


def _section(heading: str, blocks: Sequence[Block], page: int, pending: Pending) -> Section:
    anchor = "" if pending.is_picture else f"page={page}"
    return Section((Heading(heading or f"Page {page}", anchor),), tuple(blocks))


def _blocks(piece: Piece) -> tuple[Block, ...]:
    if piece.kind is Kind.TABLE:
        header, *rows = ["| " + " | ".join(map(_cell, row)) + " |" for row in piece.rows]
        return (Block("Table", "\n".join([header, "|" + "---|" * len(piece.rows[0]), *rows])),)
    if piece.kind is Kind.LIST:
        return (Block("List", "\n".join(f"- {clean(line).strip(BULLETS)}" for line in piece.lines)),)
    return paragraphs("\n".join(piece.lines))


def _cell(text: str) -> str:
    return " ".join(clean(text).split()).replace("\\", "\\\\").replace("|", "\\|")


def _title(pieces: Sequence[Piece]) -> str | None:
    titles = (clean(" ".join(piece.lines)) for piece in pieces if piece.kind is Kind.TITLE)
    return next((title for title in titles if 0 < len(title) <= LONGEST_TITLE), None)
