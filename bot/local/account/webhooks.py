"""Who is told of what happens in the account: webhooks, and the triggers that call some of them.

A webhook has subscribed to events, or a trigger calls it: never both, as on the platform. What is here is data; its
endpoints and its delivery are other modules'. https://developer.zendesk.com/api-reference/webhooks/webhooks-api/webhooks/
"""

import base64
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from bot.local.account.desk import Comment, Ticket

EVENT = "zen:event-type:"  # before a kind of the desk's, where it is subscribed to
BY_TRIGGERS = "conditional_ticket_events"  # the subscription of a webhook that triggers call
TICKET_ID = "{{ticket.id}}"

Fires = Callable[[str, Ticket, Comment], bool]  # told the desk's kind of what happened


class Status(StrEnum):
    """Only an active webhook is called."""

    ACTIVE = "active"
    INACTIVE = "inactive"


def new_secret() -> str:
    """A signing secret as the platform makes one; it is used as it is written, not decoded."""
    return base64.b64encode(secrets.token_bytes(32)).decode()


@dataclass(slots=True)
class Webhook:
    """Where something is sent, and what it is signed with."""

    id: str
    name: str
    endpoint: str
    subscriptions: tuple[str, ...] = (BY_TRIGGERS,)  # or events: zen:event-type:ticket.created
    secret: str = field(default_factory=new_secret, repr=False)
    status: Status = Status.ACTIVE
    fields: dict[str, Any] = field(default_factory=dict)  # given back as they were set

    def wants(self, kind: str) -> bool:
        """Whether it has subscribed to what happened."""
        return self.status is Status.ACTIVE and f"{EVENT}{kind}" in self.subscriptions


def always(_kind: str, _ticket: Ticket, _comment: Comment) -> bool:
    return True


@dataclass(slots=True)
class Trigger:
    """Calls a webhook with a body of its own, where its conditions hold."""

    id: int
    title: str
    webhook: str  # its id
    body: str = f'{{"ticket_id": "{TICKET_ID}"}}'  # a placeholder is filled in as it is: nothing is escaped
    fires: Fires = always
    active: bool = True
    fields: dict[str, Any] = field(default_factory=dict)  # given back as they were set

    def written(self, ticket: Ticket) -> str:
        return self.body.replace(TICKET_ID, str(ticket.id))


class Webhooks:
    """All of one account."""

    def __init__(self) -> None:
        self.known: dict[str, Webhook] = {}
        self.triggers: dict[int, Trigger] = {}

    def subscribed(self, kind: str) -> Iterator[Webhook]:
        return (webhook for webhook in self.known.values() if webhook.wants(kind))

    def fired(self, kind: str, ticket: Ticket, comment: Comment) -> Iterator[tuple[Trigger, Webhook]]:
        """In the order in which they were made."""
        for trigger in self.triggers.values():
            webhook = self.known.get(trigger.webhook)
            if webhook is None or webhook.status is not Status.ACTIVE or BY_TRIGGERS not in webhook.subscriptions:
                continue
            if trigger.active and trigger.fires(kind, ticket, comment):
                yield trigger, webhook
