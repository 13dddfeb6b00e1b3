"""What is done with tickets, each as one call.

Comments are private, here and nowhere else decided: nothing that is written by this reaches a customer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from integrations.zendesk.client import Zendesk
from integrations.zendesk.refusing import LostError
from rag_core.domain import Deadline

PUBLIC = False


@dataclass(frozen=True, slots=True)
class NewTicket:
    """`name` is its external id: what it is found by again. The comment is plain text."""

    name: str
    subject: str
    comment: str
    tags: Sequence[str]


class Tickets:
    """Of one account; safe to share between threads."""

    def __init__(self, zendesk: Zendesk) -> None:
        self._zendesk = zendesk

    def named(self, name: str, deadline: Deadline) -> int | None:
        """The oldest with this external id. By the list, which is up to date: the search lags by minutes."""
        with self._zendesk.calling(deadline) as zenpy:
            found = zenpy.tickets(external_id=quote(name, safe=""))  # zenpy puts it into the address as it is
            return min((int(ticket.id) for ticket in found if ticket.external_id == name), default=None)

    def create(self, new: NewTicket, deadline: Deadline, *, key: str) -> int:
        """The same ticket for the same `key` within two hours, where `new` is the same."""
        with self._zendesk.calling(deadline, key=key) as zenpy:
            from zenpy.lib.api_objects import Comment, Ticket

            comment = Comment(body=new.comment, public=PUBLIC)
            ticket = Ticket(subject=new.subject, external_id=new.name, tags=list(new.tags), comment=comment)
            made = getattr(zenpy.tickets.create(ticket), "ticket", None)
        if made is None:
            raise LostError("Zendesk does not say which ticket it made")
        return int(made.id)

    def note(
        self, number: int, html: str, deadline: Deadline, *, stamp: str, fields: Mapping[int, str] | None = None
    ) -> None:
        """A private comment, and custom fields with it: where the ticket is as it was at `stamp`, else ConflictError.

        Raises LostError where it may stand there all the same: look before it is written again.
        """
        with self._zendesk.calling(deadline) as zenpy:
            from zenpy.lib.api_objects import Comment, CustomField, Ticket

            comment = Comment(html_body=html, public=PUBLIC)
            ticket = Ticket(id=number, comment=comment, safe_update=True, updated_stamp=stamp)
            if fields:
                ticket.custom_fields = [CustomField(id=field, value=value) for field, value in fields.items()]
            zenpy.tickets.update(ticket)

    def tag(self, number: int, tags: Sequence[str], deadline: Deadline) -> None:
        """Added to those it has: sending a ticket's own list would lose what others add meanwhile."""
        with self._zendesk.calling(deadline, repeat=True) as zenpy:
            zenpy.tickets.add_tags(number, list(tags))

    def untag(self, number: int, tags: Sequence[str], deadline: Deadline) -> None:
        with self._zendesk.calling(deadline, repeat=True) as zenpy:
            zenpy.tickets.delete_tags(number, list(tags))

    def address(self, number: int) -> str:
        return self._zendesk.site.ticket(number)
