"""Cut passages into what can be quoted of them.

A short paragraph, or a list, a table or code with the line that leads to it: whatever is shown stands on its own.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from textwrap import indent

from rag_core.analyzing import terms
from rag_core.delimiting import ENDED
from rag_core.domain import Chunk, Passage
from rag_core.markup import Block, blocks, inside, items, link_texts, plain_text, quoted, sentences

LONGEST_LIST = 12  # items, and rows of a table
SHORT_TABLE = 4  # rows; shown whole
WIDE = 4  # columns
SHORT_PARAGRAPH = 300  # characters; quoted together, since sentences lean on each other
DEEPEST = 4  # lists in lists
LONGEST_REMARK = 400  # characters, between two steps
STEP = " " * 4  # what stands so far in belongs to the item above
POINTER = re.compile(
    r"(?:For more(?! than)|(?:For|To) .{0,40}(?:information|details|learn|read)|See|(?:Learn|Read) more|Click here"
    r"|Refer)\b",
    re.I,
)
REFERRING = re.compile(r"\b(?:see|check out|refer to|visit|look at|read|learn (?:more|how))\b", re.I)
ELSEWHERE = re.compile(
    r"(?:next steps|see also|related|(?:additional|further|other|more) (?:\w+ )*"
    r"(?:resources|reading|links|information|documentation|articles|help))\b",
    re.I,
)
EXAMPLE = re.compile(
    r"(?:_?Examples?:|For (?:example|instance)\b|In (?:this|our|the \w+) (?:example|scenario|case)\b)", re.I
)
SAMPLE = re.compile(r"\b(?:examples?|samples?|outputs?|respon(?:se|ds)|returns?)\b", re.I)
CELLS = re.compile(r"(?<!\\)\|")
FRAME = re.compile(r"\A\s*\||(?<!\\)\|\s*\Z")  # one bar at each end: the next one ends an empty cell
LINKED = re.compile(r"\s*(?:[-*+]|\d+[.)])\s+(?:\[(?![ xX]\])|<?https?:)")
FIRST_NUMBER = re.compile(r"\s*(\d+)[.)]")


@dataclass(slots=True)
class Unit:
    """The smallest thing worth quoting."""

    passage: int
    order: int
    text: str  # Markdown, as it is shown
    plain: str
    kind: str = "Paragraph"  # the parser's name; "Steps" for a list with numbers
    empty: bool = False  # says where something stands, or what it might look like
    terms: frozenset[str] = frozenset()
    score: float = field(default=0.0)

    @property
    def block(self) -> bool:
        return self.kind != "Paragraph"

    def follows(self, other: "Unit", by: int = 1) -> bool:
        """Whether it stands so many units behind the other one."""
        return self.passage == other.passage and self.order == other.order + by


def units(passages: Sequence[Passage], wanted: frozenset[str]) -> list[Unit]:
    """In reading order; `wanted` are the question's terms, by which a long table is cut."""
    read = {_place(passage.chunk, 0) for passage in passages}
    found: list[Unit] = []
    for index, chunk in enumerate(passage.chunk for passage in passages):
        repeated = chunk.overlap if _place(chunk, 1) in read else 0
        found += _of(index, chunk, chunk.text[repeated:], wanted)
    return found


def _place(chunk: Chunk, before: int) -> tuple[str, str, int]:
    return chunk.document.source, chunk.document.id, chunk.ordinal - before


def _of(index: int, chunk: Chunk, text: str, wanted: frozenset[str]) -> Iterator[Unit]:
    """What ends with a colon, or without an end right above a block, leads to the block."""
    lead: Unit | None = None
    elsewhere = bool(chunk.headings and ELSEWHERE.match(chunk.headings[-1].text))
    for order, (kind, shown, pointing) in enumerate(_parts(blocks(text), wanted)):
        plain = plain_text(shown)
        empty = elsewhere or pointing or EXAMPLE.match(plain) is not None
        unit = Unit(index, order, shown, plain, kind, empty, frozenset(terms(plain)))
        if lead is not None and unit.block:
            unit = _led(lead, unit)
        elif lead is not None:
            yield lead
        lead = None if unit.block or ENDED.search(plain) else unit
        if lead is None:
            yield unit
    if lead is not None:
        yield lead


def _led(lead: Unit, unit: Unit) -> Unit:
    unit.text, unit.plain = f"{lead.text}\n\n{unit.text}", f"{lead.plain} {unit.plain}"
    unit.terms |= lead.terms
    unit.empty |= unit.kind == "CodeBlock" and bool(SAMPLE.search(lead.plain))
    return unit


def _parts(found: Iterable[Block], wanted: frozenset[str]) -> Iterator[tuple[str, str, bool]]:
    """Kind, text and whether it only points elsewhere."""
    for block in _whole(found):
        if block.kind == "List":
            kind = "Steps" if FIRST_NUMBER.match(block.source) else "List"
            yield kind, "\n".join(_list(block.source)), _all_links(block.source)
        elif block.kind == "Table":
            yield block.kind, _table(block.source, wanted), False
        elif block.kind == "CodeBlock":
            yield block.kind, block.source, False
        elif block.kind not in ("Rule", "Heading"):
            yield from _prose(block.source)


