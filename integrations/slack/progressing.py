"""One message that shows how far an ingestion is, and in the end what became of it.

A thread of its own: an ingestion waits for no answer of Slack's, and Slack hears of it every two seconds at most.
"""

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from integrations.slack import summarising
from integrations.slack.calling import RefusedError
from integrations.slack.messages import Message
from integrations.slack.needs import Calls
from rag_core.domain import Deadline, PersonId, SourceName
from rag_core.errors import SupportBotError, UnavailableError
from rag_core.runs import Progress

EVERY = 2.0  # seconds; chat.update may be called about 50 times a minute
SHORT, LONG = 10.0, 60.0  # seconds that Slack has for a step, and for the end
GONE = frozenset({"message_not_found", "channel_not_found", "cant_update_message", "is_inactive"})


class ProgressMessage:
    """A message that stands at (channel, ts); a context manager: once it is left only `end` changes it."""

    def __init__(
        self,
        calls: Callable[[Deadline], Calls],
        channel: str,
        ts: str,
        source: SourceName,
        by: PersonId,
        *,
        every: float = EVERY,
    ) -> None:
        self._calls, self._channel, self._ts, self._source, self._by = calls, channel, ts, source, by
        self._every = every
        self._progress: Progress | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._go_on, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def progress(self, progress: Progress) -> None:
        """At once, however slow Slack is."""
        self._progress = progress

    def end(self, message: Message) -> None:
        """Raises UnavailableError where Slack cannot be told; what somebody has deleted is not posted again."""
        try:
            self._show(message, LONG)
        except RefusedError as error:
            if error.code not in GONE:
                raise

    def _go_on(self) -> None:
        shown, wait = None, 0.0
        while not self._over.wait(wait):
            wait, now = self._every, self._progress
            if now is None or now == shown:
                continue
            try:
                self._show(summarising.under_way(self._source, self._by, now), SHORT)
            except UnavailableError as error:  # the next step says more than this one
                wait = max(wait, error.retry_after or 0.0)
                continue
            except RefusedError as error:
                if error.code in GONE:
                    return
            except SupportBotError:  # the token: `end` meets it again, and says so
                return
            shown = now

    def _show(self, message: Message, seconds: float) -> None:
        slack = self._calls(Deadline.within(seconds))
        slack.call(slack.client.chat_update, channel=self._channel, ts=self._ts, **message.body())
