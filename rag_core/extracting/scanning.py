"""Find the pages of a PDF that have no text layer, and make a PDF of them alone; or take a picture as it is.

Only these are sent to text recognition, since every page of it is paid for.
"""

import io
from collections.abc import Iterator

from pypdf import PdfReader, PdfWriter
from pypdf._page import PageObject
from pypdf.errors import PyPdfError
from pypdf.generic import DictionaryObject

from rag_core.errors import RejectedError
from rag_core.extracting.extracted import Extracted
from rag_core.extracting.pdf import MAX_PAGES
from rag_core.scans import Scan

FEWEST = 10  # letters and digits: a stamped page number on a picture is no text layer
PICTURES = {b"\x89PNG\r\n\x1a\n": ".png", b"\xff\xd8\xff": ".jpg", b"II*\0": ".tif", b"MM\0*": ".tif"}


def read(content: bytes) -> Extracted:
    """Its pages that are pictures, none where there are none. Raises RejectedError."""
    if b"%PDF-" in content[:1024]:
        return Extracted((), scan=_of_pdf(content))
    for magic, ending in PICTURES.items():
        if content.startswith(magic):
            return Extracted((), scan=Scan((1,), 1, ending, content))
    raise RejectedError("it is neither a PDF nor a picture (PNG, JPEG, TIFF), whatever its name says")


def _of_pdf(content: bytes) -> Scan:
    try:
        reader = PdfReader(io.BytesIO(content))
        total = len(reader.pages)
        if total > MAX_PAGES:
            raise RejectedError(f"it has more than {MAX_PAGES:,} pages: split it")
        pages = tuple(_without_text(reader))
        return Scan(pages, total, ".pdf", _alone(reader, pages) if pages else b"")
    except (MemoryError, RejectedError):
        raise
    except PyPdfError as error:
        raise RejectedError(f"it cannot be read as a PDF: {error}") from error
    except Exception as error:  # a damaged file raises whatever its broken objects lead to
        raise RejectedError(f"it is damaged ({type(error).__name__})") from error


def _without_text(reader: PdfReader) -> Iterator[int]:
    for number, page in enumerate(reader.pages, 1):
        if _shows_pictures(page) and sum(map(str.isalnum, page.extract_text())) < FEWEST:
            yield number


def _shows_pictures(page: PageObject) -> bool:
    """An empty page has nothing to recognise."""
    resources = page.get("/Resources")
    named = resources.get_object() if resources is not None else None
    if isinstance(named, DictionaryObject) and (drawn := named.get("/XObject")) is not None and drawn.get_object():
        return True
    contents = page.get_contents()
    return contents is not None and b"BI" in contents.get_data().split()


def _alone(reader: PdfReader, pages: tuple[int, ...]) -> bytes:
    writer = PdfWriter()
    for number in pages:
        writer.add_page(reader.pages[number - 1])
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()
