"""Wait for a dependency a fixed time at most, and not at all while it is known to be away.

A call runs in a thread of its own and is left behind when its time is up. Socket timeouts alone cannot promise that:
they count for each read and not for a name to be resolved, and a cluster client asks other nodes after a failure. What
was left behind still ends, so a connection that takes longer to make than anyone waits is there for the next.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

SHORTEST, LONGEST = 0.25, 2.0  # seconds of rest after a failure, doubled with each failure that follows
T = TypeVar("T")


class Breaker:
    """Runs calls within `patience` seconds; after a failure none, until a `probe` nobody waits for has succeeded."""

    def __init__(
        self,
        probe: Callable[[], object],
        failures: tuple[type[Exception], ...],
        refusals: tuple[type[Exception], ...] = (),
        *,
        patience: float,
        threads: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._probe, self._patience, self._clock = probe, patience, clock
        self._failures: tuple[type[Exception], ...] = (*failures, TimeoutError)
        self._refusals = refusals  # it answered, if only with a no
        self._pool = ThreadPoolExecutor(threads, "redis")
        self._lock = threading.Lock()
        self._probing = False
        self._rest, self._until = 0.0, 0.0  # no rest: closed

    def call(self, work: Callable[[], T], missing: T) -> T:
        """What `work` gives, or `missing`."""
        if self._rest and not self._may_pass():
            return missing
        running = self._pool.submit(work)
        try:
            given = running.result(self._patience)
        except self._refusals:
            return missing
        except self._failures:
            running.cancel()
            self._failed()
            return missing
        return given

    def warm(self, seconds: float) -> bool:
        """Probe now and wait for it longer than any call would."""
        with self._lock:
            self._probing = True
        running = self._pool.submit(self._try)
        wait([running], seconds)
        return running.done() and not self._rest

    @property
    def open(self) -> bool:
        """Whether calls are being spared."""
        return self._rest > 0

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _may_pass(self) -> bool:
        """Never while open; the first call after the rest sends the probe ahead."""
        with self._lock:
            if self._rest and not self._probing and self._clock() >= self._until:
                self._probing = True
                self._pool.submit(self._try)
            return not self._rest

    def _try(self) -> None:
        try:
            self._probe()
        except self._failures:
            self._failed()
        else:
            self._rest = 0.0
        finally:
            self._probing = False

    def _failed(self) -> None:
        with self._lock:
            if self._clock() < self._until and self._rest:
                return  # many calls fail of the same cause
            self._rest = min(max(self._rest * 2, SHORTEST), LONGEST)
            self._until = self._clock() + self._rest
