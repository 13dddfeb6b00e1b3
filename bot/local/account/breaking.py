"""When a webhook is not called for a while: too much of what it answered was no success.

Zendesk names the share and the number of errors within five minutes. How long it pauses, that one request then tries
it, and from how many requests on a share counts, are assumptions.
"""

from collections import deque
from collections.abc import Callable

WINDOW = 300.0  # seconds
SHARE, MOST = 0.7, 1_000  # errors
LEAST = 10  # requests of which a share is taken
PAUSE = 5.0  # seconds


class Breaker:
    """Of one webhook."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._seen: deque[tuple[float, bool]] = deque()
        self._errors = 0
        self._resumes = 0.0
        self.open = False

    def pause(self) -> float:
        """Seconds before which nothing is sent; 0 lets one request go."""
        now = self._clock()
        if not self.open:
            return 0.0
        if now < self._resumes:
            return self._resumes - now
        self._resumes = now + PAUSE  # for all others, until the one that tries it has ended
        return 0.0

    def ended(self, *, well: bool) -> None:
        """A request has."""
        now = self._clock()
        if self.open:
            self._resumes = now + PAUSE
            self.open = not well
            return
        self._seen.append((now, well))
        self._errors += not well
        while self._seen[0][0] <= now - WINDOW:
            self._errors -= not self._seen.popleft()[1]
        if self._errors >= MOST or (len(self._seen) >= LEAST and self._errors >= SHARE * len(self._seen)):
            self.open, self._resumes = True, now + PAUSE
            self._seen.clear()
            self._errors = 0
