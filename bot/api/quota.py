"""How many questions a caller may ask in a minute.

Two limits, and a question must pass both: a token bucket in this process, which nothing can switch off, and a count in
the shared cache over short spans of time. The cache is down: the first one remains, so a caller has its quota once a
process at the most. Closed would be an outage of the API made from an outage of a cache; open, a wallet without a lid.
"""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus
from math import ceil
from secrets import token_bytes
from typing import Protocol

from bot.api.errors import RefusedError
from rag_core.ports import Cache

MINUTE = 60.0
FEW = 50  # questions in a shared span, about: what one check reads


class Spender(Protocol):
    """Whoever asks; `quota`: questions a minute."""

    @property
    def name(self) -> str: ...

    @property
    def quota(self) -> int: ...


class Quota:
    """Safe to share between threads; without a cache for this process alone."""

    def __init__(self, cache: Cache | None, tenant: str, clock: Callable[[], float] = time.time) -> None:
        self._cache, self._tenant, self._clock = cache, tenant, clock
        self._lock = threading.Lock()
        self._buckets: dict[str, tuple[float, float]] = {}  # tokens, and when that was

    def spend(self, caller: Spender) -> None:
        """Raises RefusedError: 429 with the seconds to wait."""
        wait = self._own(caller)
        wait = max(wait, self._shared(caller, ask=not wait))
        if wait:
            message = f"more than {caller.quota:,} questions a minute: wait {wait} s"
            raise RefusedError(HTTPStatus.TOO_MANY_REQUESTS, "over_quota", message, headers={"Retry-After": str(wait)})

    def _own(self, caller: Spender) -> int:
        rate, now = caller.quota / MINUTE, self._clock()
        with self._lock:
            tokens, at = self._buckets.get(caller.name, (float(caller.quota), now))
            tokens = min(tokens + max(now - at, 0.0) * rate, caller.quota)
            fits = tokens >= 1
            self._buckets[caller.name] = tokens - fits, now
        return 0 if fits else max(ceil((1 - tokens) / rate), 1)

    def _shared(self, caller: Spender, *, ask: bool) -> int:
        """A mark in the span's series: who finds its own among the first so many has passed. A miss passes.

        With `ask` off it looks only, so that who is told to wait need not be told so twice.
        """
        if self._cache is None:
            return 0
        span = max(min(MINUTE, MINUTE * FEW / caller.quota), 1.0)
        most, now = ceil(caller.quota * span / MINUTE), self._clock()
        name, mark = f"{self._tenant}:quota:{caller.name}:{int(now // span)}", token_bytes(8)
        if ask:
            self._cache.append(name, mark, longest=most * 2, ttl=timedelta(seconds=span * 2))
        first = [value for _, value in self._cache.read(name, most=most)]
        if mark in first or len(first) < most:
            return 0
        return max(ceil(span - now % span), 1)
