"""Jobs within one process, for one machine: a few threads, and a bounded wait.

A full queue refuses at once: who waits for an answer must hear of it, and memory has an end. What failed for now waits
aside, so that it holds up nobody, and comes again as a queue elsewhere would deliver it.
"""

import heapq
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count
from typing import Self

from rag_core.domain import NEVER, Deadline
from rag_core.errors import BusyError, UnavailableError
from rag_core.jobs import Job

ROOM = 1_000  # jobs that wait
WORKERS = 4
SOON = 5.0  # seconds
LONGEST_PAUSE = 15.0  # seconds between two tries of one job, unless more is asked for
LONGEST_ASKED = 60.0  # seconds: limits of a minute are the longest that are waited for here

Work = Callable[[Job, bool], object]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A job, which of its tries comes next, and when the first was due."""

    job: Job
    number: int
    since: float


class LocalQueue:
    """JobQueue, a context manager that ends when every job is done. What waits is lost with the process.

    `work` is told with a job whether this is its last try. `failed` is told of a job whose work raised what another try
    does not mend, or raised at its last; it must not raise. `pause`: seconds before the second try, doubled with each.
    `outlast`: seconds from a job's first try before which its last does not come: what a dead process had claimed is
    free by then.
    """

    def __init__(
        self,
        work: Work,
        failed: Callable[[Job, Exception], object],
        *,
        workers: int = WORKERS,
        room: int = ROOM,
        tries: int = 2,
        pause: float = 0.0,
        outlast: float = 0.0,
    ) -> None:
        self._work, self._failed, self._room, self._tries, self._pause = work, failed, room, tries, pause
        self._outlast = outlast
        self._waiting: list[tuple[float, int, Waiting]] = []  # a heap by when it is due
        self._changed, self._number = threading.Condition(), count()
        self._closed = False
        self._workers = [threading.Thread(target=self._run, daemon=True) for _ in range(workers)]
        for worker in self._workers:
            worker.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def send(self, job: Job, *, deadline: Deadline = NEVER) -> None:
        with self._changed:
            if self._closed:
                raise UnavailableError("the bot is stopping: ask again when it is up")
            if len(self._waiting) >= self._room:
                raise UnavailableError("too many questions wait: try again soon", retry_after=SOON)
            self._put(0.0, Waiting(job, 1, time.monotonic()))

    def close(self) -> None:
        """Takes no more, and waits for what there is."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for worker in self._workers:
            worker.join()

    def _put(self, pause: float, waiting: Waiting) -> None:
        heapq.heappush(self._waiting, (time.monotonic() + pause, next(self._number), waiting))
        self._changed.notify()

    def _run(self) -> None:
        while (found := self._next()) is not None:
            if (again := self._do(found)) is not None:
                with self._changed:  # by one who looks for the next then: a close loses none
                    self._put(*again)

    def _next(self) -> Waiting | None:
        """The next that is due; None once none waits and no more is taken."""
        with self._changed:
            while self._waiting or not self._closed:
                left = self._waiting[0][0] - time.monotonic() if self._waiting else None
                if left is not None and left <= 0:
                    return heapq.heappop(self._waiting)[2]
                self._changed.wait(left)
        return None

    def _do(self, found: Waiting) -> tuple[float, Waiting] | None:
        """What waits again, behind how many seconds before it; None where nothing is left to do."""
        try:
            self._work(found.job, found.number >= self._tries)
        except BusyError as error:  # no try: a limit that many wait for lets them through one by one
            return max(self._pause, min(error.retry_after or SOON, LONGEST_ASKED)), found
        except UnavailableError as error:
            if found.number < self._tries:
                again = replace(found, number=found.number + 1)
                return self._pause_before_next(found, error.retry_after or 0.0), again
            self._failed(found.job, error)
        except Exception as error:  # noqa: BLE001 - whatever one job does, the next is done
            self._failed(found.job, error)
        return None

    def _pause_before_next(self, found: Waiting, asked: float) -> float:
        pause = pause_after(found.number, self._pause, asked)
        is_before_last = found.number == self._tries - 1
        return max(pause, found.since + self._outlast - time.monotonic()) if is_before_last else pause


def pause_after(number: int, first: float, asked: float) -> float:
    """Seconds behind a job's try of that number, from 1; `asked`: by what was unavailable."""
    return max(min(first * 2.0 ** (number - 1), LONGEST_PAUSE), min(asked, LONGEST_ASKED))
