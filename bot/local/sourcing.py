"""A document as it is indexed, with the passage that an answer cites."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from bot.local.marking import START, marked
from bot.local.rendering import PLACE, rendered
from rag_core.domain import Chunk, Citation, Heading

CITED = '<mark id="passage">'  # where a link to the passage scrolls to


@dataclass(frozen=True, slots=True)
class Title:
    """A heading with its level in the page, and its anchor."""

    level: int
    text: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Part:
    """A chunk, with the headings that begin with it."""

    titles: tuple[Title, ...]
    html: Markup
    cited: bool = False
    marked: bool = False


def parts(chunks: Sequence[Chunk], citation: Citation | None = None, passage: int | None = None) -> list[Part]:
    """All of the document; the cited words are marked where they are found, else their chunk is pointed out."""
    cited, html = _cited(chunks, citation, passage)
    found: list[Part] = []
    above: tuple[Heading, ...] = ()
    for chunk in chunks:
        here = chunk is cited
        text = html if here and html else rendered(chunk.text)
        found.append(Part(_new(chunk.headings, above), text, here, here and CITED in text))
        above = chunk.headings
    return found


def _cited(
    chunks: Sequence[Chunk], citation: Citation | None, passage: int | None
) -> tuple[Chunk | None, Markup | None]:
    if citation is None:
        return next((chunk for chunk in chunks if chunk.ordinal == passage), None), None
    same_place = [chunk for chunk in chunks if chunk.url == citation.url]
    for chunk in [*same_place, *chunks]:
        html = marked(rendered(chunk.text), citation.quote)
        if START in html:
            return chunk, Markup(str(html).replace(START, CITED, 1))  # noqa: S704 - one mark got an id
    return next(iter(same_place), None), None


def _new(headings: tuple[Heading, ...], above: tuple[Heading, ...]) -> tuple[Title, ...]:
    """The headings that do not stand above the chunk before."""
    same = 0
    while same < min(len(headings), len(above)) and headings[same] == above[same]:
        same += 1
    return tuple(
        Title(min(level, 6), heading.text, PLACE + heading.anchor)
        for level, heading in enumerate(headings[same:], same + 2)
    )
