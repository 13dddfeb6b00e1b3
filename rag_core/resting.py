"""Leave alone what has failed again and again, and let one caller at a time see whether it is back.

Whoever is in trouble must not be asked more often than in health: each look that fails doubles the rest until the next.
"""

import threading
import time
from collections.abc import Callable


class Circuit:
    """Of one dependency and process; safe to share between threads. Times in seconds."""

    def __init__(
        self,
        failures: int = 5,
        rest: float = 5.0,
        longest_rest: float = 30.0,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`failures`: in a row, after which it rests."""
        self._failures, self._shortest, self._longest, self._clock = failures, rest, longest_rest, clock
        self._lock = threading.Lock()
        self._failed, self._rest, self._until = 0, rest, 0.0

    def rests(self) -> float:
        """Seconds until it may be called; 0 for whoever is to call it now: one, where it has failed before."""
        with self._lock:
            now = self._clock()
            if self._failed < self._failures:
                return 0.0
            if now < self._until:
                return self._until - now
            self._rest = min(self._rest * 2, self._longest)
            self._until = now + self._rest  # this call tries it, the others go on waiting
            return 0.0

    def failed(self, *, hung: bool = False) -> None:  # noqa: ARG002 - for whom that makes a difference
        """`hung`: it did not refuse, it gave no answer in most of the time that it had."""
        with self._lock:
            self._failed += 1
            if self._failed >= self._failures:
                self._until = self._clock() + self._rest

    def answered(self) -> None:
        """Whatever it said: it was there."""
        with self._lock:
            self._failed, self._rest = 0, self._shortest

    @property
    def open(self) -> bool:
        """Whether it has failed so often that it is left alone."""
        return self._failed >= self._failures