def _whole(found: Iterable[Block]) -> Iterator[Block]:
    """Steps that a picture, a tag or a short remark stands between are one list, the remark part of its step."""
    run: list[Block] = []  # a list, and what was said behind it
    for block in found:
        if not any(map(str.isalnum, plain_text(block.source))):
            continue
        if run and block.kind == "List" and _continues(run[0].source, block.source):
            remarks = [indent(each.source, STEP) for each in run[1:]]
            run = [Block("List", "\n\n".join([run[0].source, *remarks, block.source]))]
        elif run and _remarks(run, block):
            run.append(block)
        else:
            yield from run
            run = [block]
    yield from run


def _remarks(run: Sequence[Block], block: Block) -> bool:
    """Whether the block may be one on the steps that it stands behind."""
    said = sum(len(each.source) for each in [*run[1:], block])
    steps = run[0].kind == "List" and FIRST_NUMBER.match(run[0].source) is not None
    return steps and block.kind == "Paragraph" and said <= LONGEST_REMARK


def _continues(before: str, source: str) -> bool:
    first, following = FIRST_NUMBER.match(before), FIRST_NUMBER.match(source)
    return bool(first and following and int(following[1]) == int(first[1]) + len(items(before)))


def _prose(source: str) -> Iterator[tuple[str, str, bool]]:
    """Neighbouring sentences together, as many as make a short paragraph."""
    linked = [" ".join(words.split()) for words in link_texts(source)]
    held: list[str] = []
    for sentence in chain(sentences(quoted(source)), [None]):
        if held and (sentence is None or sum(map(len, held)) + len(sentence) >= SHORT_PARAGRAPH):
            text = " ".join(held)
            if any(map(str.isalnum, text)):
                yield "Paragraph", text, all(_points(each, linked) for each in held)
            held = []
        held += [sentence] if sentence else []


def _points(sentence: str, linked: Sequence[str]) -> bool:
    links = [words for words in linked if words and words in sentence]
    referring = bool(links) and REFERRING.search(sentence) is not None
    return referring or POINTER.match(sentence) is not None or sum(map(len, links)) > len(sentence) / 2


def _all_links(source: str) -> bool:
    """Whether each item begins with a link: a list of pages."""
    return all(LINKED.match(item) for item in items(source))


def _list(source: str, depth: int = 0) -> Iterator[str]:
    """The lines of the list in plain words, lists in it indented, cut after its first items."""
    found = items(source)
    number = FIRST_NUMBER.match(source)
    first = int(number[1]) if number else 0
    for place, item in enumerate(found[:LONGEST_LIST]):
        marker = f"{first + place}. " if number else "- "
        head, *rest = _item(item, depth) or [""]
        yield marker + head
        yield from (" " * len(marker) + line for line in rest)
    if len(found) > LONGEST_LIST:
        yield f"- … and {len(found) - LONGEST_LIST} more"


def _item(item: str, depth: int) -> list[str]:
    """Its words in one line, then the lists in it."""
    _, held = inside(item)
    if depth >= DEEPEST:
        return [quoted(item)]
    nested = [line for block in held if block.kind == "List" for line in _list(block.source, depth + 1)]
    return [" ".join(quoted(block.source) for block in held if block.kind != "List"), *nested]


def _table(source: str, wanted: frozenset[str]) -> str:
    """The table in plain words; of a long one the rows that have to do with the question, if any have."""
    header, *rows = [[quoted(cell) for cell in CELLS.split(FRAME.sub("", row))] for row in items(source)]
    if len(rows) > SHORT_TABLE:
        rows = _matching(rows, wanted)
    whole = [row + [""] * (len(header) - len(row)) for row in rows[:LONGEST_LIST]]
    columns = _columns(header, wanted)
    shown = [[row[column] for column in columns] for row in (header, ["---"] * len(header), *whole)]
    return "\n".join("| " + " | ".join(row) + " |" for row in shown)


def _columns(header: Sequence[str], wanted: frozenset[str]) -> list[int]:
    """Of a wide table, as of plans side by side, the first and those that are asked for; all where none is."""
    named = [at for at, cell in enumerate(header) if at and wanted & set(terms(cell))]
    return [0, *named] if named and len(header) >= WIDE else list(range(len(header)))


def _matching(rows: list[list[str]], wanted: frozenset[str]) -> list[list[str]]:
    """Those with the rarest of the wanted terms; all where none has any."""
    held = [wanted & set(terms(" ".join(row))) for row in rows]
    count = Counter(chain.from_iterable(held))
    worth = [sum(math.log(1 + len(rows) / count[term]) for term in row) for row in held]
    return [row for row, each in zip(rows, worth, strict=True) if each == max(worth)]
