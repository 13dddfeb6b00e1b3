"""Keep one reply in a thread: posted once, found again after a crash, then only changed.

Where a workspace lets nobody change it any more, another takes its place. Every message of ours carries its turn as
metadata. Only a stream that has just begun has none, so a thread never has two such streams: what of ours has no mark
and is in no other turn's record is the one that is looked for.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any

from integrations.slack.calling import LostError, RefusedError, Slack
from integrations.slack.messages import Message, context
from integrations.slack.needs import Place
from integrations.slack.turns import State, Turn, Turns
from rag_core.errors import SupportBotError

ANSWER = "supportbot_answer"  # the type of our metadata
PAGE = 200
GONE = "message_not_found"  # somebody has deleted it: what a person takes away is not posted again
ENDED = frozenset({"message_not_in_streaming_state", GONE})
# a workspace may forbid to edit what is some minutes old, or anything; and to delete anything
UNEDITABLE = frozenset({"edit_window_closed", "cant_update_message"})
UNDELETABLE = frozenset({"cant_delete_message", "compliance_exports_prevent_deletion"})
PROCESSING, ACTIVE = "processing", "active"
INSTEAD = "This takes the place of what I wrote above: here messages cannot be changed or deleted any more."


class Reply:
    """What stands, or will stand, in the thread for one turn. For whoever holds the turn's claim."""

    def __init__(self, slack: Slack, turns: Turns, turn: Turn) -> None:
        self.slack, self.turns, self.turn = slack, turns, turn
        self._said: dict[str, object] = {}  # what a message says that a worker before this one posted

    def resume(self) -> None:
        """Find what a worker that was lost has posted; a stream it left is ended."""
        posted = list(self._posted())
        marked = [message for message in posted if self._is_marked(message)]
        self._said = {str(message["ts"]): _payload(message).get("said") for message in marked}
        parts = {_part(message): str(message["ts"]) for message in marked}  # of two the later one
        first = self.turn.reply or parts.pop(0, None)
        if first is None and self.turn.streamed:
            first = self._unmarked(posted)
        if first is not None and self.turn.streamed:
            self._end(first)
        further = tuple(ts for part, ts in sorted(parts.items()) if part > 0)
        self._keep(reply=first, further=further, streamed=self.turn.streamed and first is not None)

    def place(self, message: Message) -> None:
        """Post it as the reply, or change the reply to it."""
        self._stand(message, 0)

    def show(self, message: Message) -> None:
        """Change the reply if that can be done at once. Raises UnavailableError with the time to come again."""
        self.slack.now(
            self.slack.client.chat_update,
            channel=self.turn.channel,
            ts=self.turn.reply,
            metadata=self._metadata(0, _fingerprint(message)),
            **message.body(),
        )

    def append(self, text: str) -> None:
        """Let the stream go on. Raises RefusedError where it has ended, LostError, UnavailableError."""
        self.slack.now(
            self.slack.client.chat_appendStream,
            channel=self.turn.channel,
            ts=self.turn.reply,
            markdown_text=text,
        )

    def finish(self, messages: Sequence[Message], *, placed: int = 0) -> None:
        """Make the reply these messages, of which the first `placed` stand there already; then all is done."""
        for part, message in list(enumerate(messages))[placed:]:
            self._stand(message, part)
        for left in self.turn.further[max(len(messages) - 1, 0) :]:
            self._remove(left)

    def done(self, *, answered: bool = False) -> None:
        self._keep(state=State.DONE, answered=answered)

    def start(self, place: Place, text: str) -> str | None:
        """Begin a stream as the reply; None where that cannot be had now. Raises LostError where it cannot be told."""
        self._keep(streamed=True)
        if self._is_another_unmarked():
            self._keep(streamed=False)
            return None
        try:
            answer = self.slack.now(
                self.slack.client.chat_startStream,
                channel=self.turn.channel,
                thread_ts=self.turn.thread,
                recipient_team_id=place.user_team,
                recipient_user_id=place.user,
                markdown_text=text,
            )
            ts = str(answer["ts"])
        except LostError:
            found = self._unmarked(list(self._posted()))
            if found is None:
                raise
            ts = found
        except SupportBotError:
            self._keep(streamed=False)
            return None
        self._keep(reply=ts, state=State.PLACED)
        return ts

    def stop(self, text: str, blocks: Sequence[dict[str, Any]]) -> None:
        """End the stream with what is still to be said. Raises RefusedError where it has ended before."""
        self.slack.call(
            self.slack.client.chat_stopStream,
            channel=self.turn.channel,
            ts=self.turn.reply,
            markdown_text=text or None,
            blocks=list(blocks) or None,
            metadata=self._metadata(0),
            session_status=ACTIVE,
        )

    def begin(self) -> bool:
        """Show beside the thread that it is worked on, with a button to stop that; False where it cannot be shown."""
        return self._status(self.slack.now, PROCESSING)

    def rest(self) -> None:
        """Show that no longer."""
        self._status(self.slack.call, ACTIVE)

    def _status(self, way: Callable[..., object], status: str) -> bool:
        try:
            way(
                self.slack.client.agents_sessions_setStatus,
                channel_id=self.turn.channel,
                thread_ts=self.turn.thread,
                status=status,
            )
        except SupportBotError:  # what is shown beside a reply must not cost the reply
            return False
        return True

    def _keep(self, **changed: Any) -> None:
        self.turn = self.turns.keep(replace(self.turn, **changed))

    def _stand(self, message: Message, part: int) -> None:
        """It is that part of the reply: what stands there is changed, or where it may not be, taken away."""
        standing, said = self._standing, _fingerprint(message)
        if part < len(standing):
            if self._change(standing[part], message, part):
                return
            if not self._retract(part):
                message = replace(message, blocks=(*message.blocks, context(INSTEAD)))
        posted = (*self._standing[:part], self._post(message, part, said, standing[part:]))
        self._keep(reply=posted[0], further=posted[1:], state=State.PLACED)

    @property
    def _standing(self) -> tuple[str, ...]:
        return () if self.turn.reply is None else (self.turn.reply, *self.turn.further)

    def _retract(self, part: int) -> bool:
        """Take away this part and what is below it, so that others can stand there; False where any has to stay."""
        kept, gone = self._standing[:part], self._standing[part:]
        self._keep(reply=kept[0] if kept else None, further=kept[1:], streamed=self.turn.streamed and bool(kept))
        removed = [self._remove(ts) for ts in gone]
        return all(removed)

    def _post(self, message: Message, part: int, said: str, besides: Sequence[str]) -> str:
        try:
            answer = self.slack.once(
                self.slack.client.chat_postMessage,
                channel=self.turn.channel,
                thread_ts=self.turn.thread or None,
                metadata=self._metadata(part, said),
                **message.payload(),
            )
        except LostError:
            for found in self._posted():
                if self._is_marked(found) and _part(found) == part and found["ts"] not in besides:
                    return str(found["ts"])
            raise  # it may still come: whoever is next looks again before posting
        return str(answer["ts"])

    def _change(self, ts: str, message: Message, part: int) -> bool:
        """False where it may not be changed any more, and says something else."""
        try:
            self.slack.call(
                self.slack.client.chat_update,
                channel=self.turn.channel,
                ts=ts,
                metadata=self._metadata(part, _fingerprint(message)),
                **message.body(),
            )
        except RefusedError as error:
            if error.code in UNEDITABLE:
                return self._said.get(ts) == _fingerprint(message)
            if error.code != GONE:
                raise
        return True

    def _remove(self, ts: str) -> bool:
        """False where it has to stay."""
        try:
            self.slack.call(self.slack.client.chat_delete, channel=self.turn.channel, ts=ts)
        except RefusedError as error:
            if error.code not in (GONE, *UNDELETABLE):
                raise
            return error.code == GONE
        return True

    def _end(self, ts: str) -> None:
        try:
            self.slack.call(
                self.slack.client.chat_stopStream, channel=self.turn.channel, ts=ts, metadata=self._metadata(0)
            )
        except RefusedError as error:
            if error.code not in ENDED:
                raise

    def _metadata(self, part: int, said: str = "") -> dict[str, Any]:
        return {"event_type": ANSWER, "event_payload": {"turn": self.turn.key, "part": part, "said": said}}

    def _is_marked(self, message: dict[str, Any]) -> bool:
        metadata = message.get("metadata") or {}
        return metadata.get("event_type") == ANSWER and _payload(message).get("turn") == self.turn.key

    def _is_another_unmarked(self) -> bool:
        """Whether a stream of another turn here is begun and not known: two could not be told apart."""
        others = self.turns.of_thread(self.turn.team, self.turn.channel, self.turn.thread)
        return any(
            each.streamed and each.reply is None and each.state is not State.DONE and each.name != self.turn.name
            for each in others
        )

    def _unmarked(self, posted: Sequence[dict[str, Any]]) -> str | None:
        others = self.turns.of_thread(self.turn.team, self.turn.channel, self.turn.thread)
        known = {ts for each in others if each.name != self.turn.name for ts in (each.reply, *each.further)}
        free = [str(each["ts"]) for each in posted if not each.get("metadata") and each["ts"] not in known]
        return free[0] if free else None

    def _posted(self) -> Iterator[dict[str, Any]]:
        """Our own messages where this one belongs, since it was asked."""
        client, cursor = self.slack.client, None
        where: dict[str, Any] = {"channel": self.turn.channel, "oldest": self.turn.since, "limit": PAGE}
        method = client.conversations_replies if self.turn.thread else client.conversations_history
        if self.turn.thread:
            where["ts"] = self.turn.thread
        while True:
            page = self.slack.call(method, **where, include_all_metadata=True, cursor=cursor)
            for message in page["messages"]:
                if self._is_own(message) and message["ts"] not in (self.turn.thread, self.turn.since):
                    yield message
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return

    def _is_own(self, message: dict[str, Any]) -> bool:
        by_bot = bool(self.slack.bot) and message.get("bot_id") == self.slack.bot
        return by_bot or message.get("user") == self.slack.bot_user


def _part(message: Mapping[str, Any]) -> int:
    return int(_payload(message).get("part", 0))


def _payload(message: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = (message.get("metadata") or {}).get("event_payload") or {}
    return found


def _fingerprint(message: Message) -> str:
    return sha256(json.dumps(message.body()).encode()).hexdigest()[:16]
