"""A run's word to others while it lasts: how far it is; and theirs to it: to stop.

A thread of its own, so that a run is heard of also in the middle of a long step, and waits for nobody who listens.
"""

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from rag_core.domain import PersonId
from rag_core.errors import CancelledRunError, SupportBotError, UnavailableError
from rag_core.runs import Progress, RunRecord

Speak = Callable[[RunRecord, Progress | None], RunRecord | None]


class Voice:
    """Speaks every so many seconds; `speak` gives the run as others see it, None when another has taken its place."""

    def __init__(self, run: RunRecord, speak: Speak, every: float) -> None:
        self._run, self._speak, self._every = run, speak, every
        self._progress: Progress | None = None
        self._stop: SupportBotError | None = None
        self.cancelled_by: PersonId | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._go_on, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def progress(self, progress: Progress) -> None:
        """Raises what the run has to stop for."""
        self._progress = progress
        if self._stop:
            raise self._stop

    def _go_on(self) -> None:
        while not self._over.wait(self._every):
            try:
                seen = self._speak(self._run, self._progress)
            except UnavailableError:  # said with the next word; after a while others may take the run for dead
                continue
            except SupportBotError as error:
                self._stop = error
                return
            self._stop = self._reason(seen)

    def _reason(self, seen: RunRecord | None) -> SupportBotError | None:
        if seen is None:
            return UnavailableError("another ingestion of this source has begun, because nothing was heard of this one")
        if not seen.cancelled_by:
            return None
        self.cancelled_by = seen.cancelled_by
        return CancelledRunError(f"{seen.cancelled_by} cancelled it: nothing was changed")
