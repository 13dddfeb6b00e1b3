"""What became of the drafts of a ticket: the first that an agent sent after each is compared with it.

The strongest rating there is, and nobody has to give it. Of what was sent the measure is kept, not the text.
"""

from collections.abc import Sequence
from dataclasses import replace

from integrations.zendesk.comparing import compared
from integrations.zendesk.conversing import Comment, Conversation
from integrations.zendesk.deciding import reply_to
from integrations.zendesk.drafts import Drafts, TicketDraft
from integrations.zendesk.needs import Core
from integrations.zendesk.notes import found_in
from integrations.zendesk.rendering import html
from integrations.zendesk.unquoting import seen, unquoted
from rag_core.domain import Acceptance, AnswerRecord, QuestionId
from rag_core.errors import RejectedError
from rag_core.ports import FeedbackLog


class Learning:
    """Once a draft."""

    def __init__(self, core: Core, drafts: Drafts) -> None:
        self._core, self._drafts = core, drafts

    def learn(self, ticket: Conversation, drafts: Sequence[TicketDraft]) -> None:
        for draft in drafts:
            if draft.use is None and draft.answered:
                sent = reply_to(ticket, draft, found_in(ticket, draft.question) if draft.shown else None)
                record = known(self._core.log, draft.question) if sent else None
                if sent and record:
                    self._keep(draft, record, sent)

    def _keep(self, draft: TicketDraft, record: AnswerRecord, sent: Comment) -> None:
        """The acceptance first: recorded twice it is the same one."""
        use, kept = compared(seen(html(record.text)), unquoted(sent.html, sent.plain, sent.author.locale))
        self._core.accepted(Acceptance(draft.question, use, kept, shadow=not draft.shown, sent_at=sent.at))
        self._drafts.keep(replace(draft, use=use))


def known(log: FeedbackLog, named: QuestionId) -> AnswerRecord | None:
    """What was answered, while the log remembers it."""
    try:
        return log.answer(named)
    except RejectedError:
        return None
