"""What became of the drafts of a ticket: the first that an agent sent after each is compared with it.

The strongest rating there is, and nobody has to give it. Of what was sent the measure is kept, not the text.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from integrations.zendesk.comparing import compared
from integrations.zendesk.conversing import Comment, Conversation
from integrations.zendesk.deciding import reply_to
from integrations.zendesk.drafts import Drafts, TicketDraft
from integrations.zendesk.needs import Core
from integrations.zendesk.notes import found_in
from integrations.zendesk.redrafts import Redrafts
from integrations.zendesk.rendering import html
from integrations.zendesk.unquoting import seen, unquoted
from rag_core.domain import Acceptance, AnswerRecord, Outcome, QuestionId, Use
from rag_core.errors import RejectedError
from rag_core.ports import FeedbackLog


class Learning:
    """Once a draft; where an agent had it drafted otherwise, for the one of the two that more was taken of."""

    def __init__(self, core: Core, drafts: Drafts, redrafts: Redrafts) -> None:
        self._core, self._drafts, self._redrafts = core, drafts, redrafts

    def learn(self, ticket: Conversation, drafts: Sequence[TicketDraft]) -> None:
        for draft in drafts:
            if draft.use is None and draft.answered:
                sent = reply_to(ticket, draft, found_in(ticket, draft.question) if draft.shown else None)
                record = known(self._core.log, draft.question) if sent else None
                if sent and record:
                    self._keep(draft, record, sent)

    def _keep(self, draft: TicketDraft, record: AnswerRecord, sent: Comment) -> None:
        """The acceptance first: recorded twice it is the same one."""
        text = unquoted(sent.html, sent.plain, sent.author.locale)
        found = [(*compared(seen(html(each.text)), text), each) for each in (record, *self._otherwise(draft))]
        use, kept, used = max(found, key=lambda each: (each[0] is Use.AS_IS, each[1]))  # among equals the ticket's own
        self._core.accepted(Acceptance(used.question.id, use, kept, shadow=not draft.shown, sent_at=sent.at))
        self._drafts.keep(replace(draft, use=use))

    def _otherwise(self, draft: TicketDraft) -> Iterator[AnswerRecord]:
        redraft = self._redrafts.latest(draft.ticket, draft.question)
        record = known(self._core.log, redraft.question) if redraft else None
        if record and record.outcome is Outcome.ANSWERED:
            yield record


def known(log: FeedbackLog, named: QuestionId) -> AnswerRecord | None:
    """What was answered, while the log remembers it."""
    try:
        return log.answer(named)
    except RejectedError:
        return None
