"""What Zendesk sent, in its two forms: what a trigger was told to say, or an event that the webhook has subscribed to.

Only the ticket's number is taken. A trigger's placeholders are filled in unescaped, so whatever else such a body says a
customer may have written; and an event is out of date once it is read. The ticket is fetched again.
https://developer.zendesk.com/api-reference/webhooks/event-types/ticket-events/
"""

import json
import re
from dataclasses import dataclass
from typing import Any

from rag_core.errors import RejectedError

EVENT = "zen:event-type:"
CREATED, COMMENTED = "ticket.created", "ticket.comment_added"
TRIGGER, OTHER = "trigger", "other"
NUMBER = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)
SUBJECT = re.compile(r"zen:ticket:([1-9][0-9]{0,17})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Received:
    """One payload; `ticket` is empty where it is an event that nobody here waits for."""

    kind: str  # a constant, for the log
    ticket: str = ""


def receive(body: bytes) -> Received:
    """Raises RejectedError for what neither Zendesk nor a trigger of ours would send."""
    try:
        payload = json.loads(body.decode())
    except (ValueError, RecursionError) as error:  # no UTF-8, no JSON, a number of 5,000 digits
        raise RejectedError(f"the body is no JSON ({type(error).__name__})") from None
    if not isinstance(payload, dict):
        raise RejectedError("the payload is not an object")
    if "ticket_id" in payload:
        return Received(TRIGGER, _number(payload["ticket_id"]))
    kind = payload.get("type")
    if not isinstance(kind, str) or not kind.startswith(EVENT):
        raise RejectedError('the payload is neither an event nor {"ticket_id": "{{ticket.id}}"}')
    kind = kind.removeprefix(EVENT)
    return Received(kind, _subject(payload)) if kind in (CREATED, COMMENTED) else Received(OTHER)


def _subject(payload: dict[str, Any]) -> str:
    """The ticket that the event is about; its details say the same."""
    subject, detail = payload.get("subject"), payload.get("detail")
    found = SUBJECT.fullmatch(subject) if isinstance(subject, str) else None
    if found is None:
        raise RejectedError("the event names no ticket")
    if not isinstance(detail, dict) or _number(detail.get("id")) != found[1]:
        raise RejectedError("the event names another ticket in its details")
    return found[1]


def _number(stated: object) -> str:
    """A ticket's, as text or as a number."""
    text = str(stated) if isinstance(stated, int) and abs(stated) < 1 << 63 else stated
    if not isinstance(text, str) or not NUMBER.fullmatch(text):
        raise RejectedError("the payload has no number of a ticket")
    return text
