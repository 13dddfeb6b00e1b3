"""How old the knowledge is that answers stand on, told now and then by who answers.

A run that never began tells nothing: so it is not the runs that say it.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

from bot.observability import Telemetry
from rag_core.errors import SupportBotError

EVERY = 300.0  # seconds between two looks of one process


class Ageing:
    """`as_of`: when the index was last brought up to date; None: not since that is on record."""

    def __init__(
        self,
        as_of: Callable[[], datetime | None],
        telemetry: Telemetry,
        *,
        every: float = EVERY,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._as_of, self._telemetry, self._every, self._clock = as_of, telemetry, every, clock
        self._next = 0.0

    def __call__(self) -> None:
        if (now := self._clock()) < self._next:
            return
        self._next = now + self._every
        with suppress(SupportBotError):  # a figure; the next one comes
            if as_of := self._as_of():
                self._telemetry.knowledge(max((datetime.fromtimestamp(now, UTC) - as_of).total_seconds(), 0.0))
