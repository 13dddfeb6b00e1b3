"""Where a question waits: a station of so many places, which may grow, and a bucket of what a minute allows."""

from collections import deque
from collections.abc import Callable, Generator

from simpy import Environment, Event

LOOK = 0.25  # seconds between two looks at a capacity that grows


class Station:
    """First come, first served; `places` by the time. Each place holds one."""

    def __init__(self, env: Environment, places: Callable[[float], float]) -> None:
        self._env, self._places = env, places
        self._waiting = deque[Event]()
        self._looking = False
        self.taken = self.most = 0

    def take(self) -> Event:
        asked = self._env.event()
        self._waiting.append(asked)
        self._serve()
        return asked

    def leave(self) -> None:
        self.taken -= 1
        self._serve()

    def _serve(self) -> None:
        self._fill()
        if self._waiting and not self._looking:
            self._looking = True
            self._env.process(self._look())

    def _fill(self) -> None:
        while self._waiting and self.taken < int(self._places(self._env.now)):
            self.taken += 1
            self.most = max(self.most, self.taken)
            self._waiting.popleft().succeed()

    def _look(self) -> Generator[Event, None, None]:
        while self._waiting:
            yield self._env.timeout(LOOK)
            self._fill()
        self._looking = False


class Bucket:
    """So much a minute, and `burst` of it at once: the generic cell rate algorithm."""

    def __init__(self, per_minute: float, burst: float | None = None) -> None:
        self._rate, self._burst = per_minute / 60, per_minute if burst is None else burst
        self._at = float("-inf")  # when all that was taken would have been allowed, one after the other

    def wait(self, now: float, amount: float = 1.0) -> float:
        """Seconds until its turn, were it taken now."""
        return max(0.0, max(self._at, now) + (amount - self._burst) / self._rate - now)

    def take(self, now: float, amount: float = 1.0) -> float:
        """The same, and its turn is taken."""
        wait = self.wait(now, amount)
        self._at = max(self._at, now) + amount / self._rate
        return wait

    def offers(self, now: float, amount: float = 1.0) -> bool:
        """Whether it may go at once; only then it is taken."""
        return not self.wait(now, amount) and self.take(now, amount) == 0
