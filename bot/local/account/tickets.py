"""The endpoints of tickets, their comments and their tags."""

from typing import Any

from bot.local.account.desk import COMMENTED, CREATED, Desk, Ticket, normalised
from bot.local.account.exchanging import RefusalError, Request, Response, Route, invalid, missing
from bot.local.account.limiting import Limits
from bot.local.account.paging import listed
from bot.local.account.replaying import Replays
from bot.local.account.users import Users

KEPT = (
    *("external_id", "subject", "status", "priority", "type", "group_id", "brand_id", "ticket_form_id"),
    *("assignee_id", "collaborator_ids", "follower_ids", "email_cc_ids", "via"),
)
OUTDATED = "Safe Update prevented due to outdated ticket data. Please fetch the latest ticket data and try again."


class Tickets:
    """Tickets, as their endpoints show them."""

    def __init__(self, desk: Desk, users: Users, limits: Limits, replays: Replays) -> None:
        self._desk, self._users, self._limits, self._replays = desk, users, limits, replays

    @property
    def routes(self) -> list[Route]:
        return [
            ("POST", "tickets", lambda request: self._replays.once(request, self.create)),
            ("GET", "tickets", self.list),
            ("GET", "tickets/show_many", self.show_many),
            ("GET", "tickets/{id}", self.show),
            ("PUT", "tickets/{id}", self.update),
            ("DELETE", "tickets/{id}", self.delete),
            ("GET", "tickets/{id}/comments", self.comments),
            ("GET", "tickets/{id}/tags", self.tags),
            ("PUT", "tickets/{id}/tags", self.add_tags),
            ("POST", "tickets/{id}/tags", self.set_tags),
            ("DELETE", "tickets/{id}/tags", self.remove_tags),
        ]

    def create(self, request: Request) -> Response:
        stated, desk = request.content("ticket"), self._desk
        comment = stated.get("comment") or {"body": stated.get("description", "")}
        _check_comment(comment)
        requester = self._users.requester(stated, request.by)
        ticket = Ticket(desk.new_id(), requester, request.by, desk.stamp, desk.stamp, desk.indexed_at)
        ticket.comments.append(desk.comment(comment, int(stated.get("submitter_id") or request.by)))
        self._set(ticket, stated)
        desk.tickets[ticket.id] = ticket
        desk.tell(CREATED, ticket, ticket.comments[0])
        return Response(
            201, self._audited(ticket, request), {"Location": f"{request.here}/api/v2/tickets/{ticket.id}.json"}
        )

    def update(self, request: Request, id: int) -> Response:  # noqa: A002 - the platform's word
        ticket, stated = self._found(id), request.content("ticket")
        self._limits.update(request.by, id)
        _check_stamp(ticket, stated)
        if ticket.fields.get("status") == "closed":
            raise invalid("status", "Status: closed prevents ticket update")
        said = stated.get("comment")
        if said:
            _check_comment(said)
            ticket.comments.append(self._desk.comment(said, request.by))
        self._set(ticket, stated)
        self._touch(ticket)
        if said:
            self._desk.tell(COMMENTED, ticket, ticket.comments[-1])
        return Response(200, self._audited(ticket, request))

    def list(self, request: Request) -> Response:
        wanted = request.query.get("external_id")
        found = [each for each in self._desk.open_tickets() if wanted is None or each.external_id == wanted]
        return listed(
            request, "tickets", [each.shown(request.here) for each in found], self._limits.told("tickets-index")
        )

    def show_many(self, request: Request) -> Response:
        wanted = {int(each) for each in request.query.get("ids", "").split(",") if each.isdigit()}
        found = [each.shown(request.here) for each in self._desk.open_tickets() if each.id in wanted]
        return Response(200, {"tickets": found, "count": len(found), "next_page": None, "previous_page": None})

    def show(self, request: Request, id: int) -> Response:  # noqa: A002
        return Response(200, {"ticket": self._found(id).shown(request.here)})

    def delete(self, _request: Request, id: int) -> Response:  # noqa: A002
        self._found(id).deleted = True
        return Response(204)

    def comments(self, request: Request, id: int) -> Response:  # noqa: A002
        found = [comment.shown() for comment in self._found(id).comments]
        if request.query.get("sort_order") == "desc" or request.query.get("sort") == "-created_at":
            found.reverse()
        return listed(request, "comments", found, {})

    def tags(self, _request: Request, id: int) -> Response:  # noqa: A002
        return Response(200, {"tags": self._found(id).tags})

    def add_tags(self, request: Request, id: int) -> Response:  # noqa: A002
        return self._tag(request, id, lambda old, new: {*old, *new})

    def set_tags(self, request: Request, id: int) -> Response:  # noqa: A002
        return self._tag(request, id, lambda _, new: new, status=201)

    def remove_tags(self, request: Request, id: int) -> Response:  # noqa: A002
        return self._tag(request, id, lambda old, new: old - new)

    def _tag(self, request: Request, id: int, merge: Any, status: int = 200) -> Response:  # noqa: A002
        ticket, stated = self._found(id), request.content()
        self._limits.update(request.by, id)
        _check_stamp(ticket, stated)
        ticket.tags = sorted(merge(set(ticket.tags), set(normalised(stated.get("tags")))))
        self._touch(ticket)
        return Response(status, {"tags": ticket.tags})

    def _set(self, ticket: Ticket, stated: dict[str, Any]) -> None:
        if stated.get("status") == "solved" and ticket.fields.get("status") != "solved":
            ticket.solved_at = self._desk.stamp
        ticket.fields |= {name: stated[name] for name in KEPT if name in stated}
        if "custom_fields" in stated:  # those that are not named stay as they are
            fields = [*ticket.fields.get("custom_fields", []), *stated["custom_fields"]]
            ticket.fields["custom_fields"] = [*{each["id"]: each for each in fields}.values()]
        if "tags" in stated:  # the whole list: what is not in it is lost
            ticket.tags = normalised(stated["tags"])

    def _touch(self, ticket: Ticket) -> None:
        ticket.updated_at, ticket.indexed_at = self._desk.stamp, self._desk.indexed_at
        self._desk.touch()

    def _found(self, id: int) -> Ticket:  # noqa: A002
        ticket = self._desk.tickets.get(id)
        if ticket is None or ticket.deleted:
            raise missing()
        return ticket

    def _audited(self, ticket: Ticket, request: Request) -> dict[str, Any]:
        audit = {"id": self._desk.new_id(), "ticket_id": ticket.id, "author_id": request.by, "events": []}
        return {"ticket": ticket.shown(request.here), "audit": audit | {"created_at": self._desk.stamp}}


def _check_comment(stated: object) -> None:
    if not isinstance(stated, dict):
        raise invalid("comment", "Comment: is invalid")
    text = stated.get("html_body") or stated.get("body") or ""
    if not str(text).strip():
        raise invalid("base", "Description: cannot be blank")


def _check_stamp(ticket: Ticket, stated: dict[str, Any]) -> None:
    if str(stated.get("safe_update", "")).lower() != "true":
        return
    if not stated.get("updated_stamp"):
        raise invalid("updated_stamp", "Updated stamp: is required for a safe update")
    if str(stated["updated_stamp"]) != ticket.updated_at:
        raise RefusalError(409, {"error": "UpdateConflict", "description": OUTDATED})
