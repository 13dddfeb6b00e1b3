"""Pass a question on to a person, once; or note that nobody needs to help any more.

From then on the thread is the people's: only who mentions the bot is answered by it.
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from integrations.slack import answers, notices
from integrations.slack.calling import RefusedError, Slack
from integrations.slack.knowing import Knowing
from integrations.slack.messages import Message, notice
from integrations.slack.needs import Core, HumanDesk
from integrations.slack.replying import Reply
from integrations.slack.turns import CLOSED, State, Turn, Turns
from integrations.slack.whispering import Ear, Whispering
from rag_core.domain import AnswerRecord, QuestionId
from rag_core.errors import MisconfiguredError, RejectedError

SUBJECT = 120  # characters
NEWEST, PAGE, PAGES = 50, 200, 20  # messages of a transcript; of a page; pages that are read for them
LONGEST = 30_000  # characters of a transcript


@dataclass(frozen=True, slots=True)
class Pressed:
    """A button beneath an answer."""

    question_id: QuestionId
    team: str
    ear: Ear  # of whoever pressed it
    at: str
    message: Mapping[str, Any] | None  # it stands in; None: only its reader sees that one

    @property
    def thread(self) -> str:
        """Where what follows is posted; "" where there is no thread."""
        return str((self.message or {}).get("thread_ts") or self.ear.thread or (self.message or {}).get("ts") or "")


class Escalating:
    """What "Ask a human" and "Resolved" do; `humans` is the user group that is called where there is no desk."""

    def __init__(self, core: Core, whispering: Whispering, desk: HumanDesk | None, humans: str = "") -> None:
        self._core, self._whispering, self._desk, self._humans = core, whispering, desk, humans
        self._turns, self._knowing = Turns(core.records, core.claims), Knowing(core)

    def ask(self, pressed: Pressed, slack: Slack, *, last: bool) -> None:
        """Raises UnavailableError where it is to be delivered again."""
        turn = self._turn(pressed, "human")
        with self._turns.held(turn, slack.deadline):
            recorded = self._turns.find(turn)
            if recorded is None:
                self._turns.begin(turn)
            reply = Reply(slack, self._turns, recorded or turn)
            if reply.turn.state is State.DONE:
                return
            quoting = list[str]()
            try:
                if recorded:
                    reply.resume()
                self._pass_on(pressed, reply, slack, quoting)
            except Exception as error:
                if not last and not isinstance(error, RejectedError | MisconfiguredError):
                    raise
                self._turns.forget(turn)  # it can be pressed again
                self._whispering.tell(pressed.ear, notices.escalation_failed(), slack.afresh(), by_url=last)
                self._core.failed(pressed.question_id, error, quoting)

    def resolve(self, pressed: Pressed, slack: Slack) -> None:
        """As often as it is pressed: the same message is changed to the same."""
        self._turns.note(self._turn(pressed, "resolved"), CLOSED, pressed.at)
        note = notices.resolved_note(pressed.ear.user)
        if not self._settle(pressed, note, slack):
            with suppress(RefusedError):
                self._whispering.tell(pressed.ear, notice(note), slack)

    def _pass_on(self, pressed: Pressed, reply: Reply, slack: Slack, quoting: list[str]) -> None:
        """`quoting` is told what people wrote that is handed on."""
        by, url = pressed.ear.user, None
        is_direct = pressed.ear.channel.startswith("D")  # nobody of the group reads there
        if self._desk:
            record = self._core.log.answer(pressed.question_id)
            subject = " ".join(record.question.text.split())[:SUBJECT]
            quoting += [record.question.text, subject, record.text]
            transcript = self._transcript(pressed, record, slack)
            quoting += [transcript, *transcript.split("\n\n")]
            url = self._desk.open(
                question_id=pressed.question_id,
                subject=subject,
                transcript=transcript,
                asked_by=record.question.asked_by,
            )
        message = notices.escalated(by, ticket_url=url, group_id=self._humans or None, direct=is_direct)
        passed_on = url is not None or bool(self._humans and not is_direct)
        if pressed.thread:
            reply.finish([message])
            self._turns.note(reply.turn, CLOSED, pressed.at)
        else:
            self._whispering.tell(pressed.ear, message, slack, by_url=True)
        self._settle(pressed, notices.escalated_note(by, ticket_url=url, passed_on=passed_on), slack)
        reply.done()

    def _settle(self, pressed: Pressed, note: str, slack: Slack) -> bool:
        """The answer loses the buttons that are done with; False where nobody sees that it does."""
        if pressed.message is None:
            return False
        message = Message(
            str(pressed.message.get("text", "")), tuple(answers.settled(pressed.message.get("blocks", ()), note))
        )
        try:
            slack.call(
                slack.client.chat_update, channel=pressed.ear.channel, ts=pressed.message["ts"], **message.body()
            )
        except RefusedError:  # it was deleted, or may not be changed: what was asked for is done all the same
            return False
        return True

    def _turn(self, pressed: Pressed, what: str) -> Turn:
        name, ear = f"{what}#{pressed.question_id}", pressed.ear
        return Turn(pressed.team, ear.channel, pressed.thread, name, pressed.question_id, ear.user, since=pressed.at)

    def _transcript(self, pressed: Pressed, record: AnswerRecord, slack: Slack) -> str:
        """The newest of the thread; our own messages as the log has them."""
        if not pressed.thread:
            return f"{record.question.asked_by}: {record.question.text}\n\nsupportbot: {record.text}"
        turns = self._turns.of_thread(pressed.team, pressed.ear.channel, pressed.thread)
        ours = {turn.reply: turn.question_id for turn in turns}
        said = [
            line
            for message in _newest(pressed.ear.channel, pressed.thread, slack)
            if (line := self._line(message, ours, slack))
        ]
        return "\n\n".join(said)[-LONGEST:]

    def _line(self, message: Mapping[str, Any], ours: Mapping[str | None, QuestionId], slack: Slack) -> str:
        when = datetime.fromtimestamp(float(message["ts"]), UTC).strftime("%Y-%m-%d %H:%M UTC")
        if message.get("user") != slack.bot_user:
            return f"{when} {message.get('user', 'an app')}: {message.get('text', '')}"
        known = self._knowing.recorded(ours[message["ts"]]) if message["ts"] in ours else None
        return f"{when} supportbot: {known.text}" if known else ""


def _newest(channel: str, thread: str, slack: Slack) -> Sequence[Mapping[str, Any]]:
    return list(deque(_messages(channel, thread, slack), maxlen=NEWEST))


def _messages(channel: str, thread: str, slack: Slack) -> Iterator[Mapping[str, Any]]:
    """Oldest first, as Slack gives them."""
    cursor = None
    for _ in range(PAGES):
        page = slack.call(slack.client.conversations_replies, channel=channel, ts=thread, limit=PAGE, cursor=cursor)
        yield from page["messages"]
        cursor = (page.get("response_metadata") or {}).get("next_cursor")
        if not cursor:
            return
