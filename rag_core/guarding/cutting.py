"""End a text that is too long where a sentence ends, and say so.

Nothing is taken back: close to the limit, what may have to go is held until it is known whether it has to.
"""

import string
from collections import Counter

from rag_core.guarding.pieces import Kind

_ZONE = 400  # characters before the limit in which the end of a sentence is looked for
_INFO = string.ascii_letters + string.digits + "+#.-_ "
_CUTTABLE = frozenset({Kind.PROSE, Kind.BLOCK})


class Cutter:
    """Pieces in; `released()` gives what may go out now. At most `longest` characters, the sign included."""

    def __init__(self, longest: int, sign: str, findings: Counter[str]) -> None:
        self._longest, self._sign, self._findings = longest, sign, findings
        self._free = longest - min(_ZONE, longest // 2)
        self._out: list[str] = []
        self._held, self._weak, self._last = "", 0, ""  # `_weak`: where between two words it could end
        self._gone = 0  # characters let go
        self._fence = ""
        self._sentenced = False  # a sentence's end was found: no half of the next one
        self.full = False

    def feed(self, text: str, kind: Kind) -> None:
        if self.full:
            return
        if self._gone + len(self._held) + len(text) <= self._free:
            self._release(text)
        else:
            for part in text if text.isspace() else (text,):  # where it ends must not hang on how it came
                self._hold(part, kind)
        self._last = text[-1:] or self._last
        if kind is Kind.OPENING:
            self._fence = text.rstrip().rstrip(_INFO)
        elif kind is Kind.CLOSING:
            self._fence = ""

    def released(self) -> str:
        text = "".join(self._out)
        self._out.clear()
        return text

    def finish(self) -> None:
        if not self.full:
            self._release(self._held)

    def cut(self) -> None:
        """End here, or where a sentence or a word before ended."""
        if self.full:
            return
        self._release(self._held[: self._weak] + self._ending())
        self._findings["cut"] += 1
        self.full = True

    def _hold(self, text: str, kind: Kind) -> None:
        if kind in _CUTTABLE and text.isspace() and not self._last.isspace():
            self._mark(sentence=text == "\n" or self._ends_a_sentence())
        if not self.full and self._gone + len(self._held) + len(text) > self._longest:
            self.cut()
        self._held += text
        self._last = text[-1:]

    def _mark(self, *, sentence: bool) -> None:
        """The text could end here, if the sign still has room."""
        if self._gone + len(self._held) + len(self._ending()) > self._longest:
            return
        if sentence:
            self._release(self._held)
            self._held, self._weak, self._sentenced = "", 0, True
        elif not self._sentenced:
            self._weak = len(self._held)

    def _ends_a_sentence(self) -> bool:
        return (self._held or self._last).rstrip("\"')]*_").endswith((".", "!", "?", ":", "…"))

    def _ending(self) -> str:
        """A fence that is open is closed: what a channel adds below is not code."""
        return f"\n{self._fence}\n\n{self._sign}" if self._fence else f" {self._sign}"

    def _release(self, text: str) -> None:
        self._out.append(text)
        self._gone += len(text)
