"""A queue that delivers at least once, in no order: what was not done comes again, and what never is done is put aside.

Its waits are those of a real one, a good deal shorter.
"""

import heapq
import threading
import time
from collections.abc import Callable
from itertools import count
from random import Random

from rag_core.domain import NEVER, Deadline
from rag_core.errors import UnavailableError
from rag_core.jobs import Job
from tests.integrations.slack.office import Killed

RECEIVES = 5  # deliveries of a message, after which it is put aside
INVISIBLE, CLAIMED = 1.0, 0.8  # seconds until a message comes again whose worker died, and until the dead's claims end
HURRY = 20  # what a worker asks to wait is so many times shorter
ROOM = 400

Work = Callable[[Job, int, bool], None]  # the job, which of its deliveries this is, and whether it is the last
Bury = Callable[[], Callable[[], None]]  # gives what ends the claims that a thread's last delivery had when it died


class Queue:
    """JobQueue; `refusing` and `repeating` are shares of what it is sent."""

    def __init__(self, chance: Random, *, refusing: float, repeating: float) -> None:
        self._chance, self._refusing, self._repeating = chance, refusing, repeating
        self._due: list[tuple[float, int, Job | Callable[[], None], int]] = []
        self._changed, self._order = threading.Condition(), count()
        self._running, self._closed = 0, False
        self.aside: list[Job] = []
        self.broken: list[BaseException] = []
        self.delivered = self.killed = self.again = self.refused = 0

    def send(self, job: Job, *, deadline: Deadline = NEVER) -> None:
        """Sometimes it says that it is down, and then has perhaps taken the job all the same."""
        refuses = self._chance.random() < self._refusing
        if not refuses or self._chance.random() < 0.5:
            with self._changed:
                self._changed.wait_for(lambda: len(self._due) < ROOM)
                self._put(0, job, 1)
                if self._chance.random() < self._repeating:
                    self._put(self._chance.random(), job, 1)
        if refuses:
            self.refused += 1
            raise UnavailableError("the queue is down")

    def redrive(self) -> int:
        """What was put aside is delivered once more."""
        with self._changed:
            jobs, self.aside = self.aside, []
            for job in jobs:
                self._put(0, job, 1)
        return len(jobs)

    def settle(self) -> None:
        """Until nothing waits."""
        with self._changed:
            self._changed.wait_for(lambda: not self._due and not self._running)

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def run(self, work: Work, bury: Bury) -> None:
        """What one worker's thread does until the queue is closed."""
        while (found := self._next()) is not None:
            thing, number = found
            try:
                if isinstance(thing, Job):
                    self._deliver(thing, number, work, bury)
                else:
                    thing()
            except BaseException as error:  # noqa: BLE001 - a message that nobody can do ends no worker
                self.broken.append(error)
            finally:
                with self._changed:
                    self._running -= 1
                    self._changed.notify_all()

    def _deliver(self, job: Job, number: int, work: Work, bury: Bury) -> None:
        try:
            work(job, number, number == RECEIVES)
            wait = None
        except Killed:
            wait = INVISIBLE
            self.killed += 1
            with self._changed:
                self._put(CLAIMED, bury(), 0)
        except UnavailableError as error:
            self.again += 1
            wait = (error.retry_after or 2.0) / HURRY
        with self._changed:
            self.delivered += 1
            if wait is not None and number < RECEIVES:
                self._put(wait, job, number + 1)
            elif wait is not None:
                self.aside.append(job)

    def _put(self, wait: float, thing: Job | Callable[[], None], number: int) -> None:
        heapq.heappush(self._due, (time.monotonic() + wait, next(self._order), thing, number))
        self._changed.notify_all()

    def _next(self) -> tuple[Job | Callable[[], None], int] | None:
        with self._changed:
            while not self._closed:
                left = self._due[0][0] - time.monotonic() if self._due else None
                if left is not None and left <= 0:
                    _, _, thing, number = heapq.heappop(self._due)
                    self._running += 1
                    self._changed.notify_all()
                    return thing, number
                self._changed.wait(left)
        return None
