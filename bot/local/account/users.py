"""The endpoints of users."""

from typing import Any

from bot.local.account.desk import Desk
from bot.local.account.exchanging import Request, Response, Route, invalid, missing
from bot.local.account.paging import listed


class Users:
    """People, by id, e-mail address and external id."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @property
    def routes(self) -> list[Route]:
        return [
            ("GET", "users/me", lambda request: Response(200, {"user": self._desk.users[request.by]})),
            ("GET", "users/search", self.search),
            ("GET", "users/show_many", self.show_many),
            ("GET", "users/{id}", self.show),
            ("POST", "users", self.create),
            ("POST", "users/create_or_update", self.create_or_update),
        ]

    def show(self, _request: Request, id: int) -> Response:  # noqa: A002 - the platform's word
        if id not in self._desk.users:
            raise missing()
        return Response(200, {"user": self._desk.users[id]})

    def show_many(self, request: Request) -> Response:
        wanted = {int(each) for each in request.query.get("ids", "").split(",") if each.isdigit()}
        found = [user for number, user in self._desk.users.items() if number in wanted]
        return listed(request, "users", found, {})

    def search(self, request: Request) -> Response:
        wanted, named = request.query.get("query", "").lower(), request.query.get("external_id")
        found = [
            user
            for user in self._desk.users.values()
            if (user["external_id"] == named if named else wanted.removeprefix("email:") in _words(user))
        ]
        return listed(request, "users", found, {})

    def create(self, request: Request) -> Response:
        stated = request.content("user")
        if self.known(stated):
            raise invalid("email", f"Email: {stated.get('email')} is already being used by another user")
        return Response(201, {"user": self._add(stated)})

    def create_or_update(self, request: Request) -> Response:
        stated = request.content("user")
        if user := self.known(stated):
            user |= {name: value for name, value in stated.items() if name != "id"} | {"updated_at": self._desk.stamp}
            return Response(200, {"user": user})
        return Response(201, {"user": self._add(stated)})

    def known(self, stated: dict[str, Any]) -> dict[str, Any] | None:
        """Whoever has this e-mail address or external id."""
        for user in self._desk.users.values():
            for name in ("external_id", "email"):
                if stated.get(name) and str(user[name]).lower() == str(stated[name]).lower():
                    return user
        return None

    def requester(self, stated: dict[str, Any], by: int) -> int:
        """Of a new ticket; whoever creates it where nobody is named."""
        if named := stated.get("requester_id"):
            if int(named) not in self._desk.users:
                raise invalid("requester", "Requester: is invalid")
            return int(named)
        person = stated.get("requester")
        if not isinstance(person, dict):
            return by
        return int((self.known(person) or self._add(person))["id"])

    def _add(self, stated: dict[str, Any]) -> dict[str, Any]:
        if not str(stated.get("name") or "").strip():
            raise invalid("name", "Name: is too short (minimum one character)")
        more = {name: value for name, value in stated.items() if name not in ("name", "email", "id", "role")}
        return self._desk.add_user(stated["name"], stated.get("email", ""), stated.get("role", "end-user"), **more)


def _words(user: dict[str, Any]) -> str:
    return f"{user['name']} {user['email'] or ''}".lower()
