"""Read HTML: the main content as Markdown, without navigation, scripts and what is hidden.

Headings keep their ids, so that a citation leads to the section.
"""

import re
from typing import Any

from bs4 import BeautifulSoup, NavigableString, PageElement, Tag
from markdownify import MarkdownConverter

from rag_core.errors import RejectedError
from rag_core.extracting.extracted import Extracted, audience_of, date_of
from rag_core.markup import sections

NOT_CONTENT = "script, style, nav, aside, template, noscript, iframe, svg, [hidden], [aria-hidden=true]"
HIDDEN_BY_STYLE = "[style*='display:none'], [style*='display: none'], [style*='visibility:hidden']"


OPTIONS: dict[str, Any] = {
    "heading_style": "atx",
    "bullets": "-",
    "strip": ["a", "img"],
    "escape_asterisks": False,  # unescaped, so that the text stays the source's
    "escape_underscores": False,
    "escape_misc": False,
    "table_infer_header": True,
}


INLINE = frozenset(
    {
        "a",
        "abbr",
        "b",
        "bdi",
        "bdo",
        "cite",
        "code",
        "data",
        "dfn",
        "em",
        "i",
        "kbd",
        "mark",
        "q",
        "s",
        "samp",
        "small",
        "span",
        "strong",
        "sub",
        "sup",
        "time",
        "u",
    }
)
ONE_LINE = frozenset({"h1", "h2", "h3", "h4", "h5", "h6", "td", "th"})  # where nothing but text can begin
SYNTAX = re.compile(r"(?=#|[-+*=_~`>|]|\[[^\]]*\]:)|(?<=\d)(?=[.)](?:\s|$))")
BEGINS_BLOCK = re.compile(r"\s*(?:#{1,6}(?:\s|$)|[-+*](?:\s|$)|[-=*_]{2}|[~`]{3}|[>|]|\[[^\]]*\]:|\d{1,9}[.)](?:\s|$))")
BAR = re.compile(r"(?<!\\)\|")
TAG = re.compile(r"<(?=[A-Za-z/!?])")
BACKTICKS = re.compile("`{3,}")


class _Markdown(MarkdownConverter):  # type: ignore[misc] # published without usable types
    """Keeps heading ids, and keeps text from becoming syntax where a line begins, in a cell and in code."""

    def convert_hN(self, n: int, el: Tag, text: str, parent_tags: set[str]) -> str:  # noqa: N802 - the library's name
        anchor = el.get("id") or next((inner["id"] for inner in el.select("[id]")), None)
        return str(super().convert_hN(n, el, f"{text.strip()} {{#{anchor}}}" if anchor else text, parent_tags))

    def convert_td(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        return str(super().convert_td(el, BAR.sub(r"\|", text), parent_tags))

    def convert_th(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        return str(super().convert_th(el, BAR.sub(r"\|", text), parent_tags))

    def convert_pre(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        fenced = str(super().convert_pre(el, text, parent_tags))
        longest = max(map(len, BACKTICKS.findall(text)), default=0)
        fence = "`" * (longest + 1)
        return f"\n\n{fence}{fenced.strip()[3:-3]}{fence}\n\n" if longest else fenced

    def process_text(self, el: NavigableString, parent_tags: set[str] | None = None) -> str:
        text = str(super().process_text(el, parent_tags))
        if "_noformat" in (parent_tags or ()):
            return text
        if BEGINS_BLOCK.match(text) and _begins_line(el):
            text = SYNTAX.sub(r"\\", text, count=1)
        return TAG.sub(r"\<", text)


def _begins_line(element: PageElement) -> bool:
    """Whether nothing but blanks stands before it in its line."""
    before = element.previous_sibling
    while isinstance(before, NavigableString) and not before.strip():
        before = before.previous_sibling
    if isinstance(before, NavigableString):
        return False
    if before is not None:
        return isinstance(before, Tag) and before.name not in INLINE
    above = element.parent
    if above is None or above.name in ONE_LINE:
        return False
    return above.name not in INLINE or _begins_line(above)


def read(content: bytes) -> Extracted:
    """Raises RejectedError when the tags are nested too deeply to be read."""
    page = BeautifulSoup(content, "lxml")
    try:
        return _read(page)
    except RecursionError as error:
        raise RejectedError("its tags are nested too deeply") from error


def _read(page: BeautifulSoup) -> Extracted:
    meta = {
        str(tag.get("name") or tag.get("property")).lower(): tag.get("content") for tag in page.select("meta[content]")
    }
    canonical = page.select_one("link[rel=canonical][href]")
    title = page.select_one("title")
    root = page.select_one("main, [role=main]") or page.select_one("article") or page.body or page
    heading = _text(root.select_one("h1") or page.select_one("h1"))
    around = "" if root is not page.body else ", body > header, body > footer"
    for unwanted in root.select(f"{NOT_CONTENT}, {HIDDEN_BY_STYLE}{around}"):
        unwanted.decompose()
    return Extracted(
        sections=tuple(sections(_Markdown(**OPTIONS).convert_soup(root))),
        title=heading or _text(title),
        url=str(canonical["href"]) if canonical else None,
        audience=audience_of(meta.get("audience")),
        updated=date_of(meta.get("article:modified_time") or meta.get("updated")),
    )


def _text(tag: Any) -> str | None:
    return " ".join(tag.get_text().split()) or None if tag else None
