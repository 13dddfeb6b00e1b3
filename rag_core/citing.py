"""Put an answer together from its statements, the numbers of their sources behind each.

Statement by statement, so that it can be shown as it is made: what was put down is never changed by what follows.
"""

import re
from collections.abc import Sequence
from textwrap import indent

from rag_core.domain import Citation, DocumentId, Passage, SourceName, Statement, Support
from rag_core.markup import MARKER

NEAREST = 3  # pages offered when there is no answer
FENCED = re.compile(r"\s*(?:(?:[-*+]|\d+[.)])[ \t]+)?(`{3,}(?=[^`]*$)|~{3,})")
OWN = re.compile(r"((`+)(?!`).*?(?<!`)\2(?!`)|\[[^\[\]]*\]\(\s*<?(?:https?:|mailto:|/|#)[^)]*\))|\\?\[(\d+)\\?\]")


class Composer:
    """One answer over the passages its statements refer to; sources are numbered as they first appear, from 1."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        self._passages = passages
        self._places: dict[tuple[str, ...], int] = {}
        self._first: list[int] = []  # the passage by which each source is named
        self._quotes: list[list[str]] = []
        self._former, self._cited = "", list[int]()
        self._levels: list[tuple[int, int]] = []  # of the items we are in: where the model began it, where its text is

    @property
    def citations(self) -> tuple[Citation, ...]:
        """The sources so far, each with all that was quoted of it."""
        return tuple(
            cite(self._passages[passage], " ".join(dict.fromkeys(quotes)))
            for passage, quotes in zip(self._first, self._quotes, strict=True)
        )

    def add(self, statement: Statement) -> str:
        """What the statement adds to the text: Markdown, its sources as [1] [2] in the order of `citations`."""
        numbers = sorted({self._number(support) for support in statement.supports})
        marks = " ".join(f"[{number}]" for number in numbers)
        part = _marked(escaped(statement.text), marks)
        gap = self._gap(statement, moved=numbers != self._cited) if self._former else ""
        self._former, self._cited = statement.text, numbers
        return gap + self._placed(part, statement)

    def _gap(self, statement: Statement, *, moved: bool) -> str:
        """The white space before it, without what its line is indented by."""
        here, before = statement.text, self._former
        if statement.gap is None:  # in one line, what two sources say reads as one thought
            return "\n\n" if moved or _is_block(here) or _is_block(before) else " "
        begins = "\n" in statement.gap and MARKER.match(here) and not self._levels
        apart = _is_framed(here) or _is_framed(before) or begins
        return "\n\n" if apart else re.sub(r"(?<=\n)[^\n]+", "", statement.gap)

    def _placed(self, part: str, statement: Statement) -> str:
        """Indented as the list needs it that the line stands in: what is indented without one would be code."""
        _, newline, margin = (statement.gap or "").rpartition("\n")
        if not newline and statement.gap is not None and self._levels:
            return part
        depth = self._within(column := len(margin.expandtabs(4)) if newline else 0)
        for line in [] if _is_framed(statement.text) else statement.text.split("\n"):
            if sign := MARKER.match(line):
                own = len(line) - len(line.lstrip())
                self._within(column + own)
                self._levels.append((column + own, depth + len(sign.group())))
        return indent(part, " " * depth) if depth else part

    def _within(self, column: int) -> int:
        """Where a line begins that the model began there, behind which no deeper item goes on."""
        while self._levels and self._levels[-1][0] > column - 2:
            self._levels.pop()
        return self._levels[-1][1] if self._levels else 0

    def _number(self, support: Support) -> int:
        chunk = self._passages[support.passage].chunk
        place = (chunk.document.source, chunk.document.id, chunk.url)
        if place not in self._places:
            self._places[place] = len(self._places)
            self._first.append(support.passage)
            self._quotes.append([])
        number = self._places[place]
        if support.quote:
            self._quotes[number].append(support.quote)
        return number + 1


def cite(passage: Passage, quote: str = "") -> Citation:
    chunk = passage.chunk
    return Citation(chunk.heading, chunk.url, chunk.document.source, chunk.document.id, quote)


def nearest(passages: Sequence[Passage]) -> tuple[Citation, ...]:
    """The first pages of a ranking, each once."""
    pages: dict[tuple[SourceName, DocumentId], Citation] = {}
    for page in (passage.chunk.document for passage in passages):
        pages.setdefault((page.source, page.id), Citation(page.title, page.url, page.source, page.id))
    return tuple(pages.values())[:NEAREST]


def escaped(text: str) -> str:
    """The text, in which no [2] of its own can be taken for one of our marks; code and links stay as they are."""
    fenced, lines = "", []
    for line in text.split("\n"):
        found = FENCED.match(line)
        if fenced:
            closing = line.strip()
            fenced = "" if closing.startswith(fenced) and not closing.strip(fenced[0]) else fenced
        elif found:
            fenced = found[1]
        else:
            line = OWN.sub(lambda own: own[1] or f"\\[{own[3]}\\]", line)  # noqa: PLW2901
        lines.append(line)
    return "\n".join(lines)


def _is_block(text: str) -> bool:
    """A list, a table or code, with or without the line that leads to it."""
    return "\n" in text or text.startswith(("|", "```", "~~~")) or MARKER.match(text) is not None


def _is_framed(text: str) -> bool:
    """Whether it ends in a table or code, whose last line takes nothing more."""
    return text[text.rfind("\n") + 1 :].lstrip().startswith(("|", "```", "~~~"))


def _is_indented(last: str, lead: str) -> bool:
    """Whether the last line is code by its indent alone, and not by that of a list it stands in."""
    return last.startswith(("    ", "\t")) and MARKER.match(lead) is None


def _marked(text: str, marks: str) -> str:
    """Behind the text, of a list in its last item; beneath a table or code, whose last line takes nothing more; of
    either with a line that leads to it, behind that line.
    """
    lead, _, rest = text.partition("\n\n")
    if "\n" in rest and not _is_block(lead):
        return f"{lead} {marks}\n\n{rest}"
    last = text[text.rfind("\n") + 1 :]
    if _is_framed(text):
        return f"{text}\n\n{last[: len(last) - len(last.lstrip())]}{marks}"
    return f"{text}\n\n{marks}" if _is_indented(last, lead) else f"{text} {marks}"
