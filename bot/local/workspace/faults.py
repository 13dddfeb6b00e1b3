"""Faults on demand: what a network and a busy Slack do to a caller.

Each fault is for the next `times` calls of a method, or for a share of all of them; `*` is any method.
Besides the Web API's methods there are `response_url`, `files` (a download) and `events` (a delivery to the app).
"""

import random
import threading
from dataclasses import dataclass
from enum import StrEnum

EVERY = "*"


class Kind(StrEnum):
    """What goes wrong."""

    LIMIT = "status 429"
    LOSE = "done, and the answer is lost"
    REFUSE = "the connection is closed before anything is done"
    STALL = "the answer comes late"
    FAIL = "a status that is no success, and nothing is done"
    ERROR = "an error in Slack's words, and nothing is done"
    REPEAT = "delivered, and delivered again as if it had not been"


@dataclass(slots=True)
class Fault:
    """One thing that goes wrong; `value` is seconds or a status."""

    kind: Kind
    method: str
    left: int | None
    probability: float
    value: float = 0.0
    code: str = ""


class Faults:
    """What shall go wrong, by a seeded chance so that a run can be repeated."""

    def __init__(self, seed: int = 0) -> None:
        self._random = random.Random(seed)  # noqa: S311  a schedule, no secret
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def limit(
        self, method: str = EVERY, times: int | None = 1, *, retry_after: float = 1, probability: float = 1
    ) -> None:
        self._add(Fault(Kind.LIMIT, method, times, probability, retry_after))

    def lose(self, method: str = EVERY, times: int | None = 1, *, probability: float = 1) -> None:
        self._add(Fault(Kind.LOSE, method, times, probability))

    def refuse(self, method: str = EVERY, times: int | None = 1, *, probability: float = 1) -> None:
        self._add(Fault(Kind.REFUSE, method, times, probability))

    def stall(self, method: str = EVERY, times: int | None = 1, *, seconds: float, probability: float = 1) -> None:
        self._add(Fault(Kind.STALL, method, times, probability, seconds))

    def fail(self, method: str = EVERY, times: int | None = 1, *, status: int = 500, probability: float = 1) -> None:
        self._add(Fault(Kind.FAIL, method, times, probability, status))

    def error(self, method: str, code: str, times: int | None = 1, *, probability: float = 1) -> None:
        self._add(Fault(Kind.ERROR, method, times, probability, code=code))

    def repeat(self, times: int | None = 1, *, probability: float = 1) -> None:
        """An event that the app took is delivered once more, as when its answer was lost."""
        self._add(Fault(Kind.REPEAT, "events", times, probability))

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def take(self, method: str) -> Fault | None:
        """What goes wrong with this call, if anything; the fault that was asked for first goes first."""
        if not self._faults:
            return None
        with self._lock:
            for fault in self._faults:
                if fault.method not in {method, EVERY} or (fault.method == EVERY and method == "events"):
                    continue
                if fault.probability < 1 and self._random.random() >= fault.probability:
                    continue
                if fault.left is not None:
                    fault.left -= 1
                    if fault.left <= 0:
                        self._faults.remove(fault)
                return fault
        return None

    def _add(self, fault: Fault) -> None:
        with self._lock:
            self._faults.append(fault)
