"""One does the work for all who ask the same at once: among the threads of a process, and among processes.

Nothing here can keep anyone from an answer: who has waited long enough, or lost the one waited for, does it alone.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from datetime import timedelta
from secrets import token_bytes
from typing import Generic, TypeVar

from rag_core.domain import Deadline
from rag_core.errors import MisconfiguredError, RejectedError, SupportBotError, UnavailableError
from rag_core.ports import Cache
from rag_core.timing import Repeating

LEASE = timedelta(milliseconds=800)  # so long is a process waited for that has died
BEAT = 0.2  # seconds after which a living one renews its lease
T = TypeVar("T")


class Flights(Generic[T]):
    """Threads that ask the same wait for the first of them, until only `reserve` seconds of their own are left."""

    def __init__(self, reserve: float) -> None:
        self._reserve = reserve
        self._lock = threading.Lock()
        self._flying: dict[str, Future[T]] = {}

    def fly(self, key: str, work: Callable[[], T], deadline: Deadline) -> tuple[T, bool]:
        """What `work` gives, and whether it was done for this caller."""
        first, leads = self._join(key)
        if leads:
            return self._lead(key, first, work), True
        if self._ends(first, deadline.remaining - self._reserve) and not _may_succeed_later(first):
            return first.result(), False
        second, leads = self._join(key, instead_of=first)  # one for all who lost patience or it, not one each
        if leads:
            return self._lead(key, second, work), True
        if self._ends(second, deadline.remaining):
            return second.result(), False
        raise UnavailableError("an answer to this question is still being written: ask again in a moment")

    @property
    def aloft(self) -> int:
        return len(self._flying)

    def _join(self, key: str, instead_of: Future[T] | None = None) -> tuple[Future[T], bool]:
        with self._lock:
            flying = self._flying.get(key)
            if flying is not None and flying is not instead_of:
                return flying, False
            self._flying[key] = flying = Future()
            return flying, True

    def _lead(self, key: str, flight: Future[T], work: Callable[[], T]) -> T:
        try:
            result = work()
        except BaseException as error:
            mine = isinstance(error, SupportBotError)
            flight.set_exception(error if mine else UnavailableError("the same question was being answered and failed"))
            raise
        else:
            flight.set_result(result)
            return result
        finally:
            with self._lock:
                if self._flying.get(key) is flight:
                    del self._flying[key]

    @staticmethod
    def _ends(flight: Future[T], seconds: float) -> bool:
        try:
            flight.exception(None if seconds == float("inf") else max(seconds, 0.0))
        except TimeoutError:
            return False
        return True


def _may_succeed_later(flight: Future[T]) -> bool:
    """What went wrong for one, with little time or a broken line, need not for another."""
    error = flight.exception()
    return error is not None and not isinstance(error, RejectedError | MisconfiguredError)


class Lease(Repeating):
    """The right of one process to do the work, renewed for as long as it lives; a context manager."""

    def __init__(self, cache: Cache, key: str, token: bytes) -> None:
        super().__init__(self._renew, BEAT)
        self._cache, self._key, self._token = cache, key, token

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        self._cache.remove([self._key], holding=self._token)

    def _renew(self) -> float:
        # a process that slept longer than its lease may take it back from its successor: one more draft, no harm
        self._cache.put({self._key: self._token}, ttl=LEASE)
        return BEAT


def take(cache: Cache, key: str) -> Lease | None:
    """The lease; None while another process has it. Where the cache is down everyone gets one."""
    token = token_bytes(12)
    return Lease(cache, key, token) if cache.add(key, token, ttl=LEASE) else None
