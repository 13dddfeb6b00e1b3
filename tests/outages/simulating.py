"""Time that passes only while all wait: code that sleeps, and waits for others, as it stands.

`install` before anything of the product is imported: the clocks it takes as defaults are then these. One actor runs at
a time, so a run is the same whatever the machine does; what its own threads do besides takes no time.
"""

import asyncio
import heapq
import threading
import time
from collections.abc import Callable
from itertools import count

EPOCH = time.time()
_monotonic, _sleep = time.monotonic, time.sleep


class Simulation:
    """Acts by time, and actors: threads that do one thing each and take simulated time for it."""

    def __init__(self) -> None:
        self.now = 0.0
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order, self._idle = count(), threading.Semaphore(0)
        self.broken: list[BaseException] = []

    def install(self) -> None:
        """The clocks of this process, from now on."""
        time.monotonic = lambda: self.now
        time.time = lambda: EPOCH + self.now
        time.sleep = self.sleep  # type: ignore[assignment]
        asyncio.BaseEventLoop.time = lambda _: _monotonic()  # type: ignore[assignment,method-assign]

    def at(self, when: float, act: Callable[[], None]) -> None:
        heapq.heappush(self._due, (max(when, self.now), next(self._order), act))

    def act(self, what: Callable[[], None]) -> None:
        """`what` begins now, in a thread of its own; goes on with others once it sleeps or has ended."""
        actor = _Actor(what, self)
        actor.start()
        self._idle.acquire()

    def sleep(self, seconds: float) -> None:
        """Other threads than actors are the machine's, and wait in its time."""
        actor = threading.current_thread()
        if not isinstance(actor, _Actor):
            _sleep(seconds)
            return
        self.at(self.now + max(seconds, 0.0), lambda: self._wake(actor))
        self._idle.release()
        actor.turn.acquire()

    def run(self) -> None:
        """Until nothing is due any more."""
        while self._due:
            self.now, _, act = heapq.heappop(self._due)
            act()
            if self.broken:
                raise self.broken[0]

    def ended(self) -> None:
        self._idle.release()

    def _wake(self, actor: "_Actor") -> None:
        actor.turn.release()
        self._idle.acquire()


class _Actor(threading.Thread):
    def __init__(self, what: Callable[[], None], simulation: Simulation) -> None:
        super().__init__(daemon=True)
        self._what, self._simulation, self.turn = what, simulation, threading.Semaphore(0)

    def run(self) -> None:
        try:
            self._what()
        except BaseException as error:  # noqa: BLE001 - raised where the simulation runs
            self._simulation.broken.append(error)
        finally:
            self._simulation.ended()
