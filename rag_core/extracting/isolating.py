"""Read files that can explode in a child process with limits on time and memory.

A file that breaks its child is refused alone; the next one gets a new child. Threads and pipes only: Lambda has no
semaphores between processes, which multiprocessing's queues and pools are made of.
"""

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from multiprocessing.connection import Pipe
from pathlib import Path
from types import TracebackType

import msgspec

from rag_core.errors import RejectedError
from rag_core.extracting import reading
from rag_core.extracting.child import Read
from rag_core.extracting.extracted import Extracted

SECONDS = 20
MEGABYTES = 512
STARTING = 60.0  # seconds until a child may read, on a busy machine
# of the environment, all that a child needs: no file can read a credential there
GIVEN = ("PATH", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT")


class IsolatedExtractor:
    """Gives a future for every file; trusted formats are read at once, in this process."""

    def __init__(self, workers: int = 2, seconds: float = SECONDS, megabytes: int = MEGABYTES) -> None:
        self._workers, self._seconds, self._megabytes = workers, seconds, megabytes
        self._pool: ThreadPoolExecutor | None = None
        self._idle: list[_Child] = []
        self._children: set[_Child] = set()
        self._lock, self._over = threading.Lock(), False

    def __enter__(self) -> "IsolatedExtractor":
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        with self._lock:
            self._over = True
            children = list(self._children)
        for child in children:
            child.end()
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def submit(self, suffix: str, content: bytes) -> "Future[Extracted]":
        if suffix in reading.EXPLOSIVE:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(self._workers, "extracting")
            return self._pool.submit(self._read, suffix, content)
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
        except TimeoutError as error:
            raise RejectedError(f"reading it took longer than {self._seconds:g} s") from error
        except MemoryError as error:
            raise RejectedError(f"reading it takes more than {self._megabytes} MB") from error
        except RejectedError:
            raise
        except Exception as error:  # whatever a library makes of a damaged file, and a child that died
            raise RejectedError(f"it cannot be read ({type(error).__name__})") from error

    def _read(self, suffix: str, content: bytes) -> Extracted:
        child = self._child()
        try:
            found = child.read(suffix, content, self._seconds)
        except BaseException:
            with self._lock:
                self._children.discard(child)
            child.end()
            raise
        with self._lock:
            if not child.gone:  # else its time ended just as it had answered
                self._idle.append(child)
        if found.extracted is not None:
            return found.extracted
        if found.broken == MemoryError.__name__:
            raise MemoryError
        raise RejectedError(found.reason or f"it cannot be read ({found.broken})")

    def _child(self) -> "_Child":
        with self._lock:
            if self._idle:
                return self._idle.pop()
        child = _Child(self._megabytes)
        with self._lock:
            self._children.add(child)
            if not self._over:
                return child
        child.end()
        raise EOFError


class _Child:
    """A process of its own, without this one's environment; it ends when its pipe does."""

    def __init__(self, megabytes: int) -> None:
        self._pipe, theirs = Pipe()
        with theirs:
            # -P: no module is taken from the folder that somebody works in
            command = [sys.executable, "-P", "-m", "rag_core.extracting.child", str(theirs.fileno()), str(megabytes)]
            self._process = subprocess.Popen(  # noqa: S603 - ourselves
                command, env=_environment(), pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL
            )
        self._ready = self.gone = False

    def read(self, suffix: str, content: bytes, seconds: float) -> Read:
        """Raises TimeoutError, and EOFError or OSError when the child has died."""
        if not self._ready:
            self._within(STARTING, self._pipe.recv_bytes)
            self._ready = True
        return msgspec.msgpack.decode(self._within(seconds, lambda: self._asked(suffix, content)), type=Read)

    def _asked(self, suffix: str, content: bytes) -> bytes:
        self._pipe.send_bytes(suffix.encode())
        self._pipe.send_bytes(content)
        return self._pipe.recv_bytes()

    def _within(self, seconds: float, ask: Callable[[], bytes]) -> bytes:
        """Ended by a clock of its own: what hangs may do so in the middle of an answer."""
        expired = threading.Event()

        def expire() -> None:
            expired.set()
            self._process.kill()

        late = threading.Timer(seconds, expire)
        late.start()
        try:
            return ask()
        except (EOFError, OSError) as error:
            raise (TimeoutError() if expired.is_set() else error) from error
        finally:
            late.cancel()
            late.join()
            self.gone = expired.is_set()

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        with suppress(OSError):
            self._pipe.close()


def _environment() -> dict[str, str]:
    given = {name: os.environ[name] for name in GIVEN if name in os.environ}
    ours = str(Path(__file__).parents[2])
    return given | {"PYTHONPATH": os.pathsep.join([*filter(None, sys.path), ours])}
