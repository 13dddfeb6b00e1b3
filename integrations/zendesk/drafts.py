"""Which drafts a ticket has had: one a comment of its customer's, on record.

A ticket's drafts outlive every process: by them a redelivery, the sidebar and the comparison with what was sent know
what was drafted. The text is not here: the log has it, under the question's id.
"""

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

import msgspec

from rag_core.domain import QuestionId, Use
from rag_core.ports import Records

KEPT = timedelta(days=90)  # a ticket that is quiet for longer is not drafted for again


@dataclass(frozen=True, slots=True)
class TicketDraft:
    """One draft, for one comment of the customer's."""

    ticket: int
    comment: int  # that it answers
    question: QuestionId
    answered: bool  # False: the documents were silent
    shown: bool  # False: shadow mode, or only tags
    at: datetime
    use: Use | None = None  # once an agent has sent something
    greeting: str = ""  # what stands around it, so that what the sidebar inserts is the whole reply too
    sign_off: str = ""


class Drafts:
    """Of one account; safe to share between threads."""

    def __init__(self, records: Records, account: str) -> None:
        self._records, self._account = records, account

    def of(self, ticket: int) -> list[TicketDraft]:
        """The oldest first."""
        found = [_read(record.value) for _, record in self._records.list(self._group(ticket))]
        return sorted(found, key=lambda draft: (draft.at, draft.comment))

    def keep(self, draft: TicketDraft) -> None:
        """The newest word on a comment's draft."""
        self._records.put(self._group(draft.ticket), str(draft.comment), _written(draft), ttl=KEPT)

    def _group(self, ticket: int) -> str:
        return f"zendesk:{self._account}:{ticket}"


def _written(draft: TicketDraft) -> bytes:
    return json.dumps(asdict(draft) | {"at": draft.at.isoformat()}).encode()


def _read(value: bytes) -> TicketDraft:
    return msgspec.json.decode(value, type=TicketDraft)  # passes over what a newer release has added
