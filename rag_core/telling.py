"""A run's word to others while it lasts: how far it is; and theirs to it: to stop.

A thread of its own, so that a run is heard of also in the middle of a long step, and waits for nobody who listens.
"""

from collections.abc import Callable

from rag_core.domain import PersonId
from rag_core.errors import CancelledRunError, SupportBotError, UnavailableError
from rag_core.runs import Progress, RunRecord
from rag_core.timing import Repeating

Speak = Callable[[RunRecord, Progress | None], RunRecord | None]


class Voice(Repeating):
    """Speaks every so many seconds; `speak` gives the run as others see it, None when another has taken its place."""

    def __init__(self, run: RunRecord, speak: Speak, every: float) -> None:
        super().__init__(self._say, every)
        self._run, self._speak, self._every = run, speak, every
        self._progress: Progress | None = None
        self._stop: SupportBotError | None = None
        self.cancelled_by: PersonId | None = None

    def progress(self, progress: Progress) -> None:
        """Raises what the run has to stop for."""
        self._progress = progress
        if self._stop:
            raise self._stop

    def _say(self) -> float | None:
        try:
            seen = self._speak(self._run, self._progress)
        except UnavailableError:  # said with the next word; after a while others may take the run for dead
            return self._every
        except SupportBotError as error:
            self._stop = error
            return None
        self._stop = self._reason(seen)
        return self._every

    def _reason(self, seen: RunRecord | None) -> SupportBotError | None:
        if seen is None:
            return UnavailableError("another ingestion of this source has begun, because nothing was heard of this one")
        if not seen.cancelled_by:
            return None
        self.cancelled_by = seen.cancelled_by
        return CancelledRunError(f"{seen.cancelled_by} cancelled it: nothing was changed")
