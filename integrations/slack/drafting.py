"""Draft an answer that its asker alone sees: the message shortcut and `/support`.

It is made for whoever reads in that channel, as its asker may share it there.
"""

from dataclasses import dataclass, replace

from integrations.slack import answers, notices
from integrations.slack.answers import About
from integrations.slack.asking import RESERVED, apology
from integrations.slack.attaching import attached
from integrations.slack.calling import Slack
from integrations.slack.escaping import escaped
from integrations.slack.fetching import Web
from integrations.slack.knowing import Knowing, fits
from integrations.slack.messages import Message, notice
from integrations.slack.needs import Access, Core, Place, Quotas
from integrations.slack.reading import File
from integrations.slack.turns import State, Turn, Turns
from integrations.slack.whispering import Ear, Whispering
from rag_core.domain import Answer, AnswerRecord, Deadline, QuestionId
from rag_core.errors import MisconfiguredError, RejectedError


@dataclass(frozen=True, slots=True)
class Wanted:
    """A draft that somebody wants."""

    question_id: QuestionId
    place: Place
    ear: Ear
    text: str
    files: tuple[File, ...] = ()
    thread: str | None = None  # where it may be shared; None: at top level
    by_url: bool = False  # the way that is open for certain


class Drafting:
    """The use case behind what is answered to one person."""

    def __init__(self, core: Core, access: Access, quotas: Quotas | None, web: Web) -> None:
        self._core, self._access, self._quotas, self._web = core, access, quotas, web
        self._turns, self._knowing = Turns(core.records, core.claims), Knowing(core)
        self._whispering = Whispering(web)

    def draft(self, wanted: Wanted, slack: Slack, *, last: bool) -> None:
        """Raises UnavailableError where it is to be delivered again."""
        place, name = wanted.place, f"draft#{wanted.question_id}"
        turn = Turn(place.team, place.channel, name, name, wanted.question_id, place.user, since="0")
        with self._turns.held(turn, slack.deadline):
            recorded = self._turns.find(turn)
            if recorded and recorded.state is State.DONE:
                return
            if not recorded:
                self._turns.begin(turn)
            self._work(wanted, recorded or turn, slack, last=last)

    def _work(self, wanted: Wanted, turn: Turn, slack: Slack, *, last: bool) -> None:
        try:
            self._tell(self._message(wanted, slack), wanted, turn, slack)
        except (RejectedError, MisconfiguredError) as error:
            self._give_up(wanted, turn, slack, error)
        except Exception as error:
            if not last:
                raise
            self._give_up(wanted, turn, slack, error)

    def _message(self, wanted: Wanted, slack: Slack) -> Message:
        place = wanted.place
        scope = self._access.scope(place, slack)
        if self._quotas and (sentence := self._quotas.admit(place.team, place.user, wanted.question_id)):
            return notice(escaped(sentence))
        given = attached(wanted.text, wanted.files, self._web, slack)
        unread = notices.files_declined(given.unread) if given.unread else None
        if not given.text:
            return unread or notices.no_question()
        known = self._knowing.recorded(wanted.question_id)
        answer: Answer | AnswerRecord = (known if known and fits(known, scope) else None) or self._core.answer(
            self._knowing.question(given.text, place, scope, wanted.question_id),
            on_stage=lambda _: None,
            on_text=lambda *_: None,
            deadline=Deadline(slack.deadline.at - RESERVED),
        )
        about = About(scope.audience, self._core.knowledge_as_of(), self._knowing.searched(scope))
        beside = unread.blocks if unread else ()
        return answers.private(answer, about, channel=place.channel, thread_ts=wanted.thread, beside=beside)

    def _tell(self, message: Message, wanted: Wanted, turn: Turn, slack: Slack) -> None:
        self._whispering.tell(wanted.ear, message, slack, by_url=wanted.by_url)
        self._turns.keep(replace(turn, state=State.DONE))

    def _give_up(self, wanted: Wanted, turn: Turn, slack: Slack, error: Exception) -> None:
        try:
            self._tell(apology(error, turn.question_id), wanted, turn, slack.afresh())
        except RejectedError:  # nobody can be told
            self._turns.keep(replace(turn, state=State.DONE))
        self._core.failed(turn.question_id, error, (wanted.text,))
