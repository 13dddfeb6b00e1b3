"""Mark the words a statement stands on where they stand in their source.

A quote is plain text, the source has tags between its words and its own line breaks: white space does not count.
"""

import html
import re
from collections.abc import Iterator

from markupsafe import Markup

from bot.local.rendering import TOKEN
from rag_core.markup import sentences

CHARACTER = re.compile(r"&#?\w+;|\S")
START, END = "<mark>", "</mark>"
SHORTEST = 12  # characters a sentence must have to be marked on its own


def marked(source: Markup, quote: str) -> Markup:
    """`source` with `quote` marked: as a whole, else those of its sentences that are found."""
    seen = list(_seen(source))
    text = "".join(character for character, _, _ in seen)
    found = [run for run in _wanted(quote, text) if run[1] > run[0]]
    spans = [span for first, last in found for span in _joined(seen[first:last], source)]
    result = str(source)
    for start, end in sorted(set(spans), reverse=True):
        result = f"{result[:start]}{START}{result[start:end]}{END}{result[end:]}"
    return Markup(result)  # noqa: S704 - nothing but marks was added


def _seen(source: str) -> Iterator[tuple[str, int, int]]:
    """Every visible character with its place in the HTML, white space left out."""
    position = 0
    for place, piece in enumerate(TOKEN.split(source)):
        if place % 2 == 0:
            for found in CHARACTER.finditer(piece):
                for character in html.unescape(found[0]).strip():
                    yield character, position + found.start(), position + found.end()
        position += len(piece)


def _wanted(quote: str, text: str) -> list[tuple[int, int]]:
    """Where in `text` the quote stands; runs do not overlap."""
    whole = _run(quote, text, 0)
    if whole:
        return [whole]
    runs, after = [], 0
    for sentence in sentences(quote):
        run = _run(sentence, text, after) if len(sentence) >= SHORTEST else None
        if run:
            runs.append(run)
            after = run[1]
    return runs


def _run(quote: str, text: str, after: int) -> tuple[int, int] | None:
    folded = "".join(quote.replace("`", "").split())
    start = text.find(folded, after) if folded else -1
    return (start, start + len(folded)) if start >= 0 else None


def _joined(run: list[tuple[str, int, int]], source: str) -> Iterator[tuple[int, int]]:
    """The run as few spans of the HTML, none of which contains a tag."""
    start, end = run[0][1], run[0][2]
    for _, first, last in run[1:]:
        if "<" in source[end:first]:
            yield start, end
            start = first
        end = last
    yield start, end
