"""A cache and a budget in this process, for one machine.

Both are bounded. The cache by bytes: what was not asked for the longest goes first, and a value larger than a share of
it is not kept. The budget forgets buckets that are full.
"""

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from math import ceil

ROOM = 64 * 1024 * 1024
SHARE = 8  # no value takes more than an eighth of the room
OVERHEAD = 200  # bytes a value costs beside itself and its key
MICRO = 1_000_000
FEW = 1_000  # buckets, below which full ones are not looked for


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


class MemoryBudget:
    """Budget; safe to share between threads.

    By the generic cell rate algorithm: of a bucket only the time is kept at which it is full again.
    https://brandur.org/rate-limiting#gcra
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._full_at: dict[str, int] = {}  # microseconds
        self._most = FEW

    def take(self, name: str, *, rate: float, burst: int) -> float:
        interval = ceil(MICRO / rate)
        with self._lock:
            now = int(self._clock() * MICRO)
            full_at = min(max(self._full_at.get(name, now), now), now + burst * interval)  # the rate may be another now
            wait = full_at - (burst - 1) * interval - now
            self._full_at[name] = full_at if wait > 0 else full_at + interval
            self._forget(now)
        return max(wait, 0) / MICRO

    def _forget(self, now: int) -> None:
        if len(self._full_at) > self._most:
            self._full_at = {name: at for name, at in self._full_at.items() if at > now}
            self._most = max(FEW, 2 * len(self._full_at))
