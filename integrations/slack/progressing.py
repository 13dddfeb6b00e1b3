"""One message that shows how far an ingestion is, and in the end what became of it.

A thread of its own: an ingestion waits for no answer of Slack's, and Slack hears of it every two seconds at most.
"""

from collections.abc import Callable

from integrations.slack import summarising
from integrations.slack.calling import RefusedError
from integrations.slack.messages import Message
from integrations.slack.needs import Calls
from rag_core.domain import Deadline, PersonId, SourceName
from rag_core.errors import SupportBotError, UnavailableError
from rag_core.runs import Progress
from rag_core.timing import Repeating

EVERY = 2.0  # seconds; chat.update may be called about 50 times a minute
SHORT, LONG = 10.0, 60.0  # seconds that Slack has for a step, and for the end
GONE = frozenset({"message_not_found", "channel_not_found", "cant_update_message", "is_inactive"})


class ProgressMessage(Repeating):
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
        super().__init__(self._step, first=0.0)
        self._calls, self._channel, self._ts, self._source, self._by = calls, channel, ts, source, by
        self._every = every
        self._progress: Progress | None = None
        self._shown: Progress | None = None

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

    def _step(self) -> float | None:
        now = self._progress
        if now is None or now == self._shown:
            return self._every
        try:
            self._show(summarising.under_way(self._source, self._by, now), SHORT)
        except UnavailableError as error:  # the next step says more than this one
            return max(self._every, error.retry_after or 0.0)
        except RefusedError as error:
            if error.code in GONE:
                return None
        except SupportBotError:  # the token: `end` meets it again, and says so
            return None
        self._shown = now
        return self._every

    def _show(self, message: Message, seconds: float) -> None:
        slack = self._calls(Deadline.within(seconds))
        slack.call(slack.client.chat_update, channel=self._channel, ts=self._ts, **message.body())
