"""The endpoints of ticket fields: those that every account has, and those that an admin adds.

https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_fields/
"""

from typing import Any

from bot.local.account.desk import Desk
from bot.local.account.exchanging import Request, Response, Route, invalid, missing
from bot.local.account.paging import listed
from bot.local.account.users import admins_only

TYPES = {"text", "textarea", "checkbox", "date", "integer", "decimal", "regexp", "tagger", "multiselect", "lookup"}
FIRST = 36_000_001  # of their ids
SYSTEM = ("subject", "description", "status", "priority")
KEPT = ("title", "description", "agent_description", "active", "required", "visible_in_portal", "editable_in_portal")


class Fields:
    """Ticket fields; `known` by their ids."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.known: dict[int, dict[str, Any]] = {}
        self._gone = 0
        for name in SYSTEM:
            self.add(name, name.title(), removable=False)

    @property
    def routes(self) -> list[Route]:
        return [
            ("GET", "ticket_fields", lambda request: listed(request, "ticket_fields", [*self.known.values()], {})),
            ("GET", "ticket_fields/{id}", lambda _, id: Response(200, {"ticket_field": self._found(id)})),  # noqa: A006
            ("POST", "ticket_fields", admins_only(self._desk, self.create)),
            ("PUT", "ticket_fields/{id}", admins_only(self._desk, self.change)),
            ("DELETE", "ticket_fields/{id}", admins_only(self._desk, self.delete)),
        ]

    def add(self, type: str, title: str, **more: Any) -> dict[str, Any]:  # noqa: A002 - the platform's words
        number, own = (
            FIRST + len(self.known) + self._gone,
            {"description": title, "agent_description": None, "removable": True},
        )
        shown = {"active": True, "required": False, "visible_in_portal": False, "editable_in_portal": False}
        self.known[number] = {
            **own, **shown, **more, "id": number, "type": type, "title": title, "raw_title": title,
            "created_at": self._desk.stamp,
        }  # fmt: skip
        return self.known[number]

    def create(self, request: Request) -> Response:
        stated = request.content("ticket_field")
        if not str(stated.get("title") or "").strip():
            raise invalid("title", "Title: cannot be blank")
        if stated.get("type") not in TYPES:
            raise invalid("type", "Type: is invalid")
        kept = {name: stated[name] for name in KEPT if name in stated and name != "title"}
        return Response(201, {"ticket_field": self.add(stated["type"], stated["title"], **kept)})

    def change(self, request: Request, id: int) -> Response:  # noqa: A002
        found, stated = self._found(id), request.content("ticket_field")
        if stated.get("type", found["type"]) != found["type"]:
            raise invalid("type", "Type: cannot be changed")
        found |= {name: stated[name] for name in KEPT if name in stated}
        return Response(200, {"ticket_field": found})

    def delete(self, _request: Request, id: int) -> Response:  # noqa: A002
        if not self._found(id)["removable"]:
            raise invalid("base", "System fields cannot be deleted")
        del self.known[id]
        self._gone += 1
        return Response(204)

    def _found(self, id: int) -> dict[str, Any]:  # noqa: A002
        if id not in self.known:
            raise missing()
        return self.known[id]
