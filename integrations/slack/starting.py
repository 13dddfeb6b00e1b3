"""Count the streams that were started: Slack allows about twenty a minute and workspace."""

import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable

MINUTE = 60.0
STARTS = 18  # below Slack's limit: other processes start some as well, and stopping counts by itself


class Starts:
    """This process's starts; what it cannot know Slack's own refusal says."""

    def __init__(self, most: int = STARTS, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._clock = most, clock
        self._taken: defaultdict[str, deque[float]] = defaultdict(deque)
        self._lock = threading.Lock()

    def take(self, team: str) -> bool:
        """Whether another stream may be started now; then it counts."""
        with self._lock:
            taken, now = self._taken[team], self._clock()
            while taken and taken[0] <= now - MINUTE:
                taken.popleft()
            if len(taken) >= self._most:
                return False
            taken.append(now)
            return True
