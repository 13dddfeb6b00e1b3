"""Jobs within one process, for one machine: a few threads, and a bounded wait.

A full queue refuses at once: who waits for an answer must hear of it, and memory has an end.
"""

import threading
from collections.abc import Callable
from queue import Full, Queue
from typing import Self

from rag_core.domain import NEVER, Deadline
from rag_core.errors import UnavailableError
from rag_core.jobs import Job

ROOM = 1_000  # jobs that wait
WORKERS = 4
SOON = 5.0  # seconds


class LocalQueue:
    """JobQueue, a context manager that ends when every job is done. What waits is lost with the process.

    `failed` is told of a job whose work raised, once it was done `tries` times; it must not raise.
    """

    def __init__(
        self,
        work: Callable[[Job], object],
        failed: Callable[[Job, Exception], object],
        *,
        workers: int = WORKERS,
        room: int = ROOM,
        tries: int = 2,
    ) -> None:
        self._work, self._failed, self._tries = work, failed, tries
        self._waiting: Queue[Job | None] = Queue(room)
        self._gate, self._closed = threading.Lock(), False
        self._workers = [threading.Thread(target=self._run, daemon=True) for _ in range(workers)]
        for worker in self._workers:
            worker.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def send(self, job: Job, *, deadline: Deadline = NEVER) -> None:
        with self._gate:
            if self._closed:
                raise UnavailableError("the bot is stopping: ask again when it is up")
            try:
                self._waiting.put_nowait(job)
            except Full:
                raise UnavailableError("too many questions wait: try again soon", retry_after=SOON) from None

    def close(self) -> None:
        """Takes no more, and waits for what there is."""
        with self._gate:
            first, self._closed = not self._closed, True
        for _ in self._workers if first else ():
            self._waiting.put(None)
        for worker in self._workers:
            worker.join()

    def _run(self) -> None:
        while (job := self._waiting.get()) is not None:
            self._do(job)

    def _do(self, job: Job) -> None:
        for left in reversed(range(self._tries)):
            try:
                self._work(job)
            except UnavailableError as error:
                if not left:
                    self._failed(job, error)
            except Exception as error:  # noqa: BLE001 - whatever one job does, the next is done
                self._failed(job, error)
                return
            else:
                return
