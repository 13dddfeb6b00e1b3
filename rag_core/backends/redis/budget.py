"""The Budget port on Redis: one script a token, by the clock of the node that has the bucket.

The generic cell rate algorithm (https://brandur.org/rate-limiting#gcra): of a bucket only the time is kept at which it
is full again. That is never later than a whole bucket from now: a node whose clock was ahead locks nobody out.
"""

from hashlib import sha1
from math import ceil
from typing import Any

from redis.exceptions import NoScriptError

from rag_core.backends.redis.connecting import RedisAddress
from rag_core.backends.redis.linking import Link
from rag_core.ports import Budget

MICRO = 1_000_000
TAKE = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local interval, tolerance = tonumber(ARGV[1]), tonumber(ARGV[2])
local full_at = tonumber(redis.call('GET', KEYS[1]) or '') or now
full_at = math.min(math.max(full_at, now), now + tolerance + interval)
local wait = math.max(full_at - tolerance - now, 0)
if wait == 0 then full_at = full_at + interval end
redis.call('SET', KEYS[1], string.format('%.0f', full_at), 'PX', math.ceil((full_at - now) / 1000))
return wait
"""
DIGEST = sha1(TAKE.encode(), usedforsecurity=False).hexdigest()  # Redis's name for it


class RedisBudget:
    """Budget, a context manager. `own` is this process's, which decides while Redis is away."""

    def __init__(self, address: RedisAddress, own: Budget) -> None:
        self._link, self._own = Link(address), own

    def __enter__(self) -> "RedisBudget":
        return self

    def __exit__(self, *_: object) -> None:
        self._link.close()

    def warm(self, seconds: float) -> bool:
        """Connect now, for at most so long. Whether it is there."""
        return self._link.warm(seconds)

    def take(self, name: str, *, rate: float, burst: int) -> float:
        interval = ceil(MICRO / rate)
        shared = self._link.call(lambda: self._run(f"budget:{name}", interval, interval * (burst - 1)), None)
        if shared:
            return shared / MICRO
        own = self._own.take(name, rate=rate, burst=burst)  # counted while all is well too: an outage begins as it was
        return own if shared is None else 0.0

    def _run(self, key: str, interval: int, tolerance: int) -> int | None:
        client: Any = self._link.client
        try:
            return int(client.evalsha(DIGEST, 1, key, interval, tolerance))
        except NoScriptError:  # a node that is new, or was flushed: EVAL leaves it there, and asks no other node
            return int(client.eval(TAKE, 1, key, interval, tolerance))
