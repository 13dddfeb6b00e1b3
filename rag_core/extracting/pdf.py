"""Read the text layer of a PDF: larger lines are headings, the anchor is the page.

Text too small to be seen is left out: it is there for machines, not for readers.
"""

import io
import logging
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from rag_core.domain import Heading
from rag_core.errors import RejectedError
from rag_core.extracting.extracted import MAX_CHARACTERS, Extracted, date_of
from rag_core.markup import Section, paragraphs

MAX_PAGES = 2_000
SMALLEST_SEEN = 2.0  # points
HEADING_RATIO = 1.15  # of the body's size
LONGEST_HEADING = 120  # characters

Line = tuple[str, float]  # text, size in points

logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it warns of every flaw of a file, with the file's text


def read(content: bytes) -> Extracted:
    """Raises RejectedError for an encrypted, damaged or oversized file."""
    if b"%PDF-" not in content[:1024]:
        raise RejectedError("it is not a PDF, whatever its name says")
    try:
        reader = PdfReader(io.BytesIO(content))
        if len(reader.pages) > MAX_PAGES:
            raise RejectedError(f"it has more than {MAX_PAGES:,} pages: split it")
        pages = list(_pages(reader))
        meta = reader.metadata
        title, updated = (meta.title, meta.modification_date) if meta else (None, None)
    except (MemoryError, RejectedError):
        raise
    except PyPdfError as error:
        raise RejectedError(f"it cannot be read as a PDF: {error}") from error
    except Exception as error:  # a damaged file raises whatever its broken objects lead to
        raise RejectedError(f"it is damaged ({type(error).__name__})") from error
    return Extracted(tuple(_sections(pages)), title=title or _first_heading(pages), updated=date_of(updated))


def _pages(reader: PdfReader) -> Iterator[list[Line]]:
    total = 0
    for page in reader.pages:
        parts: list[Line] = []

        def visit(text: str, cm: Any, tm: Any, _font: Any, size: float, parts: list[Line] = parts) -> None:
            parts.append((text, abs(float(size) * (abs(tm[3]) or abs(tm[1])) * (abs(cm[3]) or abs(cm[1])))))

        page.extract_text(visitor_text=visit)
        total += sum(len(text) for text, _ in parts)
        if total > MAX_CHARACTERS:
            raise RejectedError(f"it has more than {MAX_CHARACTERS:,} characters: split it")
        yield list(_lines(parts))


def _lines(parts: list[Line]) -> Iterator[Line]:
    """Join the pieces of each line; a line is as large as its largest piece."""
    line, size = "", 0.0
    for text, points in parts:
        if points < SMALLEST_SEEN and text.strip():
            continue
        for index, piece in enumerate(text.split("\n")):
            if index:
                yield line, size
                line, size = "", 0.0
            line += piece
            size = max(size, points if piece.strip() else 0.0)
    yield line, size


def _sections(pages: list[list[Line]]) -> Iterator[Section]:
    sizes = Counter(round(size, 1) for page in pages for text, size in page for _ in text.split())
    body = sizes.most_common(1)[0][0] if sizes else 0.0
    heading: str | None = None
    for number, page in enumerate(pages, 1):
        held: list[str] = []
        for text, size in page:
            if _is_heading(text, size, body):
                yield _section(heading, held, number)
                heading, held = text.strip(), []
            else:
                held.append(text)
        yield _section(heading, held, number)


def _is_heading(text: str, size: float, body: float) -> bool:
    return size >= body * HEADING_RATIO and bool(re.search(r"[^\W\d_]{2}", text)) and len(text) <= LONGEST_HEADING


def _section(heading: str | None, lines: list[str], page: int) -> Section:
    anchor = f"page={page}"  # https://www.rfc-editor.org/rfc/rfc8118#section-3
    return Section((Heading(heading or f"Page {page}", anchor),), paragraphs("\n".join(lines)))


def _first_heading(pages: list[list[Line]]) -> str | None:
    lines = [line for page in pages[:1] for line in page if line[0].strip()]
    largest = max(lines, key=lambda line: line[1], default=None)
    return largest[0].strip() if largest and len(largest[0]) <= LONGEST_HEADING else None
