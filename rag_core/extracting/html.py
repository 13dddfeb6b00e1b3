"""Read HTML: the main content as Markdown, without navigation, scripts and what is hidden.

Headings keep their ids, so that a citation leads to the section.
"""

from typing import Any

from bs4 import BeautifulSoup, Tag
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


class _Markdown(MarkdownConverter):  # type: ignore[misc] # published without usable types
    """Keeps heading ids."""

    def convert_hN(self, n: int, el: Tag, text: str, parent_tags: set[str]) -> str:  # noqa: N802 - the library's name
        anchor = el.get("id") or next((inner["id"] for inner in el.select("[id]")), None)
        return str(super().convert_hN(n, el, f"{text.strip()} {{#{anchor}}}" if anchor else text, parent_tags))


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
