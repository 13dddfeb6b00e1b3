"""What an admin makes in Zendesk's pages, each as one call: webhooks, triggers and ticket fields.

Nothing of it is a ticket's: what tickets hold is neither read nor written here.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from integrations.zendesk.client import Zendesk
from integrations.zendesk.refusing import LostError, MissingError
from rag_core.domain import Deadline

PATIENCE = 60.0  # seconds for one call, its waits for Zendesk's rate limit included

Stated = Mapping[str, Any]


class Kind(StrEnum):
    """What may be made."""

    WEBHOOK = "webhook"
    TRIGGER = "trigger"
    FIELD = "ticket field"


NAMES = {  # in zenpy: of the endpoints, and of the class
    Kind.WEBHOOK: ("webhooks", "Webhook"),
    Kind.TRIGGER: ("triggers", "Trigger"),
    Kind.FIELD: ("ticket_fields", "TicketField"),
}


class Administration:
    """Of one account. All raise ForbiddenError for who is no admin."""

    def __init__(self, zendesk: Zendesk) -> None:
        self._zendesk = zendesk

    def user(self) -> tuple[int, str]:
        """The id and the role of the user it signs in as."""
        with self._zendesk.calling(_soon()) as zenpy:
            me = zenpy.users.me()
            return int(me.id), str(me.role)

    def all(self, kind: Kind) -> list[Stated]:
        """As Zendesk shows them, in its own order."""
        with self._zendesk.calling(_soon()) as zenpy:
            return [each.to_dict() for each in getattr(zenpy, NAMES[kind][0])()]

    def create(self, kind: Kind, stated: Stated) -> str:
        """Its id. Raises LostError where it cannot be told whether it was made: never repeated from here."""
        with self._zendesk.calling(_soon()) as zenpy:
            made = getattr(zenpy, NAMES[kind][0]).create(_object(kind, stated))
            if not getattr(made, "id", None):
                raise LostError(f"Zendesk does not say which {kind} it made")
            return str(made.id)

    def change(self, kind: Kind, id: str, stated: Stated) -> None:  # noqa: A002 - the platform's word
        """Only what is stated."""
        with self._zendesk.calling(_soon(), repeat=True) as zenpy:
            endpoints = getattr(zenpy, NAMES[kind][0])
            send = endpoints.patch if kind is Kind.WEBHOOK else endpoints.update
            send(_object(kind, stated, id))

    def remove(self, kind: Kind, id: str) -> None:  # noqa: A002
        """What is gone already is gone."""
        try:
            with self._zendesk.calling(_soon(), repeat=True) as zenpy:
                getattr(zenpy, NAMES[kind][0]).delete(_object(kind, {}, id))
        except MissingError:
            return

    def signing_secret(self, webhook: str) -> str:
        with self._zendesk.calling(_soon()) as zenpy:
            secret = getattr(zenpy.webhooks.show_secret(webhook), "secret", None)
        if not isinstance(secret, str) or not secret:
            raise LostError("Zendesk does not tell the webhook's signing secret")
        return secret


def _object(kind: Kind, stated: Stated, id: str = "") -> Any:  # noqa: A002
    from zenpy.lib import api_objects

    made = getattr(api_objects, NAMES[kind][1])(**stated)
    if id:
        made.id = id
    return made


def _soon() -> Deadline:
    return Deadline.within(PATIENCE)
