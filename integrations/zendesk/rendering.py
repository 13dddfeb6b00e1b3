"""An answer's Markdown as the HTML that a comment may hold, with its sources or without.

Sanitised last, whatever was done before: what leaves here has the tags of a list, links to http and https, and no
other attribute. Zendesk's editor knows no tables: a table becomes a list.
"""

import re
from collections.abc import Sequence
from html import escape
from typing import Any, Literal

import nh3
import pyromark
from bs4 import BeautifulSoup
from markdownify import MarkdownConverter

from rag_core.domain import Citation

PLAIN = pyromark.Options.ENABLE_STRIKETHROUGH
OPTIONS = PLAIN | pyromark.Options.ENABLE_TABLES
MOST_CELLS = 2_000  # of all tables; short rows are filled up to the header's width, so 5 kB can have 300,000
TAGS = {"a", "blockquote", "br", "code", "em", "li", "ol", "p", "pre", "strong", "ul"}
ATTRIBUTES = {"a": {"href"}, "ol": {"start"}}
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
MARKER = re.compile(r"[ \t]*(?<!\\)\[(\d{1,3})\](?![\[(:\]])")
OURS = re.compile("([\ue000-\ue3ff])")  # a marker on its way through the parser: private use, and taken out before
ALONE = re.compile("[\\s\ue000-\ue3ff]*[\ue000-\ue3ff]\\s*")
FIRST = 0xE000
HIGH, MEDIUM = 0.75, 0.55  # of a confidence; what is answered at all begins at 0.48, 0.32 without vectors
PLACEHOLDER = re.compile(r"(?<=\{)(?=[{%])")  # {{ticket.comments}}: Zendesk fills it in where a comment is sent
OTHER_SCHEME = re.compile(r"\b(?!https?:)[a-z][a-z0-9+.-]{0,20}:(?=[/\\]{2})", re.IGNORECASE)
DEEP = re.compile(r"^((?: {0,3}>){8})(?: {0,3}>)+", re.MULTILINE)  # a quote in quotes: parsers of HTML recurse
JOINER = "\u2060"  # zero width: nobody sees it
FIRST_SPACE = re.compile(r"(?<=<p>) +|(?<=<li>) +")


def html(text: str, citations: Sequence[Citation] = ()) -> str:
    """`citations`: the sources that [1], [2] lead to; without any the markers are left out."""
    parsed = _parsed(text, OPTIONS)
    if parsed.count("<td") + parsed.count("<th") > MOST_CELLS:
        parsed = _parsed(text, PLAIN)  # as it was typed
    found = BeautifulSoup(parsed, "html.parser")
    _flatten(found)
    _join_markers(found)
    for said in found.find_all(string=OTHER_SCHEME):  # whatever reads it may make a link of what looks like one
        if not said.find_parent(["a", "code"]):
            said.replace_with(OTHER_SCHEME.sub(rf"\g<0>{JOINER}", said))
    for empty in [each for each in found.find_all(["p", "li"]) if not _says(each, marked=bool(citations))]:
        empty.decompose()
    cleaned = nh3.clean(
        str(found), tags=TAGS, attributes=ATTRIBUTES, url_schemes={"http", "https"}, link_rel="noopener noreferrer"
    )
    linked = OURS.sub(lambda mark: _link(mark[1], citations), cleaned)
    return PLACEHOLDER.sub(JOINER, FIRST_SPACE.sub("", linked)).strip()


def reply(text: str, greeting: str = "", sign_off: str = "", citations: Sequence[Citation] = ()) -> str:
    """An answer between a greeting and a sign-off, which are plain text."""
    return "".join((_lines(greeting), html(text, citations), _lines(sign_off)))


def confidence(value: float) -> Literal["high", "medium", "low"]:
    """In words: a number looks exacter than it is."""
    return "high" if value >= HIGH else "medium" if value >= MEDIUM else "low"


def plain(comment: str) -> str:
    """What `html` gave as text, for where no HTML can go."""
    return str(_Plain(bullets="-", escape_misc=False).convert(comment)).strip()


class _Plain(MarkdownConverter):  # type: ignore[misc]
    """Lists keep their signs; emphasis and code are left out."""

    # ruff: noqa: ARG002 - its methods' signatures

    def convert_strong(self, el: Any, text: str, parent_tags: set[str]) -> str:
        return text

    convert_em = convert_code = convert_pre = convert_strong

    def convert_a(self, el: Any, text: str, parent_tags: set[str]) -> str:
        address = el.get("href")
        return f"{text} ({address})" if address and address != text else text

    def escape(self, text: str, parent_tags: set[str]) -> str:
        return text


