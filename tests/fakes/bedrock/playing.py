"""A stream in time: group after group of frames at its pace, or as far as a fault lets it come.

Frames are made when they are due: made at the start, those of a burst of calls would delay each other's first token.
"""

from collections.abc import Callable

from tests.fakes.bedrock import frames
from tests.fakes.bedrock.faults import Fault
from tests.fakes.bedrock.refusal import IN_STREAM
from tests.fakes.bedrock.settings import Delay, seconds
from tests.fakes.bedrock.streaming import Group, encoded
from tests.fakes.bedrock.wire import Connection

_GRACE = 0.05  # a reset right behind data makes the peer's kernel drop that data unread


class Player:
    __slots__ = ("_between", "_connection", "_cut", "_cut_at", "_due", "_finish", "_groups", "_last", "sent")

    def __init__(
        self,
        connection: Connection,
        groups: list[Group],
        last: Callable[[], bytes],
        between: Delay,
        fault: Fault | None,
        finish: Callable[[str], None],
    ) -> None:
        self.sent = 0
        self._connection = connection
        self._groups = groups
        self._last = last  # the metadata, which knows how long it took
        self._between = between
        self._cut = fault
        self._cut_at = -1
        if fault is not None:
            self._cut_at = len(groups) // 2 if fault.after_events is None else fault.after_events
            self._cut_at = min(self._cut_at, len(groups) - (fault.kind == "corrupt"))
        self._finish = finish
        self._due = 0.0

    def start(self, headers: dict[str, str]) -> None:
        self._connection.begin(headers)
        self._due = self._connection.loop.time()
        self.step()

    def step(self) -> None:
        if self._connection.closed:
            return
        delay = 0.0
        ready: list[bytes] = []
        while delay <= 0 and self.sent < len(self._groups):
            if self.sent == self._cut_at and not self._damaged():
                self._write(ready)
                self._break()
                return
            ready.append(self._next())
            self.sent += 1
            delay = seconds(self._between)
        if self.sent < len(self._groups):
            self._write(ready)
            self._due += delay
            self._connection.ticker.at(self._due, self.step)
            return
        if self._cut_at == self.sent and not self._damaged():
            self._write(ready)
            self._break()
            return
        ready.append(self._last())
        self._write(ready)
        self._connection.end()
        self._finish("ok")

    def _write(self, ready: list[bytes]) -> None:
        if ready:
            self._connection.send(b"".join(ready))

    def _next(self) -> bytes:
        whole = encoded(self._groups[self.sent])
        return frames.corrupted(whole) if self.sent == self._cut_at else whole

    def _damaged(self) -> bool:
        """Whether the fault lets the stream go on, with a bad frame in it."""
        if self._cut is None or self._cut.kind != "corrupt":
            return False
        self._finish("corrupt")
        return True

    def _break(self) -> None:
        fault = self._cut
        if fault is None:
            return
        self._finish(fault.kind)
        if fault.kind == "reset":
            self._connection.loop.call_later(_GRACE, self._connection.reset)
        elif fault.kind == "close":
            self._connection.close()
        elif fault.kind in IN_STREAM:
            refusal = fault.refusal()
            self._connection.send(frames.exception(IN_STREAM[fault.kind], refusal.message, **refusal.fields))
            self._connection.end()
