"""Make statements out of a model's text as it streams in, each with the passages it stands on.

Nothing passes without its source: a sentence waits until its citation is there. One that the model ends without a
citation passes only if it stands word for word in a passage; else it is left out, and what only leads to a cited one
("To do so:", a heading) passes with that.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from rag_core.domain import Passage, Statement, Support
from rag_core.markup import ABBREVIATION, SENTENCE_END

FENCE = re.compile(r"\s*(```|~~~)")
NUMBER = re.compile(r"\s*\d+[.)]$")  # of a list item: not the end of a sentence
ENDED = re.compile(r"""[.!?…。!?]["')\]*_`”’]*$""")
LEADING = re.compile(r"(?::[*_]*|^\s*#{1,6} .*)$", re.DOTALL)
SHORTEST = 12  # characters, below which words that stand in a passage too prove nothing
LONGEST_LEAD = 200  # characters that may pass without a source of their own


@dataclass(slots=True)
class _Segment:
    """The text of one content block so far; its citations hold for all of it."""

    text: str = ""
    supports: dict[int, str] = field(default_factory=dict)
    closed: bool = False


class Assembler:
    """One reply over the passages that the model was given. Text and citations of a block may come in any order."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        self._passages = passages
        self._folded: list[str] | None = None
        self._segments: list[_Segment] = []
        self._lead, self._gap = "", ""
        self.left_out = 0  # characters without a source

    def text(self, text: str) -> Iterator[Statement]:
        """The next piece of the current block."""
        self._current().text += text
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
        yield from self.close()
        rest = "".join(segment.text for segment in self._segments)
        if complete:
            yield from self._taken(len(rest))
        self.left_out += len("".join(segment.text for segment in self._segments).strip()) + len(self._lead)
        self._segments, self._lead = [], ""

    def _current(self) -> _Segment:
        if not self._segments or self._segments[-1].closed:
            self._segments.append(_Segment())
        return self._segments[-1]

    def _ready(self) -> Iterator[Statement]:
        while self._segments:
            buffer = "".join(segment.text for segment in self._segments)
            end = boundary(buffer, closed=self._segments[-1].closed)
            if not end or self._waits(end):
                return
            yield from self._taken(end)

    def _waits(self, end: int) -> bool:
        """Whether a citation for the text before `end` may still come."""
        return any(not segment.closed and not segment.supports for segment, _ in self._before(end))

    def _before(self, end: int) -> Iterator[tuple[_Segment, int]]:
        """The segments that the text before `end` is of, with how much of each."""
        start = 0
        for segment in self._segments:
            if start >= end:
                return
            yield segment, min(len(segment.text), end - start)
            start += len(segment.text)

    def _taken(self, end: int) -> Iterator[Statement]:
        """The text before `end` as a statement, where it has a source."""
        unit, supports = "", dict[int, str]()
        for segment, length in list(self._before(end)):
            unit += segment.text[:length]
            if segment.text[:length].strip():
                supports |= segment.supports
            segment.text = segment.text[length:]
        self._segments = [segment for segment in self._segments if segment.text or not segment.closed]
        space, text = unit[: len(unit) - len(unit.lstrip())], unit.strip()
        self._gap = wider(self._gap, space)
        if not text:
            return
        supports = supports or self._verbatim(text)
        if supports:
            yield self._statement(text, supports)
        elif LEADING.search(text) and len(self._lead) + len(text) <= LONGEST_LEAD:
            self._lead += (wider("", space) if self._lead else "") + text
        else:
            self.left_out += len(text) + len(self._lead)
            self._lead = ""

    def _statement(self, text: str, supports: dict[int, str]) -> Statement:
        if self._lead:
            text = f"{self._lead}{self._gap or ' '}{text}"
        gap, self._lead, self._gap = self._gap, "", ""
        return Statement(text, tuple(Support(place, quote) for place, quote in supports.items()), gap or " ")

    def _verbatim(self, text: str) -> dict[int, str]:
        """The passage in which all of these words, or all lines of this code, stand; none for a few words."""
        lines = text.splitlines()[1:-1] if FENCE.match(text) else [text]
        wanted = [folded for folded in map(_fold, lines) if folded]
        if sum(map(len, wanted)) < SHORTEST:
            return {}
        if self._folded is None:
            self._folded = [_fold(passage.chunk.text) for passage in self._passages]
        places = (n for n, passage in enumerate(self._folded) if all(each in passage for each in wanted))
        return {place: "" for place in [next(places, -1)] if place >= 0}


def boundary(buffer: str, *, closed: bool) -> int:
    """Where the first sentence, line, table or block of code in the buffer ends; 0 while it goes on.

    `closed`: what follows the buffer begins something new.
    """
    start = len(buffer) - len(buffer.lstrip())
    if start == len(buffer):
        return 0
    if fence := FENCE.match(buffer[start:]):
        shut = re.compile(rf"\n\s*{fence[1]}[^\S\n]*(?=\n)").search(buffer + "\n" * closed, start + 3)
        return min(shut.end(), len(buffer)) if shut else 0
    line_end = buffer.find("\n", start)
    if buffer[start] == "|":
        return _table_end(buffer, start)
    for found in SENTENCE_END.finditer(buffer, start, line_end if line_end >= 0 else len(buffer)):
        sentence = buffer[start : found.start()]
        if not NUMBER.match(sentence) and not ABBREVIATION.search(sentence[-12:]):
            return found.start()
    if line_end >= 0:
        return line_end
    return len(buffer.rstrip()) if closed and ENDED.search(buffer.rstrip()) and not NUMBER.match(buffer) else 0


def _table_end(buffer: str, start: int) -> int:
    """Behind the last row, once a line follows that is none."""
    end = start
    for line in buffer[start:].splitlines(keepends=True):
        if not line.startswith("|"):
            return end
        end += len(line)
    return 0


def wider(one: str, other: str) -> str:
    """The space of the two that keeps more apart: a paragraph, a line, a blank, nothing."""
    for space in ("\n\n", "\n"):
        if space in one or space in other:
            return space
    return " " if one or other else ""


def _fold(text: str) -> str:
    return " ".join(re.sub(r"[*`_\\|]", "", text).casefold().split())
