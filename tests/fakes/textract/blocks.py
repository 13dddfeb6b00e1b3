"""Pages as Textract describes them: lines of words, areas of a layout over them, tables of cells."""

from dataclasses import dataclass, field
from itertools import count
from typing import Any

Block = dict[str, Any]


@dataclass
class Paper:
    """One page's blocks; ids are counted over all pages of a document by `ids`."""

    number: int
    ids: "count[int]"
    blocks: list[Block] = field(default_factory=list)

    def block(self, kind: str, children: list[Block] = [], relation: str = "CHILD", **more: Any) -> Block:  # noqa: B006
        made: Block = {"Id": f"b{next(self.ids)}", "BlockType": kind, "Page": self.number, "Confidence": 99.5, **more}
        if children:
            made["Relationships"] = [{"Type": relation, "Ids": [each["Id"] for each in children]}]
        self.blocks.append(made)
        return made

    def line(self, text: str) -> Block:
        words = [self.block("WORD", Text=word, TextType="PRINTED") for word in text.split()]
        return self.block("LINE", words, Text=text)

    def area(self, kind: str, *lines: str) -> Block:
        return self.block(f"LAYOUT_{kind}", [self.line(text) for text in lines])

    def bullets(self, *entries: str) -> Block:
        return self.block("LAYOUT_LIST", [self.area("TEXT", entry) for entry in entries])

    def table(
        self, *rows: tuple[str, ...], title: str = "", merged: tuple[tuple[int, int], ...] = (), laid: bool = True
    ) -> Block:
        """`merged`: places of cells that are one. `laid`: the layout has seen it too."""
        lines, cells = [], {}
        for row, texts in enumerate(rows, 1):
            lines.append(self.line(" ".join(filter(None, texts)) or "-"))
            words = iter(self.blocks[-1 - len(self._of(lines[-1])) : -1])
            for column, text in enumerate(texts, 1):
                held = [next(words) for _ in text.split()]
                cells[row, column] = self.block(
                    "CELL", held, RowIndex=row, ColumnIndex=column, RowSpan=1, ColumnSpan=1, EntityTypes=[]
                )
        made = self.block("TABLE", list(cells.values()), EntityTypes=["STRUCTURED_TABLE"])
        if merged:
            one = self.block("MERGED_CELL", [cells[place] for place in merged], RowIndex=merged[0][0], ColumnIndex=1)
            made["Relationships"].append({"Type": "MERGED_CELL", "Ids": [one["Id"]]})
        if title:
            named = self.block("TABLE_TITLE", self._words(title))
            made["Relationships"].append({"Type": "TABLE_TITLE", "Ids": [named["Id"]]})
        return self.block("LAYOUT_TABLE", lines) if laid else made

    def _of(self, line: Block) -> list[str]:
        return line["Relationships"][0]["Ids"] if "Relationships" in line else []

    def _words(self, text: str) -> list[Block]:
        return [self.block("WORD", Text=word) for word in text.split()]


def papers(many: int) -> list[Paper]:
    ids = count(1)
    return [Paper(number, ids) for number in range(1, many + 1)]
