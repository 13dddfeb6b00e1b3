"""Ways to die at random: at the n-th thing that a worker sends or keeps, each thread for itself."""

import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException, HTTPResponse
from typing import Any

from tests.integrations.slack.crashing import WRITES
from tests.integrations.slack.office import Killed

Claim = tuple[str, str]  # key, owner


class Deaths:
    """Kills the thread that works at one of its steps: a call of Slack, a record, a claim, an answer in the log."""

    def __init__(self) -> None:
        self._mine = threading.local()
        self.calls = self.lost = 0  # of Slack, and responses of it

    @contextmanager
    def within(self, step: int | None, *, after: bool = False) -> Iterator[None]:
        """What the thread does ends at its n-th step, before that is done or after; None: it does not.

        With fewer steps it ends when all is done, before it can say so.
        """
        self._mine.left, self._mine.after, self._mine.claims = step, after, []
        try:
            yield
            if (self._mine.left or 0) > 0:
                raise Killed
        finally:
            self._mine.left = None

    @property
    def estate(self) -> list[Claim]:
        """The claims that the thread took last; whoever is killed does not give them back."""
        return list(self._mine.claims)

    def claimed(self, key: str, owner: str) -> None:
        self._mine.claims.append((key, owner))

    @contextmanager
    def step(self) -> Iterator[None]:
        left = getattr(self._mine, "left", None)
        if left is None:
            yield
            return
        self._mine.left = left - 1
        if left == 1 and not self._mine.after:
            raise Killed
        yield
        if left == 1:
            raise Killed

    def around(self, inner: Any) -> Any:
        """Records, Claims or a log, each of whose writes is a step."""
        return _Mortal(inner, self)

    @contextmanager
    def calling(self) -> Iterator[None]:
        """While it is open every call by urllib, as Slack's SDK makes them, is a step."""
        urllib.request.install_opener(urllib.request.build_opener(urllib.request.ProxyHandler({}), _Wire(self)))
        try:
            yield
        finally:
            urllib.request.install_opener(urllib.request.build_opener())


class _Mortal:
    def __init__(self, inner: Any, deaths: Deaths) -> None:
        self._inner, self._deaths = inner, deaths

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if name not in WRITES:
            return found

        def written(*args: Any, **kwargs: Any) -> Any:
            if name == "claim":
                self._deaths.claimed(args[0], kwargs["owner"])
            with self._deaths.step():
                return found(*args, **kwargs)

        return written


class _Wire(urllib.request.HTTPHandler):
    def __init__(self, deaths: Deaths) -> None:
        super().__init__()
        self._deaths = deaths

    def http_open(self, req: urllib.request.Request) -> HTTPResponse:
        with self._deaths.step():
            self._deaths.calls += 1
            try:
                return super().http_open(req)
            except (OSError, HTTPException):
                self._deaths.lost += 1
                raise
