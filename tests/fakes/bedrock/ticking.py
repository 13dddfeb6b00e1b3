"""One timer for many streams.

They tick on one grid of 4 ms, so that hundreds of them share the timers and wake-ups of the loop.
"""

import asyncio
import math
from collections import defaultdict
from collections.abc import Callable

_GRID = 250.0  # lines a second


class Ticker:
    """Runs what is due at the next line of the grid."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._due: defaultdict[int, list[Callable[[], None]]] = defaultdict(list)

    def at(self, when: float, action: Callable[[], None]) -> None:
        line = math.ceil(when * _GRID)
        if line not in self._due:
            self._loop.call_at(line / _GRID, self._run, line)
        self._due[line].append(action)

    def _run(self, line: int) -> None:
        for action in self._due.pop(line):
            action()
