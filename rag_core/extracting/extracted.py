"""What every reader gives: a document's own statements about itself, and its sections."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from rag_core.domain import Audience
from rag_core.errors import RejectedError
from rag_core.markup import Section, clean
from rag_core.scans import Scan

MAX_CHARACTERS = 10_000_000
LONGEST_TITLE = 200  # characters
NO_TEXT = "it has no readable text (a scanned document needs text recognition first)"


@dataclass(frozen=True, slots=True)
class Extracted:
    """A document as its file states it; what the file is silent about is None."""

    sections: tuple[Section, ...]
    title: str | None = None
    url: str | None = None
    audience: Audience | None = None
    updated: date | None = None
    scan: Scan | None = None  # in place of all the others, where the file was looked through for pictures of pages


def checked(extracted: Extracted) -> Extracted:
    """The same, its title and URL cleaned. Raises RejectedError when nothing in it can be read, or far too much can."""
    if extracted.scan is not None:
        return extracted
    texts = [block.source for section in extracted.sections for block in section.blocks]
    if not any(character.isalnum() for text in texts for character in text):
        raise RejectedError(NO_TEXT)
    if sum(map(len, texts)) > MAX_CHARACTERS:
        raise RejectedError(f"it has more than {MAX_CHARACTERS:,} characters: split it")
    return replace(
        extracted,
        title=clean(extracted.title) if extracted.title else None,
        url=_followed(extracted.url),
        sections=tuple(replace(section, url=_followed(section.url)) for section in extracted.sections),
    )


def _followed(url: str | None) -> str | None:
    """The URL if a reader may safely follow it, else none: a document can state javascript:."""
    return clean(url) if url and url.strip().lower().startswith(("https://", "http://", "/")) else None


def first_line(text: str) -> str | None:
    """The title of a text that states none: its first line, if that is short."""
    line = text.lstrip().partition("\n")[0].strip()
    return line if 0 < len(line) <= LONGEST_TITLE else None


def audience_of(value: object) -> Audience | None:
    """`public` or `internal`; anything else that is stated is kept internal, since it was meant to restrict."""
    if value is None or not str(value).strip():
        return None
    return Audience.PUBLIC if str(value).strip().lower() == Audience.PUBLIC else Audience.INTERNAL


def date_of(value: object) -> date | None:
    """The day of a date, a time or their ISO 8601 text; None for anything else."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return datetime.fromisoformat(value.strip()).date() if isinstance(value, str) else None
    except ValueError:
        return None
