"""Ways to die: at the n-th thing that a worker keeps, before it is kept or after."""

from collections.abc import Callable
from typing import Any

from tests.integrations.slack.office import Killed

WRITES = frozenset({"put", "change", "remove", "claim", "release", "record_answer"})


class Fuse:
    """Counts down over everything that is written, and then kills; out of steps it lets all pass."""

    def __init__(self, step: int, *, after: bool) -> None:
        self.left, self._after = step, after

    @property
    def blew(self) -> bool:
        return self.left <= 0

    def around(self, write: Callable[..., Any]) -> Callable[..., Any]:
        def written(*args: Any, **kwargs: Any) -> Any:
            self.left -= 1
            if self.left == 0 and not self._after:
                raise Killed
            result = write(*args, **kwargs)
            if self.left == 0:
                raise Killed
            return result

        return written


class Mined:
    """Whatever it stands for, with a fuse in each of its writes."""

    def __init__(self, inner: Any, fuse: Fuse) -> None:
        self._inner, self._fuse = inner, fuse

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        return self._fuse.around(found) if name in WRITES else found
