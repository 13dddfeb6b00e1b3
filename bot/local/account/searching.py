"""The search: it finds what was changed only after a while, which is why nothing must be deduplicated by it."""

import shlex
from typing import Any

from bot.local.account.desk import Desk, Ticket
from bot.local.account.exchanging import Request, Response, Route
from bot.local.account.paging import listed


class Search:
    """Over tickets, by `name:value` and by words."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @property
    def routes(self) -> list[Route]:
        return [("GET", "search", self.search)]

    def search(self, request: Request) -> Response:
        terms = shlex.split(request.query.get("query", ""))
        found = [
            {**ticket.shown(request.here), "result_type": "ticket"}
            for ticket in self._desk.open_tickets()
            if ticket.indexed_at <= self._desk.now and all(_fits(ticket, term) for term in terms)
        ]
        return listed(request, "results", found, {})


def _fits(ticket: Ticket, term: str) -> bool:
    name, colon, value = term.partition(":")
    told: dict[str, Any] = {"type": "ticket", "tags": ticket.tags, "external_id": ticket.external_id}
    if colon and name in {*told, "status"}:
        stated = told.get(name, ticket.fields.get("status", "new"))
        return value in stated if isinstance(stated, list) else value == stated
    said = " ".join([str(ticket.fields.get("subject")), *(comment.plain for comment in ticket.comments)])
    return term.lower() in said.lower()
