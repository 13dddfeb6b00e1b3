"""Write a draft into its ticket: note, tags, record, in this order, each once.

Before a note is written the ticket is looked at, and it is written only where the ticket has not changed since; where
it cannot be told whether it was, it is looked at again. The record comes last: with it nothing is left to be done.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from integrations.zendesk import notes, rendering
from integrations.zendesk.conversing import Conversation, Conversations
from integrations.zendesk.deciding import question_id
from integrations.zendesk.drafting import Made
from integrations.zendesk.drafts import Drafts, TicketDraft
from integrations.zendesk.learning import known
from integrations.zendesk.needs import Core
from integrations.zendesk.notes import NO_FRAME, Beside
from integrations.zendesk.policy import Policy
from integrations.zendesk.refusing import LostError
from integrations.zendesk.templates import Frame
from integrations.zendesk.tickets import Tickets
from rag_core.domain import Answer, AnswerRecord, Deadline, QuestionId

Links = Callable[[QuestionId, bool, int], str]  # where one votes on a ticket's draft; True: it helped
DRAFTED, NO_ANSWER, FAILED = "supportbot_drafted", "supportbot_no_answer", "supportbot_failed"


class Writing:
    """Of one account; safe to share between threads."""

    def __init__(
        self,
        core: Core,
        conversations: Conversations,
        tickets: Tickets,
        drafts: Drafts,
        account: str,
        policy: Policy,
        links: Links | None,
    ) -> None:
        self._core, self._conversations, self._tickets, self._drafts = core, conversations, tickets, drafts
        self._account, self._policy, self._links = account, policy, links

    def mended(self, ticket: Conversation, deadline: Deadline) -> list[TicketDraft]:
        """The ticket's drafts on record, those among them whose note stands there and whose worker got no further."""
        drafts = self._drafts.of(ticket.number)
        recorded = {draft.comment for draft in drafts}
        for comment in ticket.comments:
            named = question_id(self._account, ticket.number, comment.id)
            if comment.by_customer and comment.id not in recorded and notes.found_in(ticket, named):
                record = known(self._core.log, named)
                answered = record is None or notes.is_answered(record)
                if not ticket.is_over:
                    self._tag(ticket, deadline, answered=answered)
                frame = self._frame(ticket, deadline)
                drafts.append(self._record(ticket, comment.id, frame, answered=answered, shown=True))
        return drafts

    def write(self, ticket: Conversation, comment: int, made: Made, deadline: Deadline) -> None:
        """Raises ConflictError where the ticket has changed: decide anew."""
        answered = notes.is_answered(made.answer)
        shown = not self._policy.shadow and (answered or not self._policy.quiet)
        frame = NO_FRAME if self._policy.shadow else self._frame(ticket, deadline)
        if shown:
            self._note(ticket, made, frame, deadline)
        if not self._policy.shadow:
            self._tag(ticket, deadline, answered=answered)
        self._record(ticket, comment, frame, answered=answered, shown=shown)

    def failed(self, ticket: int, deadline: Deadline) -> None:
        """Agents see that none will come."""
        if not self._policy.shadow:
            self._tickets.tag(ticket, [FAILED], deadline)

    def settle(self, ticket: Conversation, drafts: Sequence[TicketDraft], deadline: Deadline) -> None:
        """Nothing is due: one that failed, and had its draft all the same, says so no longer."""
        if FAILED in ticket.tags and drafts and not ticket.is_over:
            self._tickets.untag(ticket.number, [FAILED], deadline)

    def _note(self, ticket: Conversation, made: Made, frame: Frame, deadline: Deadline) -> None:
        beside = Beside(frame, made.internal, made.unread, self._voting(ticket.number))
        html = notes.note(made.answer, beside)
        try:
            self._tickets.note(ticket.number, html, deadline, stamp=ticket.stamp, fields=self._fields(made.answer))
        except LostError:
            now = self._conversations.read(ticket.number, deadline)
            if notes.found_in(now, notes.id_of(made.answer)) is None:
                raise

    def _voting(self, ticket: int) -> notes.Links | None:
        links = self._links
        return (lambda named, helpful: links(named, helpful, ticket)) if links else None

    def _frame(self, ticket: Conversation, deadline: Deadline) -> Frame:
        templates = self._policy.templates
        brand = self._conversations.brand(ticket.brand, deadline) if templates.name_brand else ""
        return templates.frame(ticket.requester.locale, name=ticket.requester.name, brand=brand)

    def _fields(self, answer: Answer | AnswerRecord) -> dict[int, str]:
        wanted = {
            self._policy.confidence_field: rendering.confidence(answer.confidence),
            self._policy.answer_field: str(notes.id_of(answer)),
        }
        return {field: value for field, value in wanted.items() if field}

    def _tag(self, ticket: Conversation, deadline: Deadline, *, answered: bool) -> None:
        tag = DRAFTED if answered else NO_ANSWER
        if tag not in ticket.tags:
            self._tickets.tag(ticket.number, [tag], deadline)
        if FAILED in ticket.tags:
            self._tickets.untag(ticket.number, [FAILED], deadline)

    def _record(self, ticket: Conversation, comment: int, frame: Frame, *, answered: bool, shown: bool) -> TicketDraft:
        named = question_id(self._account, ticket.number, comment)
        now = datetime.now(UTC)
        draft = TicketDraft(
            ticket.number, comment, named, answered, shown, now, greeting=frame.greeting, sign_off=frame.sign_off
        )
        self._drafts.keep(draft)
        return draft


def tags() -> Sequence[str]:
    """All that are ever set, for who sets them up and takes them away."""
    return DRAFTED, NO_ANSWER, FAILED
