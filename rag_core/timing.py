"""The time there is, and what is done again and again in it.

Apart from the other nouns, of which a function that only passes things on has no need: they cost its start 16 ms.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Deadline:
    """The moment by which a person must have been answered, on the monotonic clock."""

    at: float

    @classmethod
    def within(cls, seconds: float) -> "Deadline":
        return cls(time.monotonic() + seconds)

    @property
    def remaining(self) -> float:
        """Seconds; 0 once it has passed."""
        return max(self.at - time.monotonic(), 0.0)


NEVER = Deadline(float("inf"))


class Repeating:
    """A context manager: as long as it lasts `act` is called again and again, in a thread of its own.

    `act` gives the seconds until it is called next, or None where it has ended; `first`: until the first call.
    """

    def __init__(self, act: Callable[[], float | None], first: float) -> None:
        self._act, self._first, self._over = act, first, threading.Event()
        self._thread = threading.Thread(target=self._go_on, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _go_on(self) -> None:
        wait: float | None = self._first
        while wait is not None and not self._over.wait(wait):
            wait = self._act()
