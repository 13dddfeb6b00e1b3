"""Faults on demand: what a network and a busy Zendesk do to a caller.

Each is for the next `times` requests of an operation (`POST tickets`, `PUT tickets/{id}/tags`), or for a share of all;
`*` is any operation.
"""

import random
import threading
from dataclasses import dataclass
from enum import StrEnum

EVERY = "*"


class Kind(StrEnum):
    """What goes wrong."""

    LIMIT = "status 429"
    FAIL = "a status that is no success, and nothing is done"
    LOSE = "done, and the connection ends before the answer"
    HALF = "done, and the connection ends within the answer"
    SPOIL = "done, and a status that is no success"
    REFUSE = "the connection ends before anything is done"
    STALL = "the answer comes late"


@dataclass(slots=True)
class Fault:
    """One thing that goes wrong; `value` is seconds or a status."""

    kind: Kind
    operation: str
    left: int | None
    probability: float
    value: float = 0.0


class Faults:
    """What shall go wrong, by a seeded chance so that a run can be repeated."""

    def __init__(self, seed: int = 0) -> None:
        self._random = random.Random(seed)  # noqa: S311 - a schedule, no secret
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(
        self, kind: Kind, operation: str = EVERY, times: int | None = 1, *, value: float = 0, probability: float = 1
    ) -> None:
        with self._lock:
            self._faults.append(Fault(kind, operation, times, probability, value))

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def take(self, operation: str) -> Fault | None:
        """What goes wrong with this request, if anything; what was asked for first goes first."""
        with self._lock:
            for fault in self._faults:
                if fault.operation not in {operation, EVERY} or self._random.random() >= fault.probability:
                    continue
                if fault.left is not None:
                    fault.left -= 1
                    if fault.left <= 0:
                        self._faults.remove(fault)
                return fault
        return None
