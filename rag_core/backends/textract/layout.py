"""Textract's blocks as pieces of pages: in reading order, a table with its rows and columns.

A layout block names lines, a table names cells, and nothing names both: they belong together where they have words in
common. https://docs.aws.amazon.com/textract/latest/dg/layoutresponse.html
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from rag_core.scans import Kind, Piece

Block = Mapping[str, Any]
LEFT_OUT = frozenset({"LAYOUT_HEADER", "LAYOUT_FOOTER", "LAYOUT_PAGE_NUMBER"})  # the same on every page
KINDS = {"LAYOUT_TITLE": Kind.TITLE, "LAYOUT_SECTION_HEADER": Kind.HEADING, "LAYOUT_LIST": Kind.LIST}
MOST_CELLS = 100_000


def pieces(blocks: Sequence[Block]) -> Iterator[Piece]:
    """Of a whole document; each page by its layout, or by its lines where it has none."""
    layout = _Layout(blocks)
    for page in sorted({_page(block) for block in blocks}):
        yield from layout.of(page)


class _Layout:
    def __init__(self, blocks: Sequence[Block]) -> None:
        self._by_id = {str(block["Id"]): block for block in blocks}
        self._blocks: dict[int, list[Block]] = {}
        for block in blocks:
            self._blocks.setdefault(_page(block), []).append(block)

    def of(self, page: int) -> Iterator[Piece]:
        blocks = self._blocks[page]
        areas = [block for block in blocks if str(block["BlockType"]).startswith("LAYOUT_")]
        tables = {str(block["Id"]): block for block in blocks if block["BlockType"] == "TABLE"}
        inner = {each for area in areas for each in _related(area, "CHILD")}  # paragraphs of a list are its entries
        for area in areas:
            if str(area["Id"]) not in inner and area["BlockType"] not in LEFT_OUT:
                yield from self._area(area, tables)
        for table in tables.values():  # that no area of the layout holds
            yield from self._table(table)
        if not areas:
            lines = tuple(self._text(block) for block in blocks if block["BlockType"] == "LINE")
            yield from [Piece(page, Kind.TEXT, lines)] if lines else []

    def _area(self, area: Block, tables: dict[str, Block]) -> Iterator[Piece]:
        page, kind = _page(area), KINDS.get(area["BlockType"], Kind.TEXT)
        if area["BlockType"] == "LAYOUT_TABLE":
            words = set(self._words(area))
            held = [name for name, table in tables.items() if words & set(self._words(table))]
            for name in held:
                yield from self._table(tables.pop(name))
            if held:
                return
        lines = tuple(filter(None, (self._text(each) for each in self._children(area))))
        if lines:
            yield Piece(page, kind, lines)

    def _table(self, table: Block) -> Iterator[Piece]:
        page = _page(table)
        for title in self._named(_related(table, "TABLE_TITLE")):
            yield Piece(page, Kind.TEXT, (self._text(title),))
        if rows := self._rows(table):
            yield Piece(page, Kind.TABLE, rows=rows)
        for footer in self._named(_related(table, "TABLE_FOOTER")):
            yield Piece(page, Kind.TEXT, (self._text(footer),))

    def _rows(self, table: Block) -> tuple[tuple[str, ...], ...]:
        """A merged cell's text stands in each of its cells, so that every row can be read by itself."""
        cells = {
            (int(cell["RowIndex"]), int(cell["ColumnIndex"])): self._text(cell)
            for cell in self._children(table)
            if cell["BlockType"] == "CELL"
        }
        for merged in self._named(_related(table, "MERGED_CELL")):
            parts = list(self._children(merged))
            text = " ".join(filter(None, map(self._text, parts)))
            cells |= {(int(part["RowIndex"]), int(part["ColumnIndex"])): text for part in parts}
        height, width = (max((place[axis] for place in cells), default=0) for axis in (0, 1))
        if height * width > MOST_CELLS or not any(cells.values()):
            return ()
        return tuple(
            tuple(cells.get((row, column), "") for column in range(1, width + 1)) for row in range(1, height + 1)
        )

    def _text(self, block: Block) -> str:
        """Its own, or that of what it holds."""
        if block["BlockType"] == "SELECTION_ELEMENT":
            return "[x]" if block.get("SelectionStatus") == "SELECTED" else "[ ]"
        if "Text" in block:
            return " ".join(str(block["Text"]).split())
        return " ".join(filter(None, map(self._text, self._children(block))))

    def _words(self, block: Block) -> Iterator[str]:
        if block["BlockType"] == "WORD":
            yield str(block["Id"])
        for child in self._children(block):
            yield from self._words(child)

    def _children(self, block: Block) -> Iterator[Block]:
        return self._named(_related(block, "CHILD"))

    def _named(self, ids: Iterable[str]) -> Iterator[Block]:
        return (self._by_id[each] for each in ids if each in self._by_id)


def _related(block: Block, kind: str) -> list[str]:
    return [
        str(each)
        for relation in block.get("Relationships") or ()
        if relation["Type"] == kind
        for each in relation.get("Ids") or ()
    ]


def _page(block: Block) -> int:
    return int(block.get("Page") or 1)  # a picture's only page has no number
