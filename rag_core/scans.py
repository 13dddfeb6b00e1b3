"""Pages that are pictures, and what was recognised on them: the nouns of text recognition."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

RecognitionId = NewType("RecognitionId", str)  # of one recognition, as whoever does it names it


@dataclass(frozen=True, slots=True)
class Scan:
    """A document's pages without a text layer, as a document of their own."""

    pages: tuple[int, ...]  # their numbers in the document, from 1
    total: int  # pages of the document
    format: str  # of `content`, such as .pdf
    content: bytes

    @property
    def is_whole(self) -> bool:
        """Whether nothing of the document has a text layer."""
        return len(self.pages) >= self.total


class Kind(StrEnum):
    """What a piece of a page is."""

    TITLE = "title"
    HEADING = "heading"
    TEXT = "text"
    LIST = "list"
    TABLE = "table"


@dataclass(frozen=True, slots=True)
class Piece:
    """Something on a page, in the order in which one reads."""

    page: int  # of the scan, from 1
    kind: Kind
    lines: tuple[str, ...] = ()  # of a list its entries
    rows: tuple[tuple[str, ...], ...] = ()  # of a table, the first its header; all equally long


@dataclass(frozen=True, slots=True)
class Recognized:
    """What became of a scan."""

    pieces: tuple[Piece, ...]
    missing: tuple[int, ...] = ()  # pages of the scan that could not be read
