"""Bring parcels to the app, and bring an event again when it was not taken.

Slack's schedule: at once, after a minute, after five, then hourly for a day where delayed events are on.
What a person does is delivered in the caller's thread; what follows from it, in the courier's.
"""

import heapq
import itertools
import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from bot.local.workspace.carrying import Carrier
from bot.local.workspace.clock import Clock
from bot.local.workspace.faults import Faults, Kind
from bot.local.workspace.parcels import Parcel, Reply, Retry, Sort

AGAIN: Sequence[float] = (0, 60, 300)  # seconds after the try before
HOURLY: Sequence[float] = (3600,) * 24
REMEMBERED = 20_000
UNDELIVERED = Reply(0, reason="connection_failed")
TICK = 0.5  # seconds at most until a skipped clock is noticed


@dataclass(order=True, slots=True)
class _Due:
    at: float
    order: int
    parcel: Parcel = field(compare=False)
    retry: Retry = field(compare=False)


class Courier:
    """`carrier` is the way to the app, if there is one; `hurry` divides the waits of the schedule."""

    def __init__(self, clock: Clock, faults: Faults, *, schedule: Sequence[float] = AGAIN, hurry: float = 1.0) -> None:
        self.carrier: Carrier | None = None
        self.schedule, self.hurry = schedule, hurry
        self.parcels: deque[Parcel] = deque(maxlen=REMEMBERED)
        self.broken: list[Exception] = []  # what an app in this process raised in another thread
        self._clock, self._faults = clock, faults
        self._wake = threading.Condition()
        self._due: list[_Due] = []
        self._order = itertools.count()
        self._running = 0
        self._closed = False
        self._pool = ThreadPoolExecutor(4, thread_name_prefix="slack-courier")
        self._timer = threading.Thread(target=self._watch, name="slack-retries", daemon=True)

    def start(self) -> None:
        self._timer.start()

    def send(self, parcel: Parcel) -> Reply:
        """Deliver now, in this thread; what was not taken comes again later."""
        self.parcels.append(parcel)
        return self._try(parcel, None)

    def post(self, parcel: Parcel) -> None:
        """Deliver soon, in another thread."""
        with self._wake:
            if self._closed:
                return
            self._running += 1
        self.parcels.append(parcel)
        self._pool.submit(self._work, parcel, None)

    def settle(self, timeout: float, *, within: float = 0.0) -> bool:
        """Wait until nothing is under way, nor due in the next `within` seconds of Slack's clock."""
        with self._wake:
            return self._wake.wait_for(lambda: not self._running and not self._near(within), timeout)

    def nudge(self) -> None:
        """The clock has moved."""
        with self._wake:
            self._wake.notify_all()

    def close(self) -> None:
        with self._wake:
            self._closed = True
            self._due.clear()
            self._wake.notify_all()
        self._timer.join()
        self._pool.shutdown(wait=True, cancel_futures=True)
        if self.broken:
            raise self.broken[0]

    def _near(self, within: float) -> bool:
        return bool(self._due) and self._due[0].at <= self._clock.now() + within

    def _try(self, parcel: Parcel, retry: Retry | None) -> Reply:
        carrier = self.carrier
        reply = UNDELIVERED if carrier is None else carrier.carry(parcel, retry)
        parcel.replies.append(reply)
        if carrier is not None and parcel.sort is Sort.EVENT:
            self._plan(parcel, reply, retry.number if retry else 0)
        return reply

    def _plan(self, parcel: Parcel, reply: Reply, tries: int) -> None:
        """The next try of an event, where one is due."""
        reason = reply.reason
        fault = self._faults.take("events") if reply.accepted else None
        if fault is not None and fault.kind in {Kind.REPEAT, Kind.LOSE}:
            reason = "http_timeout"
        elif reply.accepted or reply.no_retry:
            return
        if tries >= len(self.schedule):
            return
        at = self._clock.now() + self.schedule[tries] / self.hurry
        with self._wake:
            heapq.heappush(self._due, _Due(at, next(self._order), parcel, Retry(tries + 1, reason)))
            self._wake.notify_all()

    def _watch(self) -> None:
        while True:
            with self._wake:
                if self._closed:
                    return
                if not self._near(0):
                    wait = self._due[0].at - self._clock.now() if self._due else TICK
                    self._wake.wait(min(max(wait, 0.001), TICK))
                    continue
                due = heapq.heappop(self._due)
                self._running += 1
            self._pool.submit(self._work, due.parcel, due.retry)

    def _work(self, parcel: Parcel, retry: Retry | None) -> None:
        try:
            self._try(parcel, retry)
        except Exception as error:  # noqa: BLE001  it is the app's, and is raised where the workspace is closed
            self.broken.append(error)
        finally:
            with self._wake:
                self._running -= 1
                self._wake.notify_all()
