"""Read a fenced block of code line by line, and write it so that every client sees it end where it ends here.

A line that stands further left than its fence would end a list and the code with it: it is moved right.
"""

import re
from typing import Literal

from rag_core.guarding.pieces import Kind, Sink, lazily

_FENCE = lazily(r"(?P<run>`{3,100}(?=[^`\n]{0,200}(?:\n|\Z))|~{3,100}(?!~))(?P<info>[^\n]{0,200})(?=\n|\Z)")
_BEGUN = lazily(r"(?:`{1,100}|`{3,100}[^`\n]{1,200}|~{1,100}|~{3,100}[^\n]{1,200})\Z")
_INFO = lazily(r"[ \t]{0,3}[\w+#.-]{1,30}", re.ASCII)
_SPACES = re.compile(r"[ \t]+")
_DEEP = 4  # columns that make a line code of its own, unless it stands in a list


def begins_fence(text: str, place: int, *, final: bool) -> re.Match[str] | Literal[False] | None:
    """The line that opens a block; None: it is not whole yet."""
    if not final and _BEGUN().match(text, place):
        return None
    return _FENCE().match(text, place) or False


class Fence:
    """One block, from the line that opens it."""

    def __init__(self, opening: re.Match[str], indent: str, sink: Sink) -> None:
        self._run, self._width = opening["run"], _columns(indent)
        self._margin = self._width if self._width < _DEEP else 0  # deeper, only its list would make it code
        self._indent: str | None = None  # of a line that has begun; None: within a line
        info = _INFO().match(opening["info"])
        sink.feed(" " * self._margin + self._run + (info.group() if info else ""), Kind.OPENING)
        closing = re.escape(self._run[0])
        self._closing = re.compile(rf"{closing}{{{len(self._run)},}}[ \t]*(?=\n|\Z)")
        self._may_close = re.compile(rf"{closing}{{0,200}}[ \t]{{0,50}}\Z")
        self.closed = False

    def read(self, text: str, place: int, sink: Sink, *, final: bool) -> int | None:
        """The end of what could be read; None: a line may be the last and is not whole."""
        if self._indent is not None:
            return self._at_line(text, place, sink, final=final)
        if text[place] == "\n":
            self._indent = ""
            return place + 1
        end = text.find("\n", place)
        end = len(text) if end < 0 else end
        sink.feed(text[place:end], Kind.BLOCK)
        return end

    def close(self, sink: Sink) -> None:
        sink.feed(f"\n{' ' * self._margin}{self._run}", Kind.CLOSING)
        self.closed = True

    def _at_line(self, text: str, place: int, sink: Sink, *, final: bool) -> int | None:
        spaces = _SPACES.match(text, place)
        if spaces:
            self._indent = (self._indent or "") + spaces.group()
            return spaces.end()
        shift = _columns(self._indent or "") - self._width
        if shift < _DEEP and text[place] == self._run[0]:
            if not final and self._may_close.match(text, place):
                return None
            closing = self._closing.match(text, place)
            if closing:
                self.close(sink)
                return closing.end()
        sink.feed("\n" + ("" if text[place] == "\n" else self._moved(shift)), Kind.BLOCK)
        self._indent = None
        return place

    def _moved(self, shift: int) -> str:
        if not self._width:
            return self._indent or ""
        return " " * (self._margin + max(shift, 0))


def _columns(indent: str) -> int:
    return len(indent.expandtabs(4))
