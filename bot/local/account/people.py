"""What people do in the account, each as one act: customers write, agents reply.

Not by the API, as they use Zendesk's own pages and e-mail; whoever listens hears of it all the same.
"""

from typing import Any

from bot.local.account.desk import COMMENTED, CREATED, Comment, Desk, Ticket

User = dict[str, Any]


class People:
    """Those of one account; every act takes the lock for as long as it lasts."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def write(self, customer: User, subject: str, text: str, **fields: Any) -> Ticket:
        """Opens a ticket, as by e-mail or a form; `fields` are the ticket's."""
        desk = self._desk
        with desk.lock:
            number, by = desk.new_id(), int(customer["id"])
            ticket = Ticket(number, by, by, desk.stamp, desk.stamp, desk.indexed_at)
            ticket.fields |= {"subject": subject, "status": "new", **fields}
            ticket.comments.append(desk.comment({"body": text}, by))
            desk.tickets[number] = ticket
            desk.tell(CREATED, ticket, ticket.comments[0])
            return ticket

    def follow(self, customer: User, ticket: Ticket, text: str) -> Comment:
        """A further comment of the customer's; one that was solved is open again."""
        with self._desk.lock:
            if ticket.fields.get("status") in ("pending", "solved"):
                ticket.fields["status"] = "open"
            return self._add(ticket, {"body": text}, int(customer["id"]))

    def reply(self, agent: User, ticket: Ticket, text: str, *, public: bool = True, status: str = "") -> Comment:
        """An agent's comment, in HTML; `status`: what the ticket is then, as with "Submit as solved"."""
        with self._desk.lock:
            if status:
                ticket.fields["status"] = status
                ticket.solved_at = self._desk.stamp if status == "solved" else ticket.solved_at
            elif public and ticket.fields.get("status") in (None, "new"):
                ticket.fields["status"] = "open"
            return self._add(ticket, {"html_body": text, "public": public}, int(agent["id"]))

    def _add(self, ticket: Ticket, stated: dict[str, Any], by: int) -> Comment:
        desk = self._desk
        comment = desk.comment(stated, by)
        ticket.comments.append(comment)
        ticket.updated_at, ticket.indexed_at = desk.stamp, desk.indexed_at
        desk.tell(COMMENTED, ticket, comment)
        return comment
