"""Make statements out of a model's text as it streams in, each with the passages it stands on.

Nothing passes without its source: a sentence waits until its citation is there. One that the model ends without a
citation passes only if it stands word for word in a passage (`verifying`); else it is left out, and what only leads to
a cited one ("To do so:", a heading) passes with that.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from textwrap import dedent, indent

from rag_core.delimiting import DELIMITER, FENCE, NOT_COVERED, boundary, is_table
from rag_core.domain import Passage, Statement, Support
from rag_core.markup import MARKER, plain_text
from rag_core.verifying import Verifier, fold, joins

LEADING = re.compile(r"(?::[*_]*|^\s*#{1,6} .*)$", re.DOTALL)
REFUSAL = "i don't know"  # as the rules prescribe it, folded
APOLOGY = re.compile(r"(?:i['’]?m |i am )?(?:very |so )?sorry[!,]?|(?:my )?apologies[!,]?|unfortunately[!,]?")  # folded
LINK = re.compile(r"\S*(?:://|www\.)\S*")
PARAGRAPH = re.compile(r"\n[^\S\n]*\n")
MARKS = re.compile(r"\s*(?:(?:`{3,}|~{3,})[^\n]*)?\s*")  # nothing but the fence of code
LONGEST_LEAD = 200  # characters that may pass without a source of their own
LONGEST_NOT_COVERED = 200


@dataclass(slots=True)
class _Segment:
    """The text of one content block so far, or a part of it; its citations hold for all of it."""

    text: str = ""
    supports: dict[int, str] = field(default_factory=dict)
    closed: bool = False


class Assembler:
    """One reply over the passages that the model was given. Text and citations of a block may come in any order."""

    def __init__(self, passages: Sequence[Passage], question: str = "") -> None:
        self._passages, self._question = passages, fold(question)
        self._verifier = Verifier(passages)
        self._segments: list[_Segment] = []
        self._lead, self._lead_gap, self._lead_indent = "", "", ""  # it waits for the statement it leads to
        self._above = ""  # the last line that led to one
        self._gap, self._indent, self._marker = "", "", ""  # of the line that is read
        self._begun = False
        self.refused = False  # the model says that it does not know: nothing else it says is an answer
        self.not_covered = ""  # what the documents do not answer, in plain words of the model's own: without a source
        self.left_out = 0  # characters without a source

    def text(self, text: str) -> Iterator[Statement]:
        """The next piece of the current block."""
        self._current().text += text.replace("\r", "")
        return self._ready()

    def cite(self, passage: int, quote: str = "") -> Iterator[Statement]:
        """The current block stands on this passage; an index that there is none of proves nothing."""
        if 0 <= passage < len(self._passages):
            self._current().supports.setdefault(passage, quote)
        return self._ready()

    def close(self) -> Iterator[Statement]:
        """The current block has ended."""
        if self._segments:
            self._segments[-1].closed = True
        return self._ready()

    def end(self, *, complete: bool) -> Iterator[Statement]:
        """The reply has ended; of one that was cut off an unfinished sentence is left out."""
        if complete and self._segments:
            self._segments[-1].closed = True
            self._segments[-1].text += "\n\n"  # behind which no line, table or block of code goes on
            yield from self._ready()
            yield from self._taken(sum(len(segment.text) for segment in self._segments))
        self.left_out += len("".join(segment.text for segment in self._segments).strip()) + len(self._lead)
        self._segments, self._lead = [], ""

    def _current(self) -> _Segment:
        if not self._segments or self._segments[-1].closed:
            self._segments.append(_Segment())
        return self._segments[-1]

    def _ready(self) -> Iterator[Statement]:
        while self._segments:
            buffer, edges = "", []
            for segment in self._segments:
                buffer += segment.text
                edges += [len(buffer)] * segment.closed
            end = boundary(buffer, edges)
            if not end or self._waits(end):
                return
            yield from self._taken(end)

    def _waits(self, end: int) -> bool:
        """Whether a citation for the text before `end` may still come."""
        start = 0
        for segment in self._segments:
            if start < end and not segment.closed and not segment.supports:
                return True
            start += len(segment.text)
        return False

    def _taken(self, end: int) -> Iterator[Statement]:
        """The text before `end` as a statement, where it has a source."""
        pieces, self._segments = _cut(self._segments, end)
        self._segments = [segment for segment in self._segments if segment.text or not segment.closed]
        unit = "".join(piece.text for piece in pieces)
        if not unit.strip():
            self._leave(unit)
        elif found := NOT_COVERED.match(unit):
            self.not_covered = LINK.sub("", plain_text(unit[found.end() :]))[:LONGEST_NOT_COVERED].strip()
        elif self.refused or self._is_none(unit, pieces):
            self.left_out += len(unit.strip())
        else:
            yield from self._judged(unit, pieces)

    def _is_none(self, unit: str, pieces: Sequence[_Segment]) -> bool:
        """Whether it says that there is no answer, is sorry for that, or only repeats the question."""
        said = {fold(unit), *(fold(piece.text) for piece in pieces)}
        self.refused = REFUSAL in said and not self._begun
        return REFUSAL in said or fold(unit) == self._question != "" or APOLOGY.fullmatch(fold(unit)) is not None

    def _judged(self, unit: str, pieces: list[_Segment]) -> Iterator[Statement]:
        self._leave(unit[: len(unit) - len(unit.lstrip())])
        text, supports = self._sourced(unit, pieces)
        if supports:
            yield self._statement(text, supports)
        elif LEADING.search(text) and len(self._lead) + len(text) <= LONGEST_LEAD:
            self._waiting(text)
        else:
            self._drop(text)

    def _drop(self, text: str) -> None:
        """What leads to a list stays, whichever of its items goes; what leads to anything else goes with that."""
        self.left_out += len(text)
        sign = MARKER.match(text)
        if self._lead and not (sign and not MARKER.match(self._lead)):
            self.left_out += len(self._lead)
            self._gap = wider(self._gap, self._lead_gap)
            self._lead, self._lead_gap, self._above = "", "", ""
        self._marker = sign.group() if sign else self._marker

    def _waiting(self, text: str) -> None:
        if self._lead:
            self._lead += self._led(text)
        else:
            self._lead, self._lead_gap, self._lead_indent = text, self._gap or " ", self._indent
        self._above, self._gap = text, ""

    def _leave(self, space: str) -> None:
        """Space between what was shown and what will be: the widest there was, and how far the line is indented."""
        self._gap = wider(self._gap, space)
        _, newline, margin = space.rpartition("\n")
        if newline or not self._begun:
            self._indent = margin
        if newline:
            self._marker = ""

    def _sourced(self, unit: str, pieces: list[_Segment]) -> tuple[str, dict[int, str]]:
        """The text of the unit, or of those of its rows that have a source; and its sources."""
        if FENCE.match(unit):
            text = dedent(self._indent + unit.lstrip().rstrip())
            return text, self._of_code(text, pieces)
        if is_table(unit.lstrip() + "\n\n"):
            return self._table(pieces)
        return unit.strip(), self._of_words(unit.strip(), pieces)

    def _of_code(self, text: str, pieces: list[_Segment]) -> dict[int, str]:
        bare = [piece.text for piece in pieces if not piece.supports]
        return _union(pieces) if all(map(MARKS.fullmatch, bare)) else self._verifier.code(text)

    def _of_words(self, text: str, pieces: list[_Segment]) -> dict[int, str]:
        """One part with a source says nothing for the parts without: each stands in a passage, or only joins."""
        supports = _union(pieces)
        if not supports:
            return self._verifier.words(text, self._above)
        for piece in pieces:
            if not piece.supports and not joins(piece.text):
                found = self._verifier.words(piece.text, self._above)
                if not found:
                    return self._verifier.words(text, self._above)
                supports = supports | found
        return supports

    def _table(self, pieces: list[_Segment]) -> tuple[str, dict[int, str]]:
        """Row by row: one without a source is left out; the names of the columns need none of their own."""
        lines = "".join(piece.text for piece in pieces).splitlines(keepends=True)
        names = [line for line in lines if line.strip()][:2]
        free = names if len(names) == 2 and DELIMITER.fullmatch(names[1].strip()) else []
        rows: list[str] = []
        supports: dict[int, str] = {}
        for line in lines:
            row, pieces = _cut(pieces, len(line))
            found = {} if len(rows) < len(free) else self._of_words(line.strip(), row)
            if line.strip() and (found or len(rows) < len(free)):
                rows.append(_piped(line.strip()))
                supports = supports | found
            else:
                self.left_out += len(line.strip())
        return "\n".join(rows), supports

    def _statement(self, text: str, supports: dict[int, str]) -> Statement:
        if text.rstrip("*_").endswith(":"):
            self._above = text
        elif not MARKER.match(text):
            self._above = ""
        if self._marker:
            text = self._marker.lstrip() + text
        gap, margin = self._gap, self._indent
        if self._lead:
            text, gap, margin = self._lead + self._led(text), self._lead_gap, self._lead_indent
        self._lead, self._gap, self._lead_gap, self._marker, self._begun = "", "", "", "", True
        gap = gap + margin if "\n" in gap else gap or " "
        return Statement(text, tuple(Support(place, quote) for place, quote in supports.items()), gap)

    def _led(self, text: str) -> str:
        """The text behind what leads to it: a list below a line of prose begins a block of its own."""
        if "\n" not in self._gap:
            return f" {text}"
        own = MARKER.match(text) and not MARKER.match(self._lead)
        return ("\n\n" if own else self._gap) + indent(text, self._indent[len(self._lead_indent) :])


def wider(one: str, other: str) -> str:
    """The space of the two that keeps more apart: a paragraph, a line, a blank, nothing."""
    if PARAGRAPH.search(one) or PARAGRAPH.search(other):
        return "\n\n"
    return "\n" if "\n" in one + other else " " if one or other else ""


def _cut(segments: Sequence[_Segment], end: int) -> tuple[list[_Segment], list[_Segment]]:
    """The text before `end`, and that behind it, each with its citations."""
    before, behind = [], []
    for segment in segments:
        if text := segment.text[: max(end, 0)]:
            before.append(_Segment(text, segment.supports, closed=True))
        behind.append(replace(segment, text=segment.text[max(end, 0) :]))
        end -= len(segment.text)
    return before, behind


def _union(pieces: Sequence[_Segment]) -> dict[int, str]:
    found: dict[int, str] = {}
    for piece in pieces:
        found |= piece.supports if piece.text.strip() else {}
    return found


def _piped(row: str) -> str:
    """The row as one that begins and ends with a pipe, so that it is one wherever it stands."""
    return row if row.startswith("|") else f"| {row.removesuffix('|').rstrip()} |"
