"""Drop what a reader cannot see: controls, what reorders a line, zero-width characters, tags, variation selectors.

Such characters hide data from a person and break up words that the later rules look for.
"""

import re
from collections import Counter

_JOINERS = "\u200c\u200d\ufe0f"
_HIDDEN = (
    "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u115f\u1160\u17b4\u17b5"
    "\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ud800-\udfff\ufdd0-\ufdef\ufe00-\ufe0e"
    "\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
)
# ranges beyond the first plane stand alone: in a class they cost 50 ms to compile
_UNSEEN = f"[{_HIDDEN}]|[\U0001bca0-\U0001bca3]|[\U0001d173-\U0001d17a]|[\U000e0000-\U0010ffff]"
_ODD = re.compile(rf"(?P<line>\r\n?|[\x0b\x0c\x85\u2028\u2029])|(?P<joiner>[{_JOINERS}])|(?P<hidden>{_UNSEEN})")
_CONTEXT = 2  # characters before one that decide about it


class Cleaner:
    """Text in, visible text out, at once; every kind of line break becomes one."""

    def __init__(self, findings: Counter[str]) -> None:
        self._findings, self._before = findings, ""

    def skip(self, text: str) -> None:
        """Take note of a text in which there is nothing to drop."""
        self._before = (self._before + text)[-_CONTEXT:]

    def feed(self, text: str) -> str:
        if self._before.endswith("\r") and text.startswith("\n"):  # its other half has become a line break already
            text, self._before = text[1:], "\n"
        buffer, start = self._before + text, len(self._before)
        self._before = buffer[-_CONTEXT:]
        found: list[str] = []
        for odd in _ODD.finditer(buffer, start):
            found.append(buffer[start : odd.start()])
            kept = odd["joiner"] is not None and _joins(
                buffer[max(odd.start() - _CONTEXT, 0) : odd.start()], odd.group()
            )
            found.append(odd.group() if kept else "\n" if odd["line"] else "")
            self._findings["hidden"] += not kept and not odd["line"]
            start = odd.end()
        return "".join(found) + buffer[start:]


def _joins(before: str, joiner: str) -> bool:
    """Joiners are letters' business in Persian and Hindi, and hold emoji together: one behind a character they join."""
    if joiner == "\u200d" and before.endswith("\ufe0f"):
        before = before[:-1]
    return before[-1:] > "\x9f" and not _ODD.match(before[-1])
