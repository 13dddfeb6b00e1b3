"""How many calls Slack takes: tiers a minute for each method and team, and one post a second for each channel."""

import math
import threading
from dataclasses import dataclass

from bot.local.workspace.clock import Clock
from bot.local.workspace.refusing import LimitedError


@dataclass(frozen=True, slots=True)
class Limit:
    """A bucket that holds `burst` calls and refills by `per_minute`."""

    per_minute: float
    burst: float


TIER_2, TIER_3, TIER_4 = (Limit(rate, rate) for rate in (20, 50, 100))
POSTS = Limit(60, 5)  # a channel
SEVERAL_HUNDRED = Limit(600, 600)  # Slack gives no number


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float


class Limits:
    """What is left of every bucket; `on` may be turned off at any time."""

    def __init__(self, clock: Clock, *, on: bool) -> None:
        self.on = on
        self._clock = clock
        self._buckets: dict[tuple[str, ...], _Bucket] = {}
        self._lock = threading.Lock()

    def take(self, limit: Limit, *key: str) -> None:
        """One call, or LimitedError with the seconds until the next one would be taken."""
        if not self.on:
            return
        now = self._clock.now()
        with self._lock:
            bucket = self._buckets.setdefault(key, _Bucket(limit.burst, now))
            bucket.left = min(limit.burst, bucket.left + (now - bucket.at) * limit.per_minute / 60)
            bucket.at = now
            if bucket.left < 1:
                raise LimitedError(max(1, math.ceil((1 - bucket.left) * 60 / limit.per_minute)))
            bucket.left -= 1
