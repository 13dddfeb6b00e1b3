"""Read Markdown: its sections, its blocks, its plain text.

Offsets are taken from the parser, so every piece is the source's own characters.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyromark

from rag_core.domain import Heading

OPTIONS = (
    pyromark.Options.ENABLE_TABLES
    | pyromark.Options.ENABLE_HEADING_ATTRIBUTES
    | pyromark.Options.ENABLE_STRIKETHROUGH
    | pyromark.Options.ENABLE_TASKLISTS
)
UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)  # controls, what reorders the line it stands in, halves of characters
PARAGRAPH = re.compile(r"\S(?:.|\n(?!\s*\n))*")
SENTENCE_END = re.compile(
    r"""(?:(?<=[.!?…؟۔।॥])|(?<=[.!?…؟۔।॥]["')\]]))\s+(?=["'(\[`]*[^\sa-z])"""
    r"""|(?:(?<=[。！？｡])|(?<=[。！？｡][」』）”"')\]]))\s*(?=[^\s」』）”"')\].。！？｡])"""
)
ABBREVIATION = re.compile(r"(?:\b(?:e\.g|i\.e|etc|vs|approx|no|cf|incl|Mr|Mrs|Ms|Dr|St|Inc|Ltd|Fig)|\b[A-Z])\.$")
SYNTAX = re.compile(r"[\\*\[\]<~`|]|(?<!\w)_|_(?!\w)")  # what text must not become when it is Markdown again
PUNCTUATION = re.compile(r"[^\w\- ]")
MARKER = re.compile(r"[ \t]*(?:[-*+]|\d+[.)])(?:[ \t]{1,4}|$)", re.MULTILINE)
ALONE = re.compile(rb"[ \t]*\n|##|\Z")  # what may follow a heading that stands apart
BREAKS = {"SoftBreak": " ", "HardBreak": "\n"}


@dataclass(frozen=True, slots=True)
class Block:
    """A top-level block: `kind` is the parser's name for it (Paragraph, List, Table, CodeBlock ...)."""

    kind: str
    source: str


@dataclass(frozen=True, slots=True)
class Section:
    """What stands under one heading, up to the next. `url` overrides the document's URL and anchor."""

    headings: tuple[Heading, ...]
    blocks: tuple[Block, ...]  # without the heading's own
    url: str | None = None


def clean(text: str) -> str:
    """The text without what a reader cannot see and a database or a terminal may stumble over."""
    return UNSEEN.sub("", text)


def slug(heading: str) -> str:
    """The anchor GitHub and most site generators give a heading: https://github.com/gjtorikian/html-pipeline."""
    return PUNCTUATION.sub("", heading.strip().lower()).replace(" ", "-")


def blocks(markdown: str) -> list[Block]:
    """The top-level blocks in order, without the space between them."""
    return [Block(kind, source) for kind, source, _ in _top_level(clean(markdown))]


def paragraphs(text: str) -> tuple[Block, ...]:
    """The blocks of a text that is not Markdown."""
    return tuple(Block("Paragraph", found) for found in PARAGRAPH.findall(clean(text)))


def sections(markdown: str) -> list[Section]:
    """Cut at every heading. Equal anchors get -1, -2; a heading's own {#id} is left as it is."""
    path: list[tuple[int, Heading]] = []
    seen: dict[str, int] = {}
    found: list[tuple[tuple[Heading, ...], list[Block]]] = [((), [])]
    for kind, source, tag in _top_level(clean(markdown)):
        if kind != "Heading":
            found[-1][1].append(Block(kind, source))
            continue
        level, text = int(tag["level"][1]), plain_text(source)
        path = [step for step in path if step[0] < level]
        path.append((level, Heading(text, _own(tag["id"], seen) or unique(slug(text), seen))))
        found.append((tuple(heading for _, heading in path), []))
    return [Section(headings, tuple(held)) for headings, held in found if headings or held]


def _top_level(markdown: str) -> Iterator[tuple[str, str, Any]]:
    """Kind, source and the parser's own tag of each block.

    In a page whose headings stand apart, a "# line" right above other text is a comment in code nobody fenced; and
    a sentence right above a rule is no heading.
    """
    raw = markdown.encode()
    depth, apart = 0, False
    for event, span in pyromark.events_with_range(markdown, options=OPTIONS):
        if not isinstance(event, dict):
            continue
        if "Start" in event:
            if depth == 0:
                tag = event["Start"]
                kind, value = next(iter(tag.items())) if isinstance(tag, dict) else (tag, None)
                start = _indented(raw, span["start"]) if value == "Indented" else span["start"]
                source = raw[start : span["end"]].decode().strip("\n")
                if kind == "Heading":
                    alone = ALONE.match(raw, span["end"]) is not None
                    apart = apart or alone
                    if (apart and not alone and source.startswith("# ")) or _is_underlined_text(source):
                        kind = "Paragraph"
                yield kind, source, value
            depth += 1
        elif "End" in event:
            depth -= 1


def _is_underlined_text(heading: str) -> bool:
    """Whether a rule stands right below a sentence or several lines, which Markdown takes for a heading."""
    text, _, underline = heading.rpartition("\n")
    return underline.strip().startswith("-") and ("\n" in text or text.rstrip().endswith((".", ":", ";", ",")))


def _indented(raw: bytes, start: int) -> int:
    """Where the line begins: what makes a line code stands before the parser's offset."""
    return raw.rfind(b"\n", 0, start) + 1


def unique(anchor: str, seen: dict[str, int]) -> str:
    """The anchor as GitHub tells equal ones apart, also from an "A 1": https://github.com/Flet/github-slugger."""
    found = anchor
    while found in seen:
        seen[anchor] += 1
        found = f"{anchor}-{seen[anchor]}"
    seen[found] = 0
    return found


def _own(anchor: str | None, seen: dict[str, int]) -> str | None:
    if anchor:
        seen.setdefault(anchor, 0)
    return anchor


def plain_text(markdown: str) -> str:
    """The words a reader sees, white space folded: no syntax, no tags, no pictures."""
    return clean(" ".join("".join(_words(markdown, quoted=False)).split()))


def quoted(markdown: str) -> str:
    """The same words as Markdown that shows them: inline code kept, other syntax escaped; bare addresses stay."""
    return clean(" ".join("".join(_words(markdown, quoted=True)).split()))


def _words(markdown: str, *, quoted: bool) -> Iterator[str]:
    pictures = 0
    for event in pyromark.events(markdown, options=OPTIONS):
        if isinstance(event, str):
            yield BREAKS.get(event, "")
            continue
        (kind, value), *_ = event.items()
        tag = next(iter(value)) if isinstance(value, dict) else value
        if kind in ("Start", "End"):
            pictures += (tag == "Image") * (1 if kind == "Start" else -1)
            yield " " if kind == "End" and tag in ("Paragraph", "Item", "Heading", "TableCell", "CodeBlock") else ""
        elif kind == "Code" and quoted and not pictures:
            yield f"`{value}`" if "`" not in str(value) else f"`` {value} ``"
        elif kind in ("Text", "Code") and not pictures:
            yield SYNTAX.sub(r"\\\g<0>", str(value)) if quoted else str(value)


def items(markdown: str) -> list[str]:
    """The source of each item of a list, of each row of a table (the first is the header), outermost only."""
    raw = markdown.encode()
    depth, found = 0, []
    for event, span in pyromark.events_with_range(markdown, options=OPTIONS):
        if not isinstance(event, dict) or not (event.keys() & {"Start", "End"}):
            continue
        if event.get("Start") in ("Item", "TableHead", "TableRow") and depth == 1:
            found.append(raw[span["start"] : span["end"]].decode().strip("\n"))
        depth += 1 if "Start" in event else -1
    return found


def inside(item: str) -> tuple[str, list[Block]]:
    """The marker of a list's item, and the blocks that stand in it."""
    found = MARKER.match(item)
    marker = found.group() if found else ""
    return marker, blocks(re.sub(rf"(?m)^[ \t]{{0,{len(marker)}}}", "", item[len(marker) :]))


def link_texts(markdown: str) -> list[str]:
    """The words that can be clicked on, link by link."""
    found: list[str] = []
    open_ = False
    for event in pyromark.events(markdown, options=OPTIONS):
        if not isinstance(event, dict):
            continue
        (kind, value), *_ = event.items()
        if (next(iter(value)) if isinstance(value, dict) else value) == "Link":
            open_ = kind == "Start"
            found += [""] * open_
        elif kind in ("Text", "Code") and open_:
            found[-1] += str(value)
    return found


def sentences(text: str) -> list[str]:
    """Cut plain text into sentences; abbreviations, numbers and initials do not end one."""
    found: list[str] = []
    for piece in SENTENCE_END.split(text):
        if found and ABBREVIATION.search(found[-1][-12:]):
            found[-1] += f" {piece}"
        elif piece:
            found.append(piece)
    return found
