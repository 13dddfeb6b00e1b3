"""The session that zenpy sends by: keeps the pace, signs in, waits, repeats, and translates what comes back.

zenpy never sees a response that is no success: its own handling sleeps without end on a 429, and its exceptions and
logs quote the payload.
"""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from integrations.zendesk.addressing import Site
from integrations.zendesk.authorizing import PATIENCE, Access
from integrations.zendesk.pacing import Pace
from integrations.zendesk.reaching import UnreachedError, unreached
from integrations.zendesk.refusing import ConflictError, LostError, translated
from rag_core.domain import Deadline
from rag_core.errors import BusyError, UnavailableError
from rag_core.resting import Circuit

TRIES = 3  # of what may be repeated, and of what did not arrive
BACKOFF = 0.2  # seconds, doubled with each try
NEVER = 10**9  # failures in a row
LEFT = 1.0  # seconds that a wait must leave of the time there is


@dataclass(frozen=True, slots=True)
class Call:
    """How what is asked of zenpy now is to be sent."""

    deadline: Deadline
    key: str = ""  # Idempotency-Key: creation may be repeated with it
    repeat: bool = False  # doing it twice is as doing it once

    def may_repeat(self, method: str) -> bool:
        return method == "GET" or self.repeat or bool(self.key)


class Wire(requests.Session):
    """For one thread: requests' sessions are not safe to share. Without a pace it calls as often as it is asked to."""

    def __init__(
        self,
        site: Site,
        access: Access,
        sleep: Callable[[float], None] = time.sleep,
        pace: Pace | None = None,
        circuit: Circuit | None = None,
    ) -> None:
        super().__init__()
        self._site, self._access, self._sleep, self._pace = site, access, sleep, pace
        self._circuit = circuit or Circuit(failures=NEVER)
        self._call = Call(Deadline.within(0))
        self._header = ""
        self.auth = self._sign  # as `auth`, because a .netrc goes before a header
        for scheme in ("https://", "http://"):
            self.mount(scheme, HTTPAdapter(max_retries=0))

    @contextmanager
    def during(self, call: Call) -> Iterator[None]:
        before, self._call = self._call, call
        try:
            yield
        finally:
            self._call = before

    def request(self, method: Any, url: Any, *args: Any, **options: Any) -> requests.Response:
        """Raises LostError, ConflictError, UnavailableError, RefusedError, MisconfiguredError."""
        options |= {"allow_redirects": False}
        if self._call.key and method == "POST":
            options["headers"] = {**(options.get("headers") or {}), "Idempotency-Key": self._call.key}
        address = self._site.own(str(url))
        for tried in count(1):
            try:
                return self._signed_in(str(method), address, *args, **options)
            except UnavailableError as error:
                wait = self._waiting(error, str(method), tried)
                if wait is None:
                    raise
            self._sleep(wait)
        raise AssertionError

    def _waiting(self, error: UnavailableError, method: str, tried: int) -> float | None:
        """Seconds until it may be sent again; None: it may not, or there is no time for it."""
        if isinstance(error, ConflictError) or (isinstance(error, LostError) and not self._call.may_repeat(method)):
            return None
        if self._circuit.open:
            return None
        if tried >= TRIES and error.retry_after is None:
            return None
        wait = BACKOFF * 2**tried if not error.retry_after else error.retry_after
        return wait if wait <= self._call.deadline.remaining - LEFT else None

    def _signed_in(self, method: str, url: str, *args: Any, **options: Any) -> requests.Response:
        """Once, or twice where the token had come to its end: what is refused for that was not done."""
        for tried in (1, 2):
            self._wait_for_a_turn(method, url)
            self._header = self._access.header(self._call.deadline)
            response = self._watched(method, url, *args, **options)
            if tried == 1 and response.status_code == 401 and self._access.refused(self._header):
                continue
            return _checked(response)
        raise AssertionError

    def _wait_for_a_turn(self, method: str, url: str) -> None:
        """A token of each limit, and what was taken is kept while the next one is waited for."""
        if self._pace is None:
            return
        for limit in self._pace.limits(method, url):
            while wait := self._pace.take(limit):
                if wait > self._call.deadline.remaining - LEFT:
                    raise BusyError("as much as may be asked of Zendesk was asked", retry_after=wait)
                self._sleep(wait)

    def _watched(self, method: str, url: str, *args: Any, **options: Any) -> requests.Response:
        """What is in trouble, or is asked too often, rests after a while."""
        if rests := self._circuit.rests():
            raise BusyError("Zendesk has failed again and again: it is left alone for now", retry_after=rests)
        try:
            response = self._send(method, url, *args, **options)
        except (LostError, UnreachedError):
            self._circuit.failed()
            raise
        if response.status_code == 429 or response.status_code >= 500:
            self._circuit.failed()
        else:
            self._circuit.answered()
        return response

    def _send(self, method: str, url: str, *args: Any, **options: Any) -> requests.Response:
        remaining = self._call.deadline.remaining
        if not remaining:
            raise UnavailableError("no time is left for another call of Zendesk")
        connect, read = PATIENCE
        options["timeout"] = (min(connect, remaining), min(read, remaining))
        try:
            return super().request(method, url, *args, **options)
        except (requests.RequestException, OSError) as error:  # its text holds the address with what was searched for
            lost = LostError(f"Zendesk did not answer ({type(error).__name__})")
            raise unreached(error, self._site) or lost from None

    def _sign(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = self._header
        return request


def _checked(response: requests.Response) -> requests.Response:
    status = response.status_code
    if not 200 <= status < 300:
        raise translated(status, response.headers, response.content)
    try:
        whole = status == 204 or isinstance(json.loads(response.content), dict)
    except ValueError:
        whole = False
    if not whole:
        raise LostError("Zendesk answered with something else than JSON")
    return response