def _parsed(text: str, options: Any) -> str:
    """Its raw HTML shown as it stands there, its markers as single characters."""
    text = DEEP.sub(r"\1", OURS.sub("", text))
    raw, spans = text.encode(), _spans(text, options)
    for start, end, verbatim in reversed(spans):
        piece = raw[start:end].replace(b"<", b"&lt;") if not verbatim else raw[start:end]
        raw = raw[:start] + piece + raw[end:]
    text, parts, at = raw.decode(), [], 0
    for start, end, _ in _spans(text, options):
        inside = raw[start:end].decode()
        parts += [MARKER.sub(_ours, raw[at:start].decode()), inside]
        at = end
    return pyromark.html("".join([*parts, MARKER.sub(_ours, raw[at:].decode())]), options=options)


def _spans(text: str, options: Any) -> list[tuple[int, int, bool]]:
    """Bytes in which a number in brackets means something else: raw HTML, and (True) code and links."""
    found: list[tuple[int, int, bool]] = []
    for event, span in pyromark.events_with_range(text, options=options):
        kind = _kind(event)
        if kind and (not found or span["start"] >= found[-1][1]):
            found.append((span["start"], span["end"], kind == "verbatim"))
    return found


def _kind(event: Any) -> str:
    if not isinstance(event, dict):
        return ""
    (name, value), *_ = event.items()
    tag = next(iter(value)) if isinstance(value, dict) else value
    if name in ("Html", "InlineHtml"):
        return "raw"
    return "verbatim" if name == "Code" or (name == "Start" and tag in ("CodeBlock", "Link", "Image")) else ""


def _ours(marker: re.Match[str]) -> str:
    return chr(FIRST + int(marker[1]))


def _link(mark: str, citations: Sequence[Citation]) -> str:
    number = ord(mark) - FIRST
    if not citations:
        return ""
    if not 1 <= number <= len(citations):
        return f" [{number}]"
    url = citations[number - 1].url
    if not url.startswith(("https://", "http://")):  # a page without an address of its own
        return f" [{number}]"
    return f' <a href="{escape(url)}" rel="noopener noreferrer">[{number}]</a>'


def _flatten(found: Any) -> None:
    """What a comment has no form for, in one that it has."""
    for picture in found.find_all("img"):
        picture.replace_with(picture.get("alt") or "")
    for heading in found.find_all(HEADINGS):
        heading.name = "strong"
        heading.wrap(found.new_tag("p"))
    for rule in found.find_all("hr"):
        rule.decompose()
    for table in found.find_all("table"):
        _list(found, table)


def _join_markers(found: Any) -> None:
    """Those that stand alone beneath a list go to its end."""
    for block in found.find_all("p"):
        above = block.find_previous_sibling()
        if above is None or above.name not in ("ul", "ol") or not ALONE.fullmatch(block.get_text()):
            continue
        last = above.find_all("li")[-1:]
        if last:
            (last[0].find_all("p", recursive=False) or last)[-1].append(block.get_text().strip())
            block.decompose()


def _list(found: Any, table: Any) -> None:
    """An item a row, each cell behind the name of its column."""
    rows = [row.find_all(["th", "td"]) for row in table.find_all("tr")]
    names = [cell.get_text(" ", strip=True) for cell in rows[0]] if rows else []
    listed = found.new_tag("ul")
    for row in rows[1:] or rows:
        item = found.new_tag("li")
        filled = [(column, cell) for column, cell in enumerate(row) if cell.get_text(strip=True)]
        for column, cell in filled:
            name = names[column] if rows[1:] and column < len(names) else ""
            item.append(f"{'' if cell is filled[0][1] else '; '}{f'{name}: ' if name else ''}")
            item.extend(list(cell.contents))
        listed.append(item)
    table.replace_with(listed)


def _lines(text: str) -> str:
    return f"<p>{'<br>'.join(map(escape, text.splitlines()))}</p>" if text else ""


def _says(block: Any, *, marked: bool) -> bool:
    text = block.get_text()
    return bool((text if marked else OURS.sub("", text)).strip())
