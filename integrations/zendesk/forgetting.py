"""Take out what is remembered of a ticket: names in greetings, what agents wished for, and which answers were for it.

That a comment had its draft stays, by its number: else the next event would have it drafted for again.
"""

import json
from collections.abc import Collection
from dataclasses import replace

from integrations.zendesk.drafts import Drafts
from integrations.zendesk.redrafts import Redrafts
from rag_core.domain import QuestionId
from rag_core.ports import Records


def tickets(records: Records, account: str, asked: Collection[QuestionId]) -> list[int]:
    """Those that one of these questions was drafted for."""
    beginning = f"zendesk:{account}:"
    return sorted(
        {
            int(group.removeprefix(beginning))
            for group, _, record in records.every(beginning)
            if json.loads(record.value)["question"] in asked
        }
    )


def forget(records: Records, account: str, ticket: int) -> set[QuestionId]:
    """Which answers were for it."""
    drafts, redrafts = Drafts(records, account), Redrafts(records, account)
    found = drafts.of(ticket)
    for draft in found:
        drafts.keep(replace(draft, greeting="", sign_off=""))
    return {draft.question for draft in found} | redrafts.forget(ticket)
