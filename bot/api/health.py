"""Whether this service could answer now, as far as that is told without paying for an answer.

Anybody may ask, so it says yes or no and nothing else, and looks at most every few seconds. No model is asked, and
nothing is written: docs/api.md says so to who relies on it.
"""

import threading
import time
from collections.abc import Callable

from bot.api.limiting import within
from bot.api.parts import Parts
from rag_core.domain import Deadline, QuestionId
from rag_core.errors import RejectedError, SupportBotError, UnavailableError

LASTS = 10.0  # seconds
TIMEOUT = 1.5  # seconds, of both looks together
NOBODYS = QuestionId("health")  # ids of questions are longer


class Pulse:
    """Every answer is found in the index and recorded in the log: both must be there."""

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
            within(deadline, self._ask, grace=0)
        except SupportBotError as error:
            return error
        return None

    def _ask(self) -> None:
        _ = self._parts.index.version
        try:
            self._parts.log.answer(NOBODYS)  # one read, where a sum of counters would be one a shard
        except RejectedError as error:
            if error.__cause__ is not None:  # the service itself refused: it is no table of ours
                raise
