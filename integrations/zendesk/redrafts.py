"""What an agent had drafted from the sidebar: for each ticket the latest, and instead of which draft.

Beside the drafts of drafts.py and never in their place: those say what stands in the ticket's notes, once a comment. It
counts only as long as the ticket's newest draft is the one it replaced: a customer's next comment ends it.
"""

import json
from dataclasses import asdict, dataclass
from datetime import timedelta

import msgspec

from integrations.zendesk.drafts import KEPT
from rag_core.domain import QuestionId
from rag_core.ports import Records

LATEST = "latest"


@dataclass(frozen=True, slots=True)
class Redraft:
    """An answer that was asked for beside a ticket."""

    question: QuestionId
    instead_of: QuestionId | None  # the ticket's draft; None: it had none
    before: QuestionId | None = None  # the one that the agent wished otherwise
    instruction: str = ""  # all that was wished for so far, and followed
    first: QuestionId | None = None  # before any wish; None: not known, or the ticket's draft


class Redrafts:
    """Of one account; safe to share between threads."""

    def __init__(self, records: Records, account: str, kept: timedelta = KEPT) -> None:
        self._records, self._account, self._kept = records, account, kept

    def latest(self, ticket: int, instead_of: QuestionId | None) -> Redraft | None:
        """That takes the place of this draft, if one does."""
        found = self._records.get(self._group(ticket), LATEST)
        redraft = _read(found.value) if found else None
        return redraft if redraft and redraft.instead_of == instead_of else None

    def keep(self, ticket: int, redraft: Redraft) -> None:
        self._records.put(self._group(ticket), LATEST, json.dumps(asdict(redraft)).encode(), ttl=self._kept)

    def forget(self, ticket: int) -> set[QuestionId]:
        """Which answers it led to, as far as it says."""
        found = self._records.get(self._group(ticket), LATEST)
        self._records.remove(self._group(ticket), LATEST)
        redraft = _read(found.value) if found else None
        return {each for each in (redraft.question, redraft.before, redraft.first) if each} if redraft else set()

    def _group(self, ticket: int) -> str:
        return f"zendesk-sidebar:{self._account}:{ticket}"


def _read(value: bytes) -> Redraft:
    return msgspec.json.decode(value, type=Redraft)
