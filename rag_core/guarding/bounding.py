"""Refuse an operator's regular expression that a hostile text could make slow.

`re` cannot be interrupted and backtracks; so what it may cost at one character is counted before it is ever used.
"""

import re
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any

from rag_core.errors import MisconfiguredError

_LONGEST = 300  # characters a pattern may match
_WAYS = 500  # in which it may try to match at one place
_REPEATS = frozenset({sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT})


def bounded(name: str, regex: str) -> None:
    """Raise MisconfiguredError for what does not compile, may be long, or can be tried in too many ways."""
    try:
        parsed = _parser.parse(regex)
        re.compile(regex)
    except (re.error, OverflowError, RecursionError) as error:
        raise MisconfiguredError(f"pattern '{name}' is no regular expression: {error}") from error
    shortest, longest = parsed.getwidth()
    if not shortest:
        raise MisconfiguredError(f"pattern '{name}' matches nothing at all: it would match everywhere")
    if longest > _LONGEST:
        raise MisconfiguredError(
            f"pattern '{name}' has no end: write {{1,64}} for + and {{0,64}} for *, {_LONGEST} characters at most"
        )
    if _ways(parsed) > _WAYS:
        raise MisconfiguredError(
            f"pattern '{name}' can be tried in more than {_WAYS} ways at one place: fewer or shorter repeats, "
            "none within another"
        )


def _ways(parsed: Any) -> int:
    """An upper bound on how many ways lead through: repeats multiply, branches add."""
    ways = 1
    for code, value in parsed:
        ways *= _ways_of(code, value)
        if ways > _WAYS:
            break
    return ways


def _ways_of(code: Any, value: Any) -> int:
    if code in _REPEATS:
        least, most, inner = value
        within = _ways(inner)
        return (int(most) - int(least) + 1) * (1 if within == 1 else within ** min(int(most), 10))
    if code is sre.BRANCH:
        return sum(_ways(branch) for branch in value[1])
    if code is sre.SUBPATTERN:
        return _ways(value[-1])
    if code in (sre.ASSERT, sre.ASSERT_NOT):
        return _ways(value[1])
    if code is sre.ATOMIC_GROUP:
        return _ways(value)
    return _WAYS + 1 if code in (sre.GROUPREF, sre.GROUPREF_EXISTS) else 1
