"""Put an answer together from its statements, the numbers of their sources behind each.

Statement by statement, so that it can be shown as it is made: what was put down is never changed by what follows.
"""

from collections.abc import Sequence

from rag_core.domain import Citation, DocumentId, Passage, SourceName, Statement, Support

NEAREST = 3  # pages offered when there is no answer


class Composer:
    """One answer over the passages its statements refer to; sources are numbered as they first appear, from 1."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        self._passages = passages
        self._places: dict[tuple[str, ...], int] = {}
        self._first: list[int] = []  # the passage by which each source is named
        self._quotes: list[list[str]] = []
        self._former = ""

    @property
    def citations(self) -> tuple[Citation, ...]:
        """The sources so far, each with all that was quoted of it."""
        return tuple(
            cite(self._passages[passage], " ".join(dict.fromkeys(quotes)))
            for passage, quotes in zip(self._first, self._quotes, strict=True)
        )

    def add(self, statement: Statement) -> str:
        """What the statement adds to the text: Markdown, its sources as [1] [2] in the order of `citations`."""
        numbers = sorted({self._number(support) for support in statement.supports})
        part = _marked(statement.text, " ".join(f"[{number}]" for number in numbers))
        gap = self._gap(statement) if self._former else ""
        self._former = statement.text
        return gap + part

    def _gap(self, statement: Statement) -> str:
        here, before = statement.text, self._former
        if statement.gap is None:
            return "\n\n" if _is_block(here) or _is_block(before) else " "
        return "\n\n" if _is_framed(here) or _is_framed(before) else statement.gap

    def _number(self, support: Support) -> int:
        chunk = self._passages[support.passage].chunk
        place = (chunk.document.source, chunk.document.id, chunk.url)
        if place not in self._places:
            self._places[place] = len(self._places)
            self._first.append(support.passage)
            self._quotes.append([])
        number = self._places[place]
        if support.quote:
            self._quotes[number].append(support.quote)
        return number + 1


def cite(passage: Passage, quote: str = "") -> Citation:
    chunk = passage.chunk
    return Citation(chunk.heading, chunk.url, chunk.document.source, chunk.document.id, quote)


def nearest(passages: Sequence[Passage]) -> tuple[Citation, ...]:
    """The first pages of a ranking, each once."""
    pages: dict[tuple[SourceName, DocumentId], Citation] = {}
    for page in (passage.chunk.document for passage in passages):
        pages.setdefault((page.source, page.id), Citation(page.title, page.url, page.source, page.id))
    return tuple(pages.values())[:NEAREST]


def _is_block(text: str) -> bool:
    """A list, a table or code, with or without the line that leads to it."""
    return "\n" in text or text.startswith(("- ", "|", "```"))


def _is_framed(text: str) -> bool:
    """Whether it ends in a table or code, whose last line takes nothing more."""
    return text[text.rfind("\n") + 1 :].startswith(("|", "```", "~~~"))


def _marked(text: str, marks: str) -> str:
    """Behind the text; of a list, a table or code with a line that leads to it, behind that line."""
    lead, _, rest = text.partition("\n\n")
    if "\n" in rest and not _is_block(lead):
        return f"{lead} {marks}\n\n{rest}"
    return f"{text}\n\n{marks}" if _is_framed(text) or (_is_block(text) and not rest) else f"{text} {marks}"
