"""A circuit that processes share through their cache: that a part hangs, not each of them must find out for itself.

Only that is shared. One that refuses, as there are too many requests, lets others through; and whoever rests together
comes back together.
"""

import time
from collections.abc import Callable
from datetime import timedelta

import msgspec

from rag_core.caching.keys import FORMAT
from rag_core.ports import Cache
from rag_core.resting import Circuit

LOOK = 1.0  # seconds between two looks of a process at what the others met
KEPT = timedelta(minutes=10)


class _Hung(msgspec.Struct, frozen=True):
    """What all have met: how often in a row, and until when it rests, in seconds of the wall clock."""

    times: int
    rest: float
    until: float


class SharedCircuit(Circuit):
    """Of the part `name`, with whose it is. Its own failures count as ever; where the cache is away, they alone do."""

    def __init__(
        self,
        name: str,
        cache: Cache,
        failures: int = 5,
        rest: float = 5.0,
        longest_rest: float = 60.0,
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(failures, rest, longest_rest, clock=clock)
        self._key, self._cache, self._now = f"{FORMAT}:circuit:{name}", cache, now
        self._seen: _Hung | None = None
        self._looked = -LOOK

    def rests(self) -> float:
        if own := super().rests():
            return own
        if self._clock() - self._looked >= LOOK:
            self._look()
        if (seen := self._seen) is None or seen.times < self._failures:
            return 0.0
        if (left := seen.until - self._now()) > 0:
            return left
        self._tell(seen.times, min(seen.rest * 2, self._longest))  # this call tries it, the others go on waiting
        return 0.0

    def failed(self, *, hung: bool = False) -> None:
        super().failed()
        if hung:
            seen = self._look()
            self._tell(seen.times + 1 if seen else 1, seen.rest if seen else self._shortest)

    def answered(self) -> None:
        super().answered()
        if self._seen is not None:
            self._seen = None
            self._cache.remove([self._key])

    @property
    def open(self) -> bool:
        return super().open or (self._seen is not None and self._seen.times >= self._failures)

    def _look(self) -> _Hung | None:
        [value] = self._cache.get([self._key])
        self._looked = self._clock()
        try:
            self._seen = msgspec.json.decode(value, type=_Hung) if value else None
        except msgspec.DecodeError:  # of another release
            self._seen = None
        return self._seen

    def _tell(self, times: int, rest: float) -> None:
        self._seen = _Hung(times, rest, self._now() + rest if times >= self._failures else 0.0)
        self._cache.put({self._key: msgspec.json.encode(self._seen)}, ttl=KEPT)
