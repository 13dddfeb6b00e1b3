"""The one way to Zendesk: zenpy, a client of it a thread, with what it does by itself turned off.

zenpy 2.0.57 keeps tickets in a cache, sleeps on a 429, logs payloads, and is not safe to share between threads. Sending
is carrying.py's.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from integrations.zendesk.addressing import Site
from integrations.zendesk.authorizing import Access
from integrations.zendesk.refusing import LostError
from rag_core.domain import Deadline
from rag_core.resting import Circuit

if TYPE_CHECKING:
    from integrations.zendesk.carrying import Wire
    from integrations.zendesk.pacing import Pace

TALKATIVE = ("zenpy", "urllib3.connectionpool")  # the one logs payloads, the other addresses with what is searched for
_importing = threading.Lock()


class Zendesk:
    """An account; safe to share between threads. zenpy is imported with the first call."""

    def __init__(
        self,
        site: Site,
        access: Access,
        sleep: Callable[[float], None] = time.sleep,
        pace: "Pace | None" = None,
        circuit: Circuit | None = None,
    ) -> None:
        """Without a circuit an account in trouble is asked on: who has time waits between the calls."""
        self.site, self._access, self._sleep, self._pace, self._circuit = site, access, sleep, pace, circuit
        self._threads = threading.local()

    @contextmanager
    def calling(self, deadline: Deadline, *, key: str = "", repeat: bool = False) -> Iterator[Any]:
        """This thread's zenpy, while something is asked of it.

        What only reads is repeated where its response is lost; what writes is with `key`, an Idempotency-Key that only
        the creation of tickets knows, or where `repeat` says that twice is as once. Raises LostError, ConflictError,
        UnavailableError, RefusedError, MissingError, MisconfiguredError.
        """
        from integrations.zendesk.carrying import Call

        zenpy, wire = self._mine()
        from zenpy.lib.exception import APIException, ZenpyException

        try:
            with wire.during(Call(deadline, key, repeat)):
                yield zenpy
        except (APIException, ZenpyException) as error:  # its text quotes the response
            raise LostError(f"zenpy cannot read what Zendesk answered ({type(error).__name__})") from None

    def scopes(self, deadline: Deadline) -> frozenset[str] | None:
        """What the sign-in may do; None where that is whatever its user may."""
        return self._access.scopes(deadline)

    def file(self, url: str, deadline: Deadline, *, most: int) -> bytes:
        """What an attachment holds, of at most `most` bytes. Raises RejectedError for another host's or more."""
        from integrations.zendesk.fetching import fetched

        return fetched(self.site, url, self._access.header(deadline), deadline, most)

    def _mine(self) -> "tuple[Any, Wire]":
        if not hasattr(self._threads, "own"):
            self._threads.own = self._made()
        own: tuple[Any, Wire] = self._threads.own
        return own

    def _made(self) -> "tuple[Any, Wire]":
        from integrations.zendesk.carrying import Wire

        wire = Wire(self.site, self._access, self._sleep, self._pace, self._circuit)
        subdomain, _, domain = self.site.netloc.partition(".")  # it takes a response for Zendesk's by its host
        made = _zenpy()(
            subdomain=subdomain,
            domain=domain,
            session=wire,
            anonymous=True,  # the session signs in
            disable_cache=True,
        )
        return made, wire


def _zenpy() -> Any:
    """Its class, imported without what it does to the logs: `DEBUG_LOG` set for others would log all of ours."""
    root = logging.getLogger()
    with _importing:
        level, handlers = root.level, list(root.handlers)
        from zenpy import Zenpy

        root.setLevel(level)
        root.handlers[:] = handlers
        for name in TALKATIVE:
            logger = logging.getLogger(name)
            logger.setLevel(max(logger.level, logging.WARNING))
    return Zenpy
