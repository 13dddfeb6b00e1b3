"""Which words of a reply each of its sources stands behind.

Read from the reply as it is rendered, so that a number in code, or one that its own text has, is no source.
"""

from collections.abc import Iterator, Mapping

from bs4 import BeautifulSoup
from bs4.element import NavigableString, PageElement, Tag

from integrations.zendesk import rendering
from rag_core.domain import Citation, DocumentId, SourceName

MOST = 999  # sources: as many as a marker has digits for
PLACE = "https://supportbot.invalid/"  # leads nowhere: only told apart from what the reply itself links to
BLOCKS = ["p", "li", "pre"]
NAMED = tuple(Citation("", f"{PLACE}{number}", SourceName(""), DocumentId("")) for number in range(1, MOST + 1))


def supported(text: str) -> Mapping[int, tuple[str, ...]]:
    """The statements by the number of the source behind them, as plain text."""
    found: dict[int, list[str]] = {}
    before = ""
    for block in BeautifulSoup(rendering.html(text, NAMED), "html.parser").find_all(BLOCKS):
        said, marked = "", False
        for piece in _pieces(block):
            if isinstance(piece, int):
                marked = True
                found.setdefault(piece, []).append(" ".join((said or before).split()))
                continue
            if piece.strip():
                said, marked = (piece if marked else said + piece), False
        before = said or before
    return {number: tuple(dict.fromkeys(filter(None, statements))) for number, statements in found.items()}


def _pieces(block: Tag) -> Iterator[int | str]:
    """Text, and the numbers of sources; what stands in a block within it is that one's."""
    for child in block.children:
        yield from _of(child)


def _of(child: PageElement) -> Iterator[int | str]:
    if isinstance(child, NavigableString):
        yield str(child)
    elif isinstance(child, Tag) and child.name not in ("ul", "ol", "pre", "p"):
        href = str(child.get("href") or "")
        if child.name == "a" and href.startswith(PLACE):
            yield int(href.removeprefix(PLACE))
        else:
            yield from _pieces(child)
