"""Slack's clock: what expires after minutes can expire at once."""

import threading
import time


class Clock:
    """Real time, plus whatever was skipped; a message's ts is always real, strictly rising and unique."""

    def __init__(self) -> None:
        self._skipped = 0.0
        self._last = 0
        self._lock = threading.Lock()

    def now(self) -> float:
        return time.time() + self._skipped

    def skip(self, seconds: float) -> None:
        self._skipped += seconds

    def ts(self) -> str:
        with self._lock:
            self._last = max(self._last + 1, time.time_ns() // 1000)
            return f"{self._last // 1_000_000}.{self._last % 1_000_000:06d}"
