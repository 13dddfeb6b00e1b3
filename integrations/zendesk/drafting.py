"""Make the draft for what a customer said: always from what the public may read.

Internal pages are looked for apart, after it and for the agent alone; nothing of them can be in the draft.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from integrations.zendesk import asking
from integrations.zendesk.attaching import Attached
from integrations.zendesk.client import Zendesk
from integrations.zendesk.conversing import Conversation
from integrations.zendesk.deciding import Due, question_id
from integrations.zendesk.drafts import TicketDraft
from integrations.zendesk.learning import known
from integrations.zendesk.needs import CHANNEL, Core
from rag_core.domain import Answer, AnswerRecord, Audience, Citation, Deadline, PersonId, Question, QuestionId
from rag_core.errors import SupportBotError, UnavailableError

AUDIENCE = Audience.PUBLIC
RESERVED = 8.0  # seconds of a delivery's time that are kept for writing what was answered
LEAST = RESERVED + 4.0  # seconds without which a question is not begun


@dataclass(frozen=True, slots=True)
class Made:
    """An answer, from now or from a delivery before this one."""

    answer: Answer | AnswerRecord
    unread: Sequence[str]  # names of files
    internal: Sequence[Citation]


class Drafting:
    """Of one account; safe to share between threads."""

    def __init__(self, core: Core, zendesk: Zendesk, account: str, *, internal: bool) -> None:
        self._core, self._attached, self._account, self._internal = core, Attached(zendesk), account, internal

    def make(self, ticket: Conversation, due: Due, drafts: Sequence[TicketDraft], deadline: Deadline) -> Made | None:
        """None where nothing was said that could be answered."""
        named = question_id(self._account, ticket.number, due.comment.id)
        record = known(self._core.log, named)
        if record:
            return Made(record, (), self._inside(record.question, deadline))
        if deadline.remaining < LEAST:
            raise UnavailableError("no time is left for another question")
        files = self._attached.texts(asking.attached(due.said), deadline)
        before = self._before(drafts)
        text = asking.question(ticket, due, files, follows=before is not None)
        if not text:
            return None
        question = self._core.question(
            text,
            id=named,
            audience=AUDIENCE,
            asked_by=PersonId(f"{CHANNEL}:{self._account}:{due.comment.author.id}"),
            channel=CHANNEL,
            previous=before,
        )
        answer = self._core.answer(question, deadline=Deadline(deadline.at - RESERVED))
        unread = [name for name, content in files.items() if content is None]
        return Made(answer, unread, self._inside(question, deadline))

    def _before(self, drafts: Sequence[TicketDraft]) -> QuestionId | None:
        """The ticket's last question, while the log remembers it."""
        asked = [draft.question for draft in drafts]
        return asked[-1] if asked and known(self._core.log, asked[-1]) else None

    def _inside(self, question: Question, deadline: Deadline) -> Sequence[Citation]:
        if self._internal:
            with suppress(SupportBotError):  # a draft is a draft without them
                return self._core.internal(question, deadline=Deadline(deadline.at - RESERVED))
        return ()
