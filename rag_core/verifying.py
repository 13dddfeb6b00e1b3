"""Tell whether words that a model gave no source for stand in a passage: whole, never a part that says the opposite.

"Able to send." stands in "Unable to send." as letters, and "Delete it." below "Never do this:" as a line.
"""

import re
from collections.abc import Iterator, Sequence

from rag_core.delimiting import FENCE, sentences
from rag_core.domain import Passage
from rag_core.markup import MARKER

SHORTEST = 12  # characters, below which words that stand in a passage too prove nothing
FEW = 3  # words that may join what has sources
UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")  # no blanks between words
CLAIM = re.compile(r"[\d$€£¥%]|\b(?:not|no|never|none|without|cannot|except|unless|only)\b|n['’]t\b", re.IGNORECASE)
HEADING = re.compile(r"[ \t]*#{1,6}[ \t]")
BEGINS = re.compile(r"[ \t]*(?:\||#{1,6}[ \t]|(?:[-*+]|\d+[.)])(?:[ \t]|$))")  # a row, a heading, an item
QUESTION = re.compile(r"[?？؟][\"')\]*_`”’]*$")


class Verifier:
    """Over the passages that the model was given; they are read when the first words are asked about."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        self._passages = passages
        self._words: list[dict[str, set[str]]] | None = None  # each sentence and line, with the lines that lead to it
        self._code: list[str] | None = None

    def words(self, text: str, lead: str = "") -> dict[int, str]:
        """The passage with this whole sentence, line, item or row; below a line that leads to it only with that."""
        wanted = fold(text)
        if len(wanted) < SHORTEST or QUESTION.search(text):
            return {}
        if self._words is None:
            self._words = [_indexed(passage.chunk.text) for passage in self._passages]
        leads = {"", fold(lead)}
        return _first(bool(leads & found.get(wanted, set())) for found in self._words)

    def code(self, block: str) -> dict[int, str]:
        """The passage with all these lines of code, one below the other."""
        wanted = "\n".join(line.strip() for line in block.splitlines()[1:-1] if line.strip())
        if len(wanted) < SHORTEST:
            return {}
        if self._code is None:
            self._code = ["\n".join(_code(passage.chunk.text)) for passage in self._passages]
        return _first(f"\n{wanted}\n" in f"\n{found}\n" for found in self._code)


def joins(text: str) -> bool:
    """Whether it claims nothing by itself: punctuation, a few words, a line that leads to what follows."""
    body = unmarked(text).strip()
    words = [word for word in body.split() if any(map(str.isalnum, word))]
    leads = body.rstrip("*_").endswith(":")
    return not CLAIM.search(body) and (leads or (len(words) <= FEW and len(UNSPACED.findall(body)) <= FEW))


def unmarked(text: str) -> str:
    """Without the sign of a list's item or of a heading."""
    for sign in (MARKER, HEADING):
        found = sign.match(text)
        text = text[found.end() :] if found else text
    return text


def fold(text: str) -> str:
    """What is the same for a reader: no marks of form, no case, no full stop; cells stay apart."""
    plain = re.sub(r"[*`_\\]", "", unmarked(text.strip())).replace("’", "'").casefold()
    cells = " | ".join(" ".join(cell.split()) for cell in plain.strip(" |").split("|"))
    return re.sub(r"[.。।۔｡:]+$", "", cells).strip()


def _first(held: Iterator[bool]) -> dict[int, str]:
    return {place: "" for place in [next((n for n, yes in enumerate(held) if yes), -1)] if place >= 0}


def _indexed(text: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    lead, led = "", False
    for line in _lines(text):
        parts = sentences(unmarked(line))
        lead = lead if led or MARKER.match(line) else ""
        for each in (line, *parts):
            found.setdefault(fold(each), set()).add(lead)
        if led := line.rstrip("*_ ").endswith(":"):
            lead = fold(parts[-1])
    return found


def _lines(text: str) -> Iterator[str]:
    """As a reader takes them: an item, a row, a paragraph however it is wrapped; code is none."""
    held, run = "", ""
    for line in text.splitlines():
        if run or FENCE.match(line):
            run = _run(line, run)
            line = ""  # noqa: PLW2901 - of code nothing is a sentence
        if held and (not line.strip() or HEADING.match(held) or BEGINS.match(line)):
            yield held
            held = ""
        held = f"{held} {line.strip()}" if held else line.strip() and line.rstrip()
    if held:
        yield held


def _code(text: str) -> Iterator[str]:
    run = ""
    for line in text.splitlines():
        inside, run = run, _run(line, run)
        if (inside and run) or (not run and not inside and line.startswith(("    ", "\t"))):
            yield from [line.strip()] * bool(line.strip())
        elif inside:
            yield ""  # two blocks are not one below the other


def _run(line: str, run: str) -> str:
    """The run of marks that the code is fenced by behind this line, "" outside."""
    if run:
        closing = line.strip()
        return "" if closing.startswith(run) and not closing.strip(run[0]) else run
    found = FENCE.match(line)
    return (found[1] or found[2]) if found else ""
