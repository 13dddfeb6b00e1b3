"""What a webhook is sent of a ticket, if it has subscribed to events.

Ids are texts, and a status is in capitals: https://developer.zendesk.com/api-reference/webhooks/event-types/ticket-events/
"""

from typing import Any
from uuid import uuid4

from bot.local.account.desk import COMMENTED, Comment, Desk, Ticket
from bot.local.account.webhooks import EVENT

VERSION = "2022-11-06"
NAMED = ("assignee_id", "brand_id", "group_id", "organization_id", "external_id")


def event(kind: str, ticket: Ticket, comment: Comment, desk: Desk, account: int) -> dict[str, Any]:
    """Of what has just happened, while the desk's lock is held."""
    return {
        "account_id": account, "id": str(uuid4()), "type": f"{EVENT}{kind}", "time": desk.stamp,
        "subject": f"zen:ticket:{ticket.id}", "zendesk_event_version": VERSION,
        "detail": _detail(ticket, comment), "event": _event(kind, comment, desk),
    }  # fmt: skip


def _detail(ticket: Ticket, comment: Comment) -> dict[str, Any]:
    shown = ticket.shown("")
    named = {name: None if shown.get(name) is None else str(shown[name]) for name in NAMED}
    return {
        **named, "id": str(ticket.id), "actor_id": str(comment.author_id), "subject": shown["subject"],
        "description": shown["description"], "status": str(shown["status"]).upper(), "priority": shown["priority"],
        "type": shown.get("type"), "tags": list(ticket.tags), "is_public": ticket.is_public,
        "requester_id": str(ticket.requester_id), "submitter_id": str(ticket.submitter_id),
        "created_at": ticket.created_at, "updated_at": ticket.updated_at, "via": shown["via"],
    }  # fmt: skip


def _event(kind: str, comment: Comment, desk: Desk) -> dict[str, Any]:
    meta = {"sequence": {"id": uuid4().hex.upper(), "position": 1, "total": 1}}
    if kind != COMMENTED:
        return {"meta": meta}
    by = desk.users.get(comment.author_id, {})
    author = {"id": str(comment.author_id), "is_staff": by.get("role") in ("agent", "admin"), "name": by.get("name")}
    said = {"id": str(comment.id), "body": comment.plain, "is_public": comment.public, "author": author}
    return {"comment": said, "meta": meta}
