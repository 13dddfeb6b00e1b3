"""Do something within the time there is, and no longer.

The core keeps its deadline by itself wherever it waits for others. This is for what does not: a stuck name lookup, a
slow import, a library's own wait. The thread is left behind; Lambda freezes it with the function.
"""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from bot.api.errors import OverdueError
from rag_core.domain import Deadline
from rag_core.errors import UnavailableError

Result = TypeVar("Result")
GRACE = 0.5  # seconds for what ends by itself at its deadline
MARGIN = 1.5  # seconds that Lambda leaves us to say so; longer than the grace


class _Run(Generic[Result]):
    def __init__(self, work: Callable[[], Result]) -> None:
        self._work, self.ended = work, threading.Event()
        self.result: list[Result] = []
        self.error: BaseException | None = None

    def __call__(self) -> None:
        try:
            self.result.append(self._work())
        except BaseException as error:  # noqa: BLE001 - raised again by who waits
            self.error = error
        finally:
            self.ended.set()


def within(deadline: Deadline, work: Callable[[], Result], grace: float = GRACE) -> Result:
    """What `work` gives or raises; OverdueError once the deadline has passed."""
    run = _Run(work)
    threading.Thread(target=run, daemon=True).start()
    if not run.ended.wait(deadline.remaining + grace):
        raise OverdueError("the deadline has passed")
    if isinstance(run.error, UnavailableError) and deadline.remaining <= 0:
        raise OverdueError("the deadline has passed") from run.error
    if run.error is not None:
        raise run.error
    return run.result[0]


def deadline_of(seconds: float, left_ms: int) -> Deadline:
    """So many seconds, or what Lambda leaves of them."""
    return Deadline.within(max(min(seconds, left_ms / 1000 - MARGIN), 0.0))
