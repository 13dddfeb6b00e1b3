"""Markdown to HTML that is safe to show.

Documents are written by others: their HTML is shown as text, their pictures as the words that describe them, and a link
leads to http, https or a place on the same page, or nowhere.
"""

import re
from collections.abc import Iterator

import nh3
import pyromark
from markupsafe import Markup

from rag_core.markup import blocks

OPTIONS = pyromark.Options.ENABLE_TABLES | pyromark.Options.ENABLE_STRIKETHROUGH
BLOCK_TAGS = {"blockquote", "hr", "li", "ol", "p", "pre", "table", "tbody", "td", "th", "thead", "tr", "ul"}
TAGS = BLOCK_TAGS | {"a", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "strong"}
ATTRIBUTES = {"a": {"href"}, "ol": {"start"}}
IMAGE = re.compile(r'<img src="[^"]*" alt="([^"]*)"[^>]*>')
TOKEN = re.compile(r'(<(?:[^>"]|"[^"]*")*>)')  # odd places of a split are tags
MARKER = re.compile(r"\s*(?<!\S)\[(\d{1,3})\](?=\s|$)")
ALONE = re.compile(r"<p>(?:<sup[^>]*><a[^>]*>\d+</a></sup>)+</p>")  # the markers of a table or code
VERBATIM = ("a", "code", "pre")  # a number in brackets means something else there
PLACE = "at-"  # before every anchor of a document, so that none meets an id of the page
TABLE = '<div class="table" role="region" aria-label="Table" tabindex="0"><table>'


def rendered(markdown: str) -> Markup:
    """A document's Markdown."""
    html = nh3.clean(
        IMAGE.sub(r"\1", pyromark.html(_without_html(markdown), options=OPTIONS)),
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes={"http", "https"},
        url_relative=lambda url: f"#{PLACE}{url[1:]}" if url.startswith("#") else None,
        link_rel="noopener noreferrer",
    )
    return Markup(html.replace("<table>", TABLE).replace("</table>", "</table></div>"))  # noqa: S704 - sanitised above


def answer_blocks(markdown: str, targets: list[str]) -> Iterator[Markup]:
    """An answer block by block; the marker [n] becomes a link to the n-th of `targets`, a place on the page."""
    for block in blocks(markdown):
        yield Markup(_linked(rendered(block.source), targets))  # noqa: S704 - sanitised, and linked to ids of our own


def _without_html(markdown: str) -> str:
    """Its raw HTML escaped, so that a reader sees what stands there rather than a gap."""
    raw = markdown.encode()
    found = [span for event, span in pyromark.events_with_range(markdown, options=OPTIONS) if _is_html(event)]
    for span in reversed(found):
        piece = raw[span["start"] : span["end"]].replace(b"<", b"&lt;")
        raw = raw[: span["start"]] + piece + raw[span["end"] :]
    return raw.decode()


def _is_html(event: object) -> bool:
    return isinstance(event, dict) and not event.keys().isdisjoint({"Html", "InlineHtml"})


def _linked(html: str, targets: list[str]) -> str:
    pieces, verbatim = TOKEN.split(html), 0
    for place, piece in enumerate(pieces):
        if place % 2:
            verbatim += _opens(piece) - _closes(piece)
        elif not verbatim:
            pieces[place] = MARKER.sub(lambda found: _link(found, targets), piece)
    html = "".join(pieces)
    return html.replace("<p>", '<p class="cites">', 1) if ALONE.fullmatch(html.strip()) else html


def _opens(tag: str) -> bool:
    return tag[1:-1].partition(" ")[0] in VERBATIM


def _closes(tag: str) -> bool:
    return tag[1] == "/" and tag[2:-1] in VERBATIM


def _link(found: re.Match[str], targets: list[str]) -> str:
    number = int(found[1])
    if not 1 <= number <= len(targets):
        return found[0]
    return f'<sup class="cite"><a href="#{targets[number - 1]}" aria-label="Source {number}">{number}</a></sup>'
