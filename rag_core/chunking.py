"""Cut a document into chunks that stay inside their section.

A chunk is a run of whole blocks, so code, tables and lists are not torn; a block is cut only when it alone is larger
than a model can be given, and then each piece has what it needs to be read: a table its header, code its fence. Where a
paragraph ends a chunk, its last sentences also begin the next of the section. Sizes: docs/quality.md#chunk-size.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from textwrap import indent

from rag_core.domain import Chunk, Document
from rag_core.markup import Block, Section, inside, items

SENTENCE_END = re.compile(r"(?<=[.!?؟۔।॥])\s+(?=\S)|(?<=[。！？｡])\s*(?=[^\s」』）”])")
FRAGMENT = re.compile("#.*$")
FENCE = re.compile(r" {0,3}(?P<run>`{3,}|~{3,})")
GAP = "\n\n"
LONGEST_LEAD = 300  # characters of a list's item that each of its pieces repeats
DEEPEST = 8  # lists in lists; a deeper one is cut between its lines


@dataclass(frozen=True, slots=True)
class ChunkSizes:
    """In characters."""

    target: int = 1_000  # where a chunk is closed
    largest: int = 4_000  # where even a single block is cut
    overlap: int = 300  # what a chunk repeats at most of the one before


SIZES = ChunkSizes()


def chunk(document: Document, sections: Iterable[Section], sizes: ChunkSizes = SIZES) -> list[Chunk]:
    """The document's chunks in order; a section that is nothing but its heading gives none."""
    found: list[Chunk] = []
    for section in sections:
        for text, overlap in _pieces(section, sizes):
            found.append(Chunk(document, len(found), section.headings, _url(document, section), text, overlap))
    return found


def _url(document: Document, section: Section) -> str:
    anchor = section.headings[-1].anchor if section.headings else ""
    if section.url or not anchor:
        return section.url or document.url
    return f"{FRAGMENT.sub('', document.url)}#{anchor}"


def _pieces(section: Section, sizes: ChunkSizes) -> Iterator[tuple[str, int]]:
    """Each text and how much of its beginning it repeats."""
    held, overlap, last = "", 0, ""  # `last`: the paragraph that `held` ends with
    for block, piece in ((each, piece) for each in section.blocks for piece in _cut(each, sizes)):
        if held and len(held) + len(piece) > sizes.target:
            yield held, overlap
            held = _end(last, sizes.overlap)
            overlap = len(held) + len(GAP) if held else 0
        held = f"{held}{GAP}{piece}" if held else piece
        last = piece if block.kind == "Paragraph" else ""
    if held:
        yield held, overlap


def _end(paragraph: str, longest: int) -> str:
    """As many whole sentences from the end as there is room for."""
    starts = [0, *(found.end() for found in SENTENCE_END.finditer(paragraph))]
    return next((paragraph[at:] for at in starts if len(paragraph) - at <= longest), "")


def _sentences(paragraph: str) -> list[str]:
    """Each with the space behind it."""
    ends = [0, *(found.end() for found in SENTENCE_END.finditer(paragraph)), len(paragraph)]
    return [paragraph[start:end] for start, end in pairwise(ends)]


def without_overlap(chunks: Iterable[Chunk]) -> list[Chunk]:
    """A document's chunks as one reads it: what each repeats of the one before is left out."""
    return [replace(each, text=each.text[each.overlap :], overlap=0) for each in chunks]


def _cut(block: Block, sizes: ChunkSizes, depth: int = 0) -> Iterator[str]:
    """The block whole; if it is too large, pieces of the target size that can each be read on their own."""
    if len(block.source) <= (sizes.target if block.kind == "Paragraph" else sizes.largest):
        yield block.source
    elif block.kind == "Paragraph":
        yield from (piece.rstrip() for piece in _packed(_sentences(block.source), "", sizes))
    elif block.kind == "Table":
        yield from _table(block.source, sizes)
    elif fence := FENCE.match(block.source):
        yield from _code(block.source, fence, sizes)
    elif block.kind == "List" and depth < DEEPEST:
        yield from _packed(_items(block.source, sizes, depth), "\n", sizes)
    else:
        yield from _packed(block.source.split("\n"), "\n", sizes)


def _packed(parts: Iterable[str], joint: str, sizes: ChunkSizes) -> Iterator[str]:
    """The parts joined up to the target size; one that is too large even for a model is torn."""
    held: str | None = None
    for part in (each[at : at + sizes.largest] for each in parts for at in range(0, len(each) or 1, sizes.largest)):
        if held and len(held) + len(part) > sizes.target:
            yield held
            held = None
        held = part if held is None else f"{held}{joint}{part}"
    if held:
        yield held


def _table(source: str, sizes: ChunkSizes) -> Iterator[str]:
    """Its header in each piece, unless that leaves no room for rows."""
    *header, rows = source.split("\n", 2)
    if sum(map(len, header)) > sizes.largest - sizes.target:
        yield from _packed(source.split("\n"), "\n", sizes)
    else:
        yield from ("\n".join([*header, piece]) for piece in _packed(rows.split("\n"), "\n", sizes))


def _code(source: str, fence: re.Match[str], sizes: ChunkSizes) -> Iterator[str]:
    """Its fence with the language around each piece."""
    opening, *lines = source.split("\n")
    if lines and lines[-1].strip().startswith(fence["run"]):
        lines.pop()
    yield from (f"{opening}\n{piece}\n{fence['run']}" for piece in _packed(lines, "\n", sizes))


def _items(source: str, sizes: ChunkSizes, depth: int) -> Iterator[str]:
    """Each item whole, or in pieces if it is too large."""
    for item in items(source):
        yield from [item] if len(item) <= sizes.largest else _torn(item, sizes, depth)


def _torn(item: str, sizes: ChunkSizes, depth: int) -> Iterator[str]:
    """Cut between the blocks in it, each piece behind the marker and below the line the item begins with."""
    marker, held = inside(item)
    led = len(held) > 1 and held[0].kind == "Paragraph" and len(held[0].source) <= LONGEST_LEAD
    lead = f"{held[0].source}{GAP}" if led else ""
    inner = replace(sizes, largest=max(sizes.largest // 2, sizes.target))
    for piece in _packed((each for block in held[led:] for each in _cut(block, inner, depth + 1)), GAP, inner):
        yield marker + indent(lead + piece, " " * len(marker)).removeprefix(" " * len(marker))
