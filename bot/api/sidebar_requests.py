"""What the sidebar may send."""

from typing import Annotated

from msgspec import Meta, Struct

from rag_core.answering import LONGEST
from rag_core.domain import LONGEST_COMMENT

LONGEST_INSTRUCTION = 200  # characters of one wish; several add up


class Ask(Struct, frozen=True, forbid_unknown_fields=True):
    """A question of the agent's own."""

    query: Annotated[str, Meta(min_length=1, max_length=LONGEST)]


class Wish(Struct, frozen=True, forbid_unknown_fields=True):
    """How the ticket's draft is to be different; of a ticket that has none, what it asks."""

    instruction: Annotated[str, Meta(max_length=LONGEST_INSTRUCTION)] = ""
    question: Annotated[
        str, Meta(max_length=LONGEST, description="Read where the ticket has no draft: its subject and last comment.")
    ] = ""
    first: Annotated[bool, Meta(description="Back to the draft as it was before any wish.")] = False


class Vote(Struct, frozen=True, forbid_unknown_fields=True):
    """What the agent thinks of an answer."""

    helpful: bool
    reason: Annotated[str, Meta(max_length=40)] = ""
    comment: Annotated[str, Meta(max_length=LONGEST_COMMENT)] = ""
