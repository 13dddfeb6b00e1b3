"""Judge what is sent to Zendesk by a parser that is not the product's own, and by what browsers do with it."""

import re
from collections.abc import Iterator
from html import unescape

from lxml import etree
from lxml import html as parser

TAGS = {"p", "br", "strong", "em", "ul", "ol", "li", "a", "code", "pre", "blockquote"}
ATTRIBUTES = {"a": {"href", "rel"}, "ol": {"start"}}
LONGEST = 65_535  # bytes
OPENING = re.compile(r"<(?!/?(?:p|br|strong|em|ul|ol|li|a|code|pre|blockquote)[ >])", re.IGNORECASE)
BARE = re.compile(r"[a-z][a-z0-9+.-]{0,20}:[/\\]{2}\S+|www\.\w+", re.IGNORECASE)  # becomes a link by itself
PLACEHOLDER = re.compile(r"\{[{%]")


def faults(html: str, allowed: set[str]) -> list[str]:
    """What must not be there: other tags and attributes, addresses that are not allowed, placeholders."""
    found = [f"opens {each!r} in {html[:300]!r}" for each in OPENING.findall(html)]
    found += [f"{len(html.encode())} bytes"] * (len(html.encode()) > LONGEST)
    root = parser.fragment_fromstring(html, create_parent="body")
    for element in root.iterdescendants():
        found += list(_element(element, allowed))
    for text, verbatim in _texts(root, verbatim=False):
        found += [f"placeholder in {text[:200]!r}"] * (not verbatim and PLACEHOLDER.search(text) is not None)
        found += [f"address {each!r}" for each in BARE.findall(_without(text, allowed)) if not verbatim]
    return found


def _element(element: etree._Element, allowed: set[str]) -> Iterator[str]:
    if element.tag not in TAGS:
        yield f"a {element.tag!r}"
        return
    for name, value in element.attrib.items():
        if name not in ATTRIBUTES.get(str(element.tag), set()):
            yield f"{element.tag} has {name}={value!r}"
    href = element.get("href")
    if href is not None and unescape(str(href)) not in allowed:
        yield f"link to {href!r}"


def _texts(element: etree._Element, *, verbatim: bool) -> Iterator[tuple[str, bool]]:
    """Every text, and whether nothing in it is acted on."""
    inside = verbatim or element.tag in ("code", "a")
    yield str(element.text or ""), inside
    for child in element:
        yield from _texts(child, verbatim=inside)
        yield str(child.tail or ""), inside


def _without(text: str, allowed: set[str]) -> str:
    for url in sorted(allowed, key=len, reverse=True):
        text = text.replace(url, " ")
    return text
