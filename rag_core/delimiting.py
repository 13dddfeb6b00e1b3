"""Where the parts of a streamed text end: a sentence, a line, a table, a block of code.

One policy for all scripts. What stands at the end of what came so far may go on: "2." of 2.50.
"""

import re
from collections.abc import Sequence

from rag_core.markup import ABBREVIATION

CLOSERS = r"""["')\]*_`”’»）」』]"""
SENTENCE = re.compile(
    rf"""[.!?…؟۔।॥]{CLOSERS}*(?=\s+["'(\[`*_“«¿¡]*[^\sa-z])|[。！？｡]{CLOSERS}*(?=\s*[^\s"')\]*_`”’»）」』。！？｡])"""
)
EMOJI = "[\u2600-\u27bf\U0001f000-\U0001faff][\ufe0f\u200d\U0001f3fb-\U0001f3ff]*"
ENDED = re.compile(rf"(?:[.!?…؟۔।॥。！？｡]|{EMOJI}){CLOSERS}*$")
UNFINISHED = re.compile(rf"\d\.{CLOSERS}*$")  # more digits may follow
NUMBER = re.compile(r"\s*\d+[.)]$")  # of a list item: not the end of a sentence
FENCE = re.compile(r"\s*(?:(?:[-*+]|\d+[.)])[ \t]+)?(?:(`{3,})[^`\n]*(?:\n|\Z)|(~{3,}))")
DELIMITER = re.compile(r"[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*")
NOT_COVERED = re.compile(r"\s*(?:[-*+][ \t]+)?[*_]*\[not covered\][*_]*:?", re.IGNORECASE)


def boundary(buffer: str, edges: Sequence[int] = ()) -> int:
    """Where the first part of the buffer ends; 0 while it goes on. `edges`: where blocks of content end in it."""
    start = len(buffer) - len(buffer.lstrip())
    if start == len(buffer):
        return 0
    line_end = buffer.find("\n", start)
    if NOT_COVERED.match(buffer, start):
        return max(line_end, 0)
    if fence := FENCE.match(buffer, start):
        return _fence_end(buffer, start, fence[1] or fence[2], closed=len(buffer) in edges)
    piped = is_table(buffer[start:])
    if piped or piped is None:
        return _table_end(buffer, start) if piped else 0
    stop = line_end if line_end >= 0 else len(buffer)
    return _sentence_end(buffer, start, stop, edges) or max(line_end, 0)


def is_table(text: str) -> bool | None:
    """Whether it begins with one, its rows between pipes or with pipes in them alone; None: not to be told yet."""
    first, newline, rest = text.partition("\n")
    if first.lstrip().startswith("|"):
        return True
    if "|" not in first:
        return False
    second, ended, _ = rest.partition("\n")
    if "|" in second and DELIMITER.fullmatch(second):
        return True
    return None if not newline or (not ended and not second.strip(" \t|:-")) else False


def sentences(line: str) -> list[str]:
    """The line, cut as a streamed one is."""
    found = []
    while end := _sentence_end(line, 0, len(line), ()):
        found.append(line[:end].strip())
        line = line[end:].lstrip()
    return [*found, line.strip()] if line.strip() else found


def _fence_end(buffer: str, start: int, run: str, *, closed: bool) -> int:
    shut = re.compile(rf"\n[^\S\n]*{run}{run[0]}*[^\S\n]*(?=\n)").search(buffer + "\n" * closed, start + len(run) - 1)
    return min(shut.end(), len(buffer)) if shut else 0


def _table_end(buffer: str, start: int) -> int:
    """Behind the last row, once a line follows that is none."""
    end, bare = start, not buffer.startswith("|", start)
    for line in buffer[start:].splitlines(keepends=True):
        whole = line.endswith("\n")
        if not whole and (bare or not line.strip()):
            return 0
        if not (line.lstrip().startswith("|") or (bare and "|" in line)):
            return end
        end += len(line)
    return 0


def _sentence_end(buffer: str, start: int, stop: int, edges: Sequence[int]) -> int:
    ends = [len(buffer[:edge].rstrip()) for edge in edges if start < edge <= stop and _ends_at(buffer, start, edge)]
    for found in SENTENCE.finditer(buffer, start, stop):
        sentence = buffer[start : found.end()]
        if not NUMBER.match(sentence) and not ABBREVIATION.search(sentence[-12:]):
            return min([found.end(), *ends])
    return min(ends, default=0)


def _ends_at(buffer: str, start: int, edge: int) -> bool:
    text, following = buffer[start:edge].rstrip(), buffer[edge : edge + 1]
    if not ENDED.search(text) or NUMBER.match(text):
        return False
    if not following and text == buffer[start:edge]:
        return not UNFINISHED.search(text)
    return not (following.isdigit() and buffer[edge - 1] == ".")
