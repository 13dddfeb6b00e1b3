"""Answer a question in its thread: once, and never in silence.

What fails is delivered again, and goes on where it was; what fails for good is said in the thread, with an id.
"""

from contextlib import suppress

from integrations.slack import notices
from integrations.slack.answers import About
from integrations.slack.attaching import attached
from integrations.slack.calling import RefusedError, Slack
from integrations.slack.escaping import escaped
from integrations.slack.fetching import Web
from integrations.slack.knowing import Knowing, fits
from integrations.slack.messages import Message, notice
from integrations.slack.needs import Access, Core, Quotas
from integrations.slack.noticing import is_chatter, is_greeting, is_question
from integrations.slack.reading import Asked, File, files, plain
from integrations.slack.replying import Reply
from integrations.slack.starting import Starts
from integrations.slack.turns import CLOSED, State, Turn, Turns, question_id
from integrations.slack.writing import Writing
from rag_core.domain import Answer, AnswerRecord, Deadline, Outcome, QuestionId
from rag_core.errors import MisconfiguredError, RejectedError, UnavailableError

RESERVED = 6.0  # seconds of an answer's time that are kept for showing it, or for saying that there is none
LEAST = RESERVED + 4.0  # seconds without which a question is not begun


class Asking:
    """The use case behind every surface on which all may read the answer."""

    def __init__(self, core: Core, access: Access, quotas: Quotas | None, web: Web, starts: Starts) -> None:
        self._core, self._access, self._quotas, self._web, self._starts = core, access, quotas, web, starts
        self._turns, self._knowing = Turns(core.records, core.claims), Knowing(core)

    def hear(self, asked: Asked, slack: Slack, *, last: bool) -> None:
        """Answer it, if it is for us. Raises UnavailableError where it is to be delivered again."""
        if not self._is_for_us(asked):
            return
        place = asked.place
        named = question_id(place.team, place.channel, asked.ts)
        turn = Turn(place.team, place.channel, asked.thread, asked.ts, named, place.user, since=asked.ts)
        recorded = self._turns.find(turn)
        if recorded and recorded.state is State.DONE:
            return
        if slack.deadline.remaining < LEAST and not last:
            raise UnavailableError("no time is left for another question")
        with self._turns.held(turn, slack.deadline):
            recorded = self._turns.find(turn)
            if recorded is None or recorded.state is not State.DONE:
                self._work(asked, Reply(slack, self._turns, recorded or turn), last=last, again=recorded is not None)

    def _is_for_us(self, asked: Asked) -> bool:
        """What is said to us, unless it asks nothing; what follows up on our answer; what a channel wants answered."""
        if asked.mentioned or asked.direct:
            return not is_chatter(asked.text) or is_greeting(asked.text) or bool(asked.files) or not asked.text
        if asked.others or not is_question(asked.text):
            return False
        if asked.is_top:
            return self._access.is_automatic(asked.place.team, asked.place.channel)
        return self._is_follow_up(asked)

    def _is_follow_up(self, asked: Asked) -> bool:
        turns = self._turns.of_thread(asked.place.team, asked.place.channel, asked.thread)
        if any(
            turn.name == asked.ts for turn in turns
        ):  # it was begun: whatever has happened since, it is gone on with
            return True
        if not any(turn.asked_by == asked.place.user for turn in turns):
            return False
        return self._turns.noted(turns[0], CLOSED) is None

    def _work(self, asked: Asked, reply: Reply, *, last: bool, again: bool) -> None:
        try:
            if again:
                reply.resume()
            else:
                self._turns.begin(reply.turn)
            self._answer(asked, reply, again=again)
        except (RejectedError, MisconfiguredError) as error:
            self._give_up(asked, reply, error)
        except Exception as error:
            if not last:
                raise
            self._give_up(asked, reply, error)

    def _answer(self, asked: Asked, reply: Reply, *, again: bool) -> None:
        place, slack, turn = asked.place, reply.slack, reply.turn
        is_sure = asked.mentioned or asked.direct or not asked.is_top
        if is_sure and not is_greeting(asked.text):
            _show_signs(reply)
        scope = self._access.scope(place, slack)
        if not (is_sure or scope.automatic):
            reply.done()
            return
        if self._quotas and (sentence := self._quotas.admit(place.team, place.user, turn.question_id)):
            reply.finish([notice(escaped(sentence))])
            reply.rest()
            reply.done()
            return
        if is_greeting(asked.text):
            reply.finish([notices.welcome()])
            reply.done()
            return
        about = About(scope.audience, self._core.knowledge_as_of(), self._knowing.searched(scope))
        writing = Writing(reply, place, about, self._starts)
        if not is_sure:
            writing.begin()
        known = self._knowing.recorded(turn.question_id) if again else None
        if known and not fits(known, scope):  # somebody may have joined since
            known = None
        given = attached(*self._said(asked, slack), self._web, slack)
        if not given.text and known is None:
            writing.say([notices.files_declined(given.unread) if given.unread else notices.no_question()])
            reply.done()
            return
        answer: Answer | AnswerRecord = known or self._core.answer(
            self._knowing.question(given.text, place, scope, turn.question_id, self._before(turn)),
            on_stage=writing.stage,
            on_text=writing.text,
            deadline=Deadline(slack.deadline.at - RESERVED),
        )
        writing.finish(answer, *([notices.files_declined(given.unread)] if given.unread else []))
        reply.done(answered=answer.outcome is Outcome.ANSWERED)

    def _before(self, turn: Turn) -> QuestionId | None:
        """The thread's last question that was answered."""
        turns = self._turns.of_thread(turn.team, turn.channel, turn.thread)
        answered = [each.question_id for each in turns if each.answered and each.name < turn.name]
        return answered[-1] if answered else None

    def _said(self, asked: Asked, slack: Slack) -> tuple[str, tuple[File, ...]]:
        """A bare mention in a thread asks what the thread is about."""
        if asked.text or asked.files or asked.is_top:
            return asked.text, asked.files
        page = slack.call(slack.client.conversations_replies, channel=asked.place.channel, ts=asked.thread, limit=1)
        first = page["messages"][0]
        return plain(first.get("text") or "", slack.bot_user), files(first)

    def _give_up(self, asked: Asked, reply: Reply, error: Exception) -> None:
        """Say in the thread that there will be no answer; where even that is refused, the operator alone is told."""
        named, reply.slack = reply.turn.question_id, reply.slack.afresh()
        with suppress(RefusedError):
            reply.resume()
            reply.finish([apology(error, named)])
        reply.rest()
        reply.done()
        self._core.failed(named, error, (asked.text,))


def _show_signs(reply: Reply) -> None:
    """Before anything else is looked up: a person is there and waits."""
    if reply.turn.reply is None and not reply.begin():
        reply.place(notices.placeholder())


def apology(error: Exception, named: QuestionId) -> Message:
    """What went wrong, as far as the person can do something about it."""
    if isinstance(error, RejectedError) and not isinstance(error, RefusedError):
        return notices.rejected(str(error), named)
    return notices.failed(named)
