"""Markdown in parts that fit: cut between blocks, else between items, rows, lines, sentences, words.

Nothing is left out. A fence that is cut is closed and opened again, a table's head is repeated.
"""

import re
from collections.abc import Callable, Iterable, Iterator

_FENCE = re.compile(r"[ \t]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?(`{3,})[^`\n]*")
_ROW = re.compile(r"[ \t]*\|")
_LEADS_ON = re.compile(r"[ \t]*#{1,6} .*|.*:[*_]*")
_WHOLE = re.compile(r"(`+)(?!`)[^\n]+?(?<!`)\1(?!`)|\[[^\]\n]*\]\([^)\n]*\)|\\.|&#?\w+;", re.DOTALL)
_ENDS = (
    re.compile(r"\n(?=(?:[-*+]|\d{1,9}[.)])[ \t])"),  # of an item
    re.compile(r"\n"),
    re.compile(r"[.!?…][\"')\]*_]*[ \t]+"),
    re.compile(r"\s+"),
)
_WORDS = 3  # the last of them

Cut = Callable[[str, int], Iterable[str]]


def split(markdown: str, limit: int) -> list[str]:
    """The parts in order, each at most `limit` characters; none is blank."""
    parts, current = list[str](), ""
    for unit in _joined(_units(markdown), limit):
        for piece in [unit] if len(unit.rstrip()) <= limit else _pieces(unit, limit):
            if current.strip() and len((current + piece).rstrip()) > limit:
                parts.append(current)
                current = ""
            current += piece
    return [part.strip("\n").rstrip() for part in [*parts, current] if part.strip()]


def _units(markdown: str) -> Iterator[str]:
    """Fences, tables and what stands between blank lines, with the blank lines behind; all of the text."""
    unit, kind, fence = "", "", ""
    for line in markdown.splitlines(keepends=True):
        here = _kind(line, fence)
        goes_on = not unit.strip() or here == "blank" or fence or (here == kind and not _ended(unit))
        if not goes_on:
            yield unit
            unit = ""
        if fence and line.strip() == fence:
            fence = ""
            here = "closed"
        elif not fence and here == "fence":
            fence = _marks(line)
        unit += line
        kind = here if here != "blank" else kind
    if unit:
        yield unit


def _kind(line: str, fence: str) -> str:
    if fence:
        return "fence"
    if not line.strip():
        return "blank"
    return "fence" if _marks(line) else "row" if _ROW.match(line) else "text"


def _marks(line: str) -> str:
    found = _FENCE.fullmatch(line.rstrip("\n"))
    return found[1] if found else ""


def _ended(unit: str) -> bool:
    return unit.endswith("\n\n") or not unit.rpartition("\n")[0].rpartition("\n")[2].strip()


def _joined(units: Iterable[str], limit: int) -> Iterator[str]:
    """A heading, or a line that leads to something, with what it leads to."""
    held = ""
    for unit in units:
        if held and len((held + unit).rstrip()) > limit:
            yield held
            held = ""
        held += unit
        if not _LEADS_ON.fullmatch(held.rstrip().rpartition("\n")[2]):
            yield held
            held = ""
    if held:
        yield held


def _pieces(unit: str, limit: int) -> Iterator[str]:
    lines = unit.splitlines(keepends=True)
    if _marks(lines[0]):
        return _of_fence(lines, limit)
    if len(lines) > 2 and _ROW.match(lines[0]) and len(lines[0] + lines[1]) * 2 < limit:
        return _framed(lines[2:], lines[0] + lines[1], "\n", limit, lambda line, room: _broken(line, room, _WORDS))
    return _broken(unit, limit)


def _of_fence(lines: list[str], limit: int) -> Iterator[str]:
    """Out of the list it stood in, if it did: the next message has no list."""
    marks = _marks(lines[0])
    width, body = lines[0].index(marks), lines[1:]
    while body and body[-1].strip() in ("", marks):
        body.pop()
    bare = [line[min(width, len(line) - len(line.lstrip(" "))) :] for line in body]
    return _framed(bare, lines[0][width:], f"{marks}\n\n", limit, _hard)


def _framed(lines: list[str], head: str, foot: str, limit: int, cut: Cut) -> Iterator[str]:
    """Lines between the same head and foot in every piece."""
    room = limit - len(head) - len(foot) - 1
    held = ""
    for line in lines:
        for part in cut(line, room):
            if held and len(held + part) > room:
                yield head + _ended_line(held) + foot
                held = ""
            held += part
    yield head + _ended_line(held) + foot


def _ended_line(text: str) -> str:
    return text if text.endswith("\n") else f"{text}\n"


def _broken(text: str, limit: int, level: int = 0) -> Iterator[str]:
    if len(text.rstrip()) <= limit:
        yield text
    elif level == len(_ENDS):
        yield from _hard(text, limit)
    else:
        held = ""
        for atom in _atoms(text, _ENDS[level]):
            if held and len((held + atom).rstrip()) > limit:
                yield from _broken(held, limit, level + 1)
                held = ""
            held += atom
        yield from _broken(held, limit, level + 1)


def _atoms(text: str, end: re.Pattern[str]) -> Iterator[str]:
    """Cut behind each end, never within code, a link or an entity."""
    wholes = [found.span() for found in _WHOLE.finditer(text)]
    start = place = 0
    for found in end.finditer(text):
        while place < len(wholes) and wholes[place][1] <= found.start():
            place += 1
        if place < len(wholes) and wholes[place][0] < found.end() and found.start() < wholes[place][1]:
            continue
        yield text[start : found.end()]
        start = found.end()
    if start < len(text):
        yield text[start:]


def _hard(text: str, limit: int) -> Iterator[str]:
    """Where there is no better place: not within an escape or an entity, if these fit."""
    while len(text.rstrip("\n")) > limit:
        cut = limit
        for found in _WHOLE.finditer(text, max(limit - 40, 0), min(limit + 40, len(text))):
            if found.start() < limit < found.end() and found.start() > 0:
                cut = found.start()
        yield text[:cut]
        text = text[cut:]
    if text:
        yield text
