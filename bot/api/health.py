"""Whether this service could answer now.

Anybody may ask, so it says yes or no and nothing else, and looks at most every few seconds.
"""

import threading
import time
from collections.abc import Callable

from bot.api.limiting import within
from bot.api.parts import Parts
from rag_core.domain import Deadline
from rag_core.errors import SupportBotError, UnavailableError

LASTS = 10.0  # seconds
TIMEOUT = 3.0  # seconds


class Pulse:
    """An index that answers is what every answer needs."""

    def __init__(self, parts: Parts, clock: Callable[[], float] = time.monotonic) -> None:
        self._parts, self._clock, self._lock = parts, clock, threading.Lock()
        self._looked = float("-inf")
        self._error: SupportBotError | None = None

    def check(self, deadline: Deadline) -> None:
        """Raises UnavailableError."""
        with self._lock:
            if self._clock() - self._looked >= LASTS:
                self._error = self._look(Deadline.within(min(TIMEOUT, deadline.remaining)))
                self._looked = self._clock()
            if self._error is not None:
                raise UnavailableError(f"not healthy: {self._error}", retry_after=LASTS) from self._error

    def _look(self, deadline: Deadline) -> SupportBotError | None:
        try:
            within(deadline, lambda: self._parts.index.version)
        except SupportBotError as error:
            return error
        return None
