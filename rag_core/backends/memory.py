"""A cache in this process, for one machine.

Bounded by bytes: what was not asked for the longest goes first, and a value larger than a share of it is not kept.
"""

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice

ROOM = 64 * 1024 * 1024
SHARE = 8  # no value takes more than an eighth of the room
OVERHEAD = 200  # bytes a value costs beside itself and its key


@dataclass(slots=True)
class _Kept:
    expires: float
    size: int
    value: bytes


@dataclass(slots=True)
class _Series:
    expires: float
    size: int = 0
    values: deque[tuple[int, bytes]] = field(default_factory=deque)


class MemoryCache:
    """Cache; safe to share between threads."""

    def __init__(self, room: int = ROOM, clock: Callable[[], float] = time.monotonic) -> None:
        self._room, self._clock = room, clock
        self._lock = threading.Lock()
        self._held: OrderedDict[str, _Kept | _Series] = OrderedDict()
        self._size = self._marks = 0

    def get(self, keys: Sequence[str]) -> list[bytes | None]:
        with self._lock:
            return [self._value(key) for key in keys]

    def put(self, values: Mapping[str, bytes], *, ttl: timedelta) -> None:
        with self._lock:
            for key, value in values.items():
                self._put(key, value, ttl)

    def add(self, key: str, value: bytes, *, ttl: timedelta) -> bool:
        with self._lock:
            if self._alive(key) is not None:
                return False
            self._put(key, value, ttl)
            return True

    def remove(self, keys: Sequence[str], *, holding: bytes | None = None) -> None:
        with self._lock:
            for key in keys:
                if holding is None or self._value(key) == holding:
                    self._drop(key)

    def append(self, name: str, value: bytes, *, longest: int, ttl: timedelta) -> None:
        with self._lock:
            former = self._alive(name)
            series = former if isinstance(former, _Series) else _Series(0.0)
            self._drop(name)
            self._marks += 1
            series.values.append((self._marks, value))
            while len(series.values) > longest:
                series.values.popleft()
            series.expires = self._clock() + ttl.total_seconds()
            series.size = sum(OVERHEAD + len(each) for _, each in series.values)
            self._hold(name, series)

    def read(self, name: str, *, after: str = "", most: int = 1000) -> list[tuple[str, bytes]]:
        with self._lock:
            series = self._alive(name)
            if not isinstance(series, _Series):
                return []
            behind = int(after or 0)
            return [(str(mark), value) for mark, value in islice((v for v in series.values if v[0] > behind), most)]

    def _value(self, key: str) -> bytes | None:
        kept = self._alive(key)
        return kept.value if isinstance(kept, _Kept) else None

    def _alive(self, key: str) -> "_Kept | _Series | None":
        kept = self._held.get(key)
        if kept is None:
            return None
        if kept.expires <= self._clock():
            self._drop(key)
            return None
        self._held.move_to_end(key)
        return kept

    def _put(self, key: str, value: bytes, ttl: timedelta) -> None:
        self._drop(key)
        size = OVERHEAD + len(key) + len(value)
        self._hold(key, _Kept(self._clock() + ttl.total_seconds(), size, value))

    def _hold(self, key: str, kept: "_Kept | _Series") -> None:
        if kept.size > self._room // SHARE:
            return
        self._held[key] = kept
        self._size += kept.size
        while self._size > self._room:
            self._drop(next(iter(self._held)))

    def _drop(self, key: str) -> None:
        kept = self._held.pop(key, None)
        if kept is not None:
            self._size -= kept.size
