"""A client behind its breaker: made at once, and connected with the first use.

Nobody waits for Redis longer than the address's patience, nor at all while it is known to be away.
"""

import threading
from collections.abc import Callable
from typing import TypeVar

from redis.exceptions import RedisClusterException, RedisError, ResponseError

from rag_core.backends.redis.breaker import Breaker
from rag_core.backends.redis.connecting import Client, RedisAddress, connect

FAILURES = (RedisError, RedisClusterException, OSError)
T = TypeVar("T")


class Link:
    """Calls Redis; safe to share between threads."""

    def __init__(self, address: RedisAddress) -> None:
        self._address = address
        self._made: Client | None = None
        self._making = threading.Lock()
        self._breaker = Breaker(
            self._ping, FAILURES, (ResponseError,), patience=address.patience, threads=address.connections
        )

    @property
    def client(self) -> Client:
        """For what is given to `call`."""
        with self._making:
            if self._made is None:
                self._made = connect(self._address)
            return self._made

    def call(self, work: Callable[[], T], missing: T) -> T:
        """What `work` gives; `missing` where Redis does not, or says no."""
        return self._breaker.call(work, missing)

    def warm(self, seconds: float) -> bool:
        """Connect now, for at most so long. Whether it is there."""
        return self._breaker.warm(seconds)

    @property
    def away(self) -> bool:
        """Whether it is being spared after a failure."""
        return self._breaker.open

    def close(self) -> None:
        self._breaker.close()
        if self._made is not None:
            self._made.close()

    def _ping(self) -> object:
        return self.client.ping()
