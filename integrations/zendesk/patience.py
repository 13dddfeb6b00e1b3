"""Calls that an ingestion makes: it takes the time it takes, and goes on where Zendesk was away.

Nobody waits for an answer here, so a limit is waited for and an outage is sat out; what is wrong for good is said at
once, and so is a Zendesk that was never reached: its name may be wrong.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from integrations.zendesk.client import Zendesk
from rag_core.domain import Deadline
from rag_core.errors import UnavailableError

PATIENCE = 600.0  # seconds for one call with its waits
PAUSES = (2.0, 10.0, 30.0, 60.0)  # seconds before it is tried again, after what the client itself has tried

Given = TypeVar("Given")


class Patience:
    """Of one account; safe to share between threads."""

    def __init__(self, zendesk: Zendesk, sleep: Callable[[float], None] = time.sleep) -> None:
        self.site, self._zendesk, self._sleep = zendesk.site, zendesk, sleep
        self._reached = False

    def ask(self, call: Callable[[Any], Given]) -> Given:
        """What `call` gives for zenpy; it only reads. Raises UnavailableError once patience has ended.

        At once where Zendesk cannot be reached, and has not been before.
        """
        for pause in PAUSES:
            try:
                return self._once(call)
            except UnavailableError as error:
                if self._never_reached(error):
                    raise
                self._sleep(max(pause, error.retry_after or 0.0))
        return self._once(call)

    def each(self, call: Callable[[Any], Any]) -> Iterator[Any]:
        """The items of what `call` gives, page by page: zenpy's lists ask again for a page that did not come."""
        found = self.ask(call)
        while (item := self.ask(lambda _: next(found, None))) is not None:
            yield item

    def _once(self, call: Callable[[Any], Given]) -> Given:
        with self._zendesk.calling(Deadline.within(PATIENCE)) as zenpy:
            found = call(zenpy)
        self._reached = True
        return found

    def _never_reached(self, error: UnavailableError) -> bool:
        from integrations.zendesk.reaching import UnreachedError  # it loads requests

        self._reached = self._reached or not isinstance(error, UnreachedError)
        return not self._reached
