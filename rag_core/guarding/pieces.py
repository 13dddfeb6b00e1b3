"""What the steps of the guard hand on to each other.

Every step decides from the characters alone, never from how they arrived: so a stream equals the whole.
"""

import re
from collections.abc import Callable
from enum import Enum
from functools import cache
from typing import Protocol


def lazily(regex: str, flags: int = 0) -> Callable[[], re.Pattern[str]]:
    """Compile where it is first needed: together they cost 50 ms, and most answers need few."""
    return cache(lambda: re.compile(regex, flags))


class Kind(Enum):
    """What a piece of Markdown is, and with it what may be done to it."""

    PROSE = "prose"
    LABEL = "label"  # the words of a link that stands: prose that is not cut in two
    CODE = "code"  # inside backticks on one line
    BLOCK = "block"  # inside a fence
    RAW = "raw"  # syntax and targets that have been judged
    OPENING = "opening"  # a fence
    CLOSING = "closing"


IN_CODE = frozenset({Kind.CODE, Kind.BLOCK})


class Sink(Protocol):
    """The next step."""

    def feed(self, text: str, kind: Kind) -> None: ...
