"""Share a private draft where it was asked for, once; turn to another part of it; or discard it.

By its asker alone, and only while whoever reads there may read what it was made of.
"""

import json
from contextlib import suppress
from dataclasses import dataclass

from integrations.slack import answers, notices
from integrations.slack.answers import About
from integrations.slack.calling import RefusedError, Slack
from integrations.slack.knowing import Knowing, fits, person
from integrations.slack.messages import Message
from integrations.slack.needs import Access, Core, Place
from integrations.slack.replying import Reply
from integrations.slack.turns import State, Turn, Turns
from integrations.slack.whispering import Ear, Whispering
from rag_core.domain import AnswerRecord, QuestionId
from rag_core.errors import RejectedError


class Sharing:
    """What the buttons beneath a private draft do."""

    def __init__(self, core: Core, access: Access, whispering: Whispering) -> None:
        self._core, self._access, self._whispering = core, access, whispering
        self._turns, self._knowing = Turns(core.records, core.claims), Knowing(core)

    def share(self, value: str, place: Place, ear: Ear, slack: Slack, *, at: str) -> None:
        """Raises UnavailableError where it is to be delivered again."""
        pressed = _read(value)
        if record := self._draft(pressed, place, ear, slack, notices.sharing_failed()):
            named, thread = pressed.question_id, pressed.thread or ""
            turn = Turn(place.team, place.channel, thread, f"share#{named}", named, place.user, since=at)
            with self._turns.held(turn, slack.deadline):
                self._post(turn, record, ear, slack)

    def turn(self, value: str, place: Place, ear: Ear, slack: Slack) -> None:
        """Show the part that was wanted in the place of the one that is shown."""
        pressed = _read(value)
        if record := self._draft(pressed, place, ear, slack, notices.turning_failed()):
            scope = self._access.scope(place, slack)
            about = About(scope.audience, self._core.knowledge_as_of(), self._knowing.searched(scope))
            shown = answers.private(record, about, channel=pressed.channel, thread_ts=pressed.thread, part=pressed.part)
            try:
                self._whispering.replace(ear, shown, slack)
            except RefusedError:
                self._tell(ear, notices.turning_failed(), slack)

    def discard(self, ear: Ear, slack: Slack) -> None:
        with suppress(RefusedError):  # too old to be taken away; only its asker sees it
            self._whispering.remove(ear, slack)

    def _draft(
        self, pressed: "_Pressed", place: Place, ear: Ear, slack: Slack, otherwise: Message
    ) -> AnswerRecord | None:
        """None where it is not theirs, or not for that place: they were told."""
        record = self._knowing.recorded(pressed.question_id)
        if pressed.channel != place.channel or record is None or not fits(record, self._access.scope(place, slack)):
            self._tell(ear, otherwise, slack)
            return None
        if record.question.asked_by != person(place.team, place.user):
            self._tell(ear, notices.not_yours(), slack)
            return None
        return record

    def _post(self, turn: Turn, record: AnswerRecord, ear: Ear, slack: Slack) -> None:
        recorded = self._turns.find(turn)
        if recorded is None:
            self._turns.begin(turn)
        reply = Reply(slack, self._turns, recorded or turn)
        if reply.turn.state is not State.DONE:
            if recorded:
                reply.resume()
            about = About(record.question.audience, self._core.knowledge_as_of(), shared_by=turn.asked_by)
            try:
                reply.finish(answers.reply(record, about))
            except RefusedError:
                self._turns.forget(turn)  # it can be pressed again, once the bot is there
                self._tell(ear, notices.sharing_failed(), slack)
                return
            reply.done()
        with suppress(RefusedError):
            self._whispering.replace(ear, notices.shared_to(turn.channel), slack)

    def _tell(self, ear: Ear, message: Message, slack: Slack) -> None:
        with suppress(RefusedError):
            self._whispering.tell(ear, message, slack, by_url=True)


@dataclass(frozen=True, slots=True)
class _Pressed:
    """What the value of a draft's button says."""

    question_id: QuestionId
    channel: str
    thread: str | None
    part: int


def _read(value: str) -> _Pressed:
    """Raises RejectedError for a value that is none of ours."""
    try:
        found = json.loads(value)
        return _Pressed(
            QuestionId(found["question_id"]), found["channel"], found["thread_ts"], int(found.get("part", 1))
        )
    except (ValueError, KeyError, TypeError) as error:
        raise RejectedError("this button is not one of a draft") from error
