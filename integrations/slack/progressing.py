"""One message that shows how far an ingestion is, and in the end what became of it.

A thread of its own: an ingestion waits for no answer of Slack's, and Slack hears of it every two seconds at most.
Where a workspace lets nobody change the message any more it stays as it is, and the end is a message in its place.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from integrations.slack import summarising
from integrations.slack.calling import RefusedError
from integrations.slack.messages import Message
from integrations.slack.needs import Calls
from integrations.slack.replying import PAGE, UNEDITABLE
from rag_core.domain import Deadline, PersonId, SourceName
from rag_core.errors import SupportBotError, UnavailableError
from rag_core.runs import Progress
from rag_core.timing import Repeating

EVERY = 2.0  # seconds; chat.update may be called about 50 times a minute
SHORT, LONG = 10.0, 60.0  # seconds that Slack has for a step, and for the end
GONE = frozenset({"message_not_found", "channel_not_found", "is_inactive"})
INSTEAD = "supportbot_instead"  # the type of the metadata of a message that stands in another's place


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
            if error.code not in GONE | UNEDITABLE:
                raise
            self._put_in_place(message, anew=error.code in UNEDITABLE)

    def _put_in_place(self, message: Message, *, anew: bool) -> None:
        """What was put there before is changed, or goes when another is there; with none it is posted `anew`."""
        slack = self._calls(Deadline.within(LONG))
        metadata = {"event_type": INSTEAD, "event_payload": {"ts": self._ts}}
        since = {"channel": self._channel, "oldest": self._ts, "include_all_metadata": True, "limit": PAGE}
        posted = slack.call(slack.client.conversations_history, **since)["messages"]
        standing = [str(each["ts"]) for each in posted if _is_instead(each, metadata)]  # the newest first
        if standing:
            anew = not self._is_changed(standing[0], message, slack)
        if anew:
            slack.once(slack.client.chat_postMessage, channel=self._channel, metadata=metadata, **message.payload())
            for ts in (*standing, self._ts):
                with suppress(RefusedError):  # where nothing may be deleted they stay, the end below
                    slack.call(slack.client.chat_delete, channel=self._channel, ts=ts)

    def _is_changed(self, ts: str, message: Message, slack: Calls) -> bool:
        """False where it may not be any more."""
        try:
            slack.call(slack.client.chat_update, channel=self._channel, ts=ts, **message.body())
        except RefusedError as error:
            if error.code not in GONE | UNEDITABLE:
                raise
            return error.code in GONE
        return True

    def _step(self) -> float | None:
        now = self._progress
        if now is None or now == self._shown:
            return self._every
        try:
            self._show(summarising.under_way(self._source, self._by, now), SHORT)
        except UnavailableError as error:  # the next step says more than this one
            return max(self._every, error.retry_after or 0.0)
        except RefusedError as error:
            if error.code in GONE | UNEDITABLE:
                return None
        except SupportBotError:  # the token: `end` meets it again, and says so
            return None
        self._shown = now
        return self._every

    def _show(self, message: Message, seconds: float) -> None:
        slack = self._calls(Deadline.within(seconds))
        slack.call(slack.client.chat_update, channel=self._channel, ts=self._ts, **message.body())


def _is_instead(message: Mapping[str, Any], metadata: Mapping[str, Any]) -> bool:
    found = message.get("metadata") or {}
    return all(found.get(name) == value for name, value in metadata.items())
