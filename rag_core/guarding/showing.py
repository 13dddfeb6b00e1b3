"""What the cited passages show, looked up when an answer names it: most answers name nothing.

No address and no number crosses white space or a line, so the run or the line around it tells as much as the passage.
"""

from collections.abc import Iterable, Iterator
from functools import cached_property

_BETWEEN = str.maketrans("", "", ".()/-\u2010\u2011\u2012\u2013")


def compact(text: str) -> str:
    """A number without what groups it."""
    return "".join(text.split()).translate(_BETWEEN)


class _Text:
    """One passage, prepared for a kind of search when there is the first."""

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def spaced(self) -> str:
        return self._text.replace("](", " ")  # an address may be its link's own words

    @cached_property
    def lowered(self) -> str:
        """As long as `spaced`, so that places in both are the same."""
        lowered = self.spaced.lower()
        if len(lowered) == len(self.spaced):
            return lowered
        return "".join(letter.lower() if len(letter.lower()) == 1 else letter for letter in self.spaced)

    @cached_property
    def compact(self) -> str:
        return compact(self._text)

    @property
    def lines(self) -> list[str]:
        return self._text.split("\n")


class Shown:
    """The passages of one answer; they only grow."""

    def __init__(self) -> None:
        self._texts: dict[str, _Text] = {}

    def __len__(self) -> int:
        return len(self._texts)

    def add(self, passages: Iterable[str]) -> None:
        for text in passages:
            if text not in self._texts:
                self._texts[text] = _Text(text)

    def runs(self, part: str) -> Iterator[str]:
        """What stands between white space and has `part` in it, in whatever case."""
        part = part.lower()
        for text in self._texts.values():
            place = text.lowered.find(part)
            while place >= 0:
                start = place
                while start and not text.spaced[start - 1].isspace():
                    start -= 1
                end = place + len(part)
                while end < len(text.spaced) and not text.spaced[end].isspace():
                    end += 1
                yield text.spaced[start:end]
                place = text.lowered.find(part, end)

    def lines(self, number: str) -> Iterator[str]:
        """The lines that have these digits in this order, grouped in whatever way."""
        for text in self._texts.values():
            if number in text.compact:
                yield from (line for line in text.lines if number in compact(line))
