"""Cut a document into chunks that stay inside their section.

A chunk is a run of whole blocks, so code, tables and lists are not torn; a block is cut, between its lines, only when
it alone is larger than a model can be given. Where a paragraph ends a chunk, its last sentences also begin the next of
the section. Sizes: docs/quality.md#chunk-size.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from rag_core.domain import Chunk, Document
from rag_core.markup import Block, Section

SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=\S)")
FRAGMENT = re.compile("#.*$")


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
        for text in _pieces(section, sizes):
            found.append(Chunk(document, len(found), section.headings, _url(document, section), text))
    return found


def _url(document: Document, section: Section) -> str:
    if section.url or not section.headings:
        return section.url or document.url
    return FRAGMENT.sub("", document.url) + "#" + section.headings[-1].anchor


def _pieces(section: Section, sizes: ChunkSizes) -> Iterator[str]:
    held, last = "", ""  # `last`: the paragraph that `held` ends with
    for block, piece in ((each, piece) for each in section.blocks for piece in _cut(each, sizes)):
        if held and len(held) + len(piece) > sizes.target:
            yield held
            held = _end(last, sizes.overlap)
        held = f"{held}\n\n{piece}" if held else piece
        last = piece if block.kind == "Paragraph" else ""
    if held:
        yield held


def _end(paragraph: str, longest: int) -> str:
    """As many whole sentences from the end as there is room for."""
    starts = [0, *(found.end() for found in SENTENCE_END.finditer(paragraph))]
    return next((paragraph[at:] for at in starts if len(paragraph) - at <= longest), "")


def without_overlap(chunks: Sequence[Chunk], sizes: ChunkSizes = SIZES) -> list[Chunk]:
    """A document's chunks as one reads it: what each repeats of the one before in its section is left out."""
    found = list(chunks[:1])
    for before, each in pairwise(chunks):
        head, gap, rest = each.text.partition("\n\n")
        repeated = (
            gap and len(head) <= sizes.overlap and before.text.endswith(head) and before.headings == each.headings
        )
        found.append(replace(each, text=rest) if repeated else each)
    return found


def _cut(block: Block, sizes: ChunkSizes) -> Iterator[str]:
    """The block whole; if it is too large its lines, of a paragraph its sentences, in pieces of the target size."""
    source = block.source
    if len(source) <= (sizes.target if block.kind == "Paragraph" else sizes.largest):
        yield source
        return
    parts = SENTENCE_END.split(source) if block.kind == "Paragraph" else source.split("\n")
    joint = " " if block.kind == "Paragraph" else "\n"
    held = ""
    for part in (line[at : at + sizes.largest] for line in parts for at in range(0, len(line) or 1, sizes.largest)):
        if held and len(held) + len(part) > sizes.target:
            yield held
            held = ""
        held = f"{held}{joint}{part}" if held else part
    yield held
