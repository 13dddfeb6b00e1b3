"""HTML tables that stand in Markdown, as Markdown tables: raw tags can neither be found nor quoted."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from rag_core.markup import Block, Section

OPEN, CLOSE = "<table", "</table"


def readable(section: Section) -> Section:
    """The section with its HTML tables as Markdown; it is the same where it has none."""
    if not any(block.kind == "HtmlBlock" and OPEN in block.source for block in section.blocks):
        return section
    return replace(section, blocks=tuple(_converted(_whole(section.blocks))))


def _whole(blocks: Iterable[Block]) -> Iterator[Block]:
    """A blank line ends an HTML block, though not the table in it: join what belongs together."""
    held = ""
    for block in blocks:
        if held or (block.kind == "HtmlBlock" and OPEN in block.source):
            held = f"{held}\n{block.source}" if held else block.source
            if CLOSE in held:
                yield Block("HtmlBlock", held)
                held = ""
        else:
            yield block
    if held:
        yield Block("HtmlBlock", held)


def _converted(blocks: Iterable[Block]) -> Iterator[Block]:
    from lxml import html  # 60 ms, and few pages have one

    for block in blocks:
        if block.kind != "HtmlBlock" or OPEN not in block.source:
            yield block
            continue
        rows = [
            [" ".join(cell.text_content().split()).replace("|", "\\|") for cell in row.iter("th", "td")]
            for row in html.fragment_fromstring(block.source, create_parent="div").iter("tr")
        ]
        lines = ["| " + " | ".join(row) + " |" for row in rows if any(row)]
        if lines:
            columns = lines[0].count(" | ") + 1
            yield Block("Table", "\n".join([lines[0], "|" + "---|" * columns, *lines[1:]]))
