"""Read files that can explode in a child process with limits on time and memory.

A file that breaks its child is refused alone; the next one gets a new child.
"""

import multiprocessing
import os
import resource
import threading
import time
from concurrent.futures import Future
from concurrent.futures import TimeoutError as Expired
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING

from rag_core.errors import RejectedError
from rag_core.extracting import reading
from rag_core.extracting.extracted import Extracted

if TYPE_CHECKING:
    from pebble import ProcessPool

SECONDS = 20
MEGABYTES = 512


class IsolatedExtractor:
    """Gives a future for every file; trusted formats are read at once, in this process."""

    def __init__(self, workers: int = 2, seconds: float = SECONDS, megabytes: int = MEGABYTES) -> None:
        self._workers, self._seconds, self._megabytes = workers, seconds, megabytes
        self._pool: ProcessPool | None = None

    def __enter__(self) -> "IsolatedExtractor":
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        if self._pool is not None:
            self._pool.stop()  # type: ignore[no-untyped-call]
            self._pool.join()

    def submit(self, suffix: str, content: bytes) -> "Future[Extracted]":
        if suffix in reading.EXPLOSIVE:
            return self._started().schedule(reading.read, args=[suffix, content], timeout=self._seconds)
        done: Future[Extracted] = Future()
        try:
            done.set_result(reading.read(suffix, content))
        except Exception as error:  # noqa: BLE001 - a reader's flaw must not cost the other documents
            done.set_exception(error)
        return done

    def result(self, future: "Future[Extracted]") -> Extracted:
        """Raises RejectedError whatever became of the child."""
        try:
            return future.result()
        except Expired as error:
            raise RejectedError(f"reading it took longer than {self._seconds:g} s") from error
        except MemoryError as error:
            raise RejectedError(f"reading it takes more than {self._megabytes} MB") from error
        except RejectedError:
            raise
        except Exception as error:  # whatever a library makes of a damaged file, and a child that died
            raise RejectedError(f"it cannot be read ({type(error).__name__})") from error

    def _started(self) -> "ProcessPool":
        if self._pool is None:
            from pebble import ProcessPool  # 100 ms, and a folder of Markdown needs none

            self._pool = ProcessPool(
                max_workers=self._workers,
                initializer=_limit,
                initargs=[self._megabytes],
                context=multiprocessing.get_context("spawn"),
            )
        return self._pool


def _limit(megabytes: int) -> None:
    threading.Thread(target=_end_with, args=[os.getppid()], daemon=True).start()
    size, (_, most) = megabytes * 1024 * 1024, resource.getrlimit(resource.RLIMIT_AS)
    with suppress(ValueError, OSError):  # where the system knows no such limit, the time limit remains
        resource.setrlimit(resource.RLIMIT_AS, (size if most == resource.RLIM_INFINITY else min(size, most), most))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _end_with(parent: int) -> None:
    """A parent that is killed cannot stop its children."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)
