"""What is taken out in bulk: search results by cursor, and the tickets that changed since a time.

https://developer.zendesk.com/api-reference/ticketing/ticket-management/search/#export-search-results and
https://developer.zendesk.com/api-reference/ticketing/ticket-management/incremental_exports/
"""

import shlex
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from typing import Any

from bot.local.account.desk import Desk, Ticket
from bot.local.account.exchanging import RefusalError, Request, Response, Route
from bot.local.account.limiting import Limits
from bot.local.account.paging import following, listed

LARGEST = 1_000
FRESH = 60  # seconds in which what changed is not exported yet


class Exports:
    """Of tickets."""

    def __init__(self, desk: Desk, limits: Limits) -> None:
        self._desk, self._limits = desk, limits

    @property
    def routes(self) -> list[Route]:
        return [("GET", "search/export", self.search), ("GET", "incremental/tickets/cursor", self.tickets)]

    def search(self, request: Request) -> Response:
        """`tags:x`, `status:x` and `solved>date`, as the search knows them."""
        if request.query.get("filter[type]") != "ticket":
            raise RefusalError(400, {"error": "invalid", "description": "filter[type] is required"})
        terms = shlex.split(request.query.get("query", ""))
        found = [
            {**ticket.shown(request.here), "result_type": "ticket"}
            for ticket in self._desk.open_tickets()
            if ticket.indexed_at <= self._desk.now and all(_fits(ticket, term) for term in terms)
        ]
        return listed(request, "results", sorted(found, key=_created), {}, key=_created, largest=LARGEST)

    def tickets(self, request: Request) -> Response:
        """Deleted ones too, as they are: the platform says so of them."""
        self._limits.export(request.by)
        query = request.query
        after = (
            urlsafe_b64decode(query["cursor"]).decode().split(",")
            if "cursor" in query
            else [_stamp(query.get("start_time", "0")), "0"]
        )
        until = _stamp(str(int(self._desk.now) - FRESH))
        changed = sorted(
            (each.updated_at, each.id, each)
            for each in self._desk.tickets.values()
            if (each.updated_at, each.id) > (after[0], int(after[1])) and each.updated_at <= until
        )
        size = min(int(query.get("per_page", LARGEST)), LARGEST)
        page = changed[:size]
        place = f"{page[-1][0]},{page[-1][1]}" if page else ",".join(after)
        cursor = urlsafe_b64encode(place.encode()).decode()
        told = {"after_cursor": cursor, "after_url": following(request, cursor=cursor), "before_cursor": None}
        shown = [each.shown(request.here) | ({"status": "deleted"} if each.deleted else {}) for _, _, each in page]
        return Response(200, {"tickets": shown, "end_of_stream": len(changed) <= size, **told})


def _created(shown: dict[str, Any]) -> tuple[str, int]:
    return shown["created_at"], shown["id"]


def _stamp(seconds: str) -> str:
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _fits(ticket: Ticket, term: str) -> bool:
    if term.startswith("solved>"):
        day = term.removeprefix("solved>")
        return (ticket.solved_at or "")[: len(day)] > day
    name, _, value = term.partition(":")
    if name == "tags":
        return value in ticket.tags
    if name == "status":
        return bool(value == ticket.fields.get("status", "new"))
    return term == "type:ticket"
