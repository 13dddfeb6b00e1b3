"""Call what may fail: the one layer that retries, within the time a person waits and within a budget.

A dependency in trouble must not be asked more often than one in health: retries are a tenth of the calls at most, and
after a run of failures it rests. Backends turn their clients' own retries off.
"Exponential Backoff And Jitter", https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ (full
jitter); the budget is that of https://sre.google/sre-book/handling-overload/ (per client, 10 %).
"""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from rag_core.errors import BusyError, UnavailableError
from rag_core.resting import Circuit
from rag_core.timing import NEVER, Deadline

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Patience:
    """How a dependency is treated; times in seconds."""

    attempts: int = 3
    first_wait: float = 0.1  # doubled with every retry, and taken at random from 0 up to that
    longest_wait: float = 2.0
    most_asked: float = 5.0  # of a `retry_after`; one that asks for more is not waited for
    retry_share: float = 0.1  # of the calls
    lent_retries: int = 2  # that a new process makes before it has earned them, and the most that are saved up
    spare_retries: float = 0.0  # beyond the share, where there is time: to begin with, and to save up
    failures: int = 5  # in a row, after which it is left alone
    rest: float = 5.0  # until one call tries it again; doubled each time that this fails
    longest_rest: float = 60.0


class Dependency:
    """Something we call over a network, by its name for a person. Safe to share between threads."""

    def __init__(
        self,
        name: str,
        patience: Patience = Patience(),
        *,
        circuit: Circuit | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`circuit`: instead of one of its own."""
        self._name, self._patience, self._clock, self._sleep = name, patience, clock, sleep
        self._lock = threading.Lock()
        self._spare, self._retried = patience.spare_retries, 0
        self._circuit = circuit or Circuit(patience.failures, patience.rest, patience.longest_rest, clock=clock)

    def call(self, attempt: Callable[[float], Result], *, timeout: float, deadline: Deadline = NEVER) -> Result:
        """What `attempt` gives, called with the seconds it may take: at most `timeout`, less where little time remains.

        It is tried again when it raises UnavailableError, where attempts, budget and time allow, and not before the
        `retry_after` it names; a longer one than anybody waits ends it. Raises UnavailableError at once while the
        dependency rests. Any other error passes through, BusyError too, and is an answer: the dependency was there.
        """
        for number in range(1, self._patience.attempts + 1):
            seconds = min(timeout, deadline.remaining)
            if seconds <= 0:
                raise UnavailableError(f"{self._name} did not answer in the time there was: try again")
            if number == 1:
                self._begin()
            started = self._clock()
            try:
                result = attempt(seconds)
            except BusyError:  # it is there, and takes no more for now: nobody asks again at once
                self._circuit.answered()
                raise
            except UnavailableError as error:
                took = self._clock() - started
                # one who had less time than others proves nothing about the dependency by running out of it
                if seconds == timeout or took < seconds:
                    self._circuit.failed(hung=took >= seconds / 2)
                wait = self._wait(number, error)
                if wait >= min(deadline.remaining, self._patience.most_asked) or not self._may_retry(number):
                    raise
            except Exception:
                self._circuit.answered()
                raise
            else:
                self._circuit.answered()
                return result
            self._sleep(wait)
        raise AssertionError("the last attempt has returned or raised")

    def _begin(self) -> None:
        if rests := self._circuit.rests():
            raise UnavailableError(
                f"{self._name} has failed again and again: try again in a few seconds", retry_after=rests
            )
        with self._lock:
            most = max(self._patience.lent_retries, self._patience.spare_retries)
            self._spare = min(self._spare + self._patience.retry_share, most)

    def _may_retry(self, number: int) -> bool:
        with self._lock:
            if number >= self._patience.attempts or self._circuit.open:
                return False
            if self._spare < 1 and self._retried >= self._patience.lent_retries:
                return False
            self._spare -= 1  # below nothing where it was lent: that is earned back before there is another
            self._retried += 1
            return True

    def _wait(self, number: int, error: UnavailableError) -> float:
        longest = min(self._patience.longest_wait, self._patience.first_wait * 2 ** (number - 1))
        return max(random.uniform(0, longest), error.retry_after or 0.0)  # noqa: S311 - jitter, not a secret
