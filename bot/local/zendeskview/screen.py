"""What an agent sees of the simulated account now, ready to be drawn; for whoever holds its lock."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import nh3
from markupsafe import Markup

from bot.local.account.desk import Comment, Ticket
from bot.local.zendeskview.firm import Firm

PATH = "/zendesk"
TAGS = {"a", "blockquote", "br", "code", "em", "li", "ol", "p", "pre", "strong", "ul"}
DONE = {"supportbot_drafted", "supportbot_no_answer", "supportbot_failed"}  # one of them says that it has read it


@dataclass(frozen=True, slots=True)
class Line:
    """A ticket in the list."""

    number: int
    subject: str
    requester: str
    status: str
    here: bool

    @property
    def url(self) -> str:
        return f"{PATH}?ticket={self.number}"


@dataclass(frozen=True, slots=True)
class Said:
    """One comment."""

    id: int
    author: str
    role: str
    by_app: bool
    public: bool
    clock: str
    day: str
    shown: Markup


@dataclass(frozen=True, slots=True)
class Opened:
    """The ticket that is looked at."""

    number: int
    subject: str
    requester: str
    status: str
    tags: Sequence[str]
    comments: Sequence[Said]
    working: bool  # the app has not yet said what it makes of it
    facts: str  # JSON: what an app in the sidebar is told


class Screen:
    """With the ticket of this number; None: the form for a new one."""

    def __init__(self, firm: Firm, number: int | None) -> None:
        self._firm, self._desk = firm, firm.account.desk
        self._ticket = self._desk.tickets.get(number) if number else None

    @property
    def version(self) -> int:
        return self._desk.version

    @property
    def url(self) -> str:
        return f"{PATH}?ticket={self._ticket.id}" if self._ticket else PATH

    @property
    def customers(self) -> Mapping[int, str]:
        return {number: str(each["name"]) for number, each in self._firm.customers.items()}

    @property
    def tickets(self) -> list[Line]:
        """The newest first."""
        found = sorted(self._desk.open_tickets(), key=lambda ticket: ticket.id, reverse=True)
        return [
            Line(each.id, _subject(each), self._name(each.requester_id), _status(each), each is self._ticket)
            for each in found
        ]

    @property
    def ticket(self) -> Opened | None:
        ticket = self._ticket
        if ticket is None:
            return None
        return Opened(
            ticket.id,
            _subject(ticket),
            self._name(ticket.requester_id),
            _status(ticket),
            tuple(ticket.tags),
            [self._said(each) for each in ticket.comments],
            len(ticket.comments) == 1 and not DONE & set(ticket.tags),
            json.dumps(self._facts(ticket)),
        )

    def _facts(self, ticket: Ticket) -> Mapping[str, object]:
        """As the apps framework has it: the newest comment first."""
        agent = self._firm.agent
        comments = [
            {
                "author": {"id": each.author_id, "role": self._desk.users[each.author_id]["role"]},
                "value": each.html,
                "timestamp": each.created_at,
            }
            for each in reversed(ticket.comments)
        ]
        told = {"subject": _subject(ticket), "description": ticket.comments[0].plain, "tags": ticket.tags}
        return {
            "account": self._firm.subdomain,
            "agent": {"id": agent["id"], "name": agent["name"], "role": agent["role"]},
            "ticket": {"id": ticket.id, "requester": {"id": ticket.requester_id}, "comments": comments, **told},
        }

    def _said(self, comment: Comment) -> Said:
        when = datetime.fromisoformat(comment.created_at).astimezone()
        author, bot = self._desk.users[comment.author_id], self._firm.account.bot["id"]
        role = {"end-user": "customer"}.get(str(author["role"]), str(author["role"]))
        shown = nh3.clean(
            comment.html,
            tags=TAGS,
            attributes={"a": {"href"}},
            url_schemes={"http", "https"},
            link_rel="noopener noreferrer",
        )
        return Said(
            comment.id,
            str(author["name"]),
            role if author["id"] != bot else "",
            author["id"] == bot,
            comment.public,
            f"{when:%H:%M}",
            when.isoformat(timespec="seconds"),
            Markup(shown),  # noqa: S704 - sanitised above
        )

    def _name(self, number: int) -> str:
        return str(self._desk.users[number]["name"])


def _subject(ticket: Ticket) -> str:
    return str(ticket.fields.get("subject") or "(no subject)")


def _status(ticket: Ticket) -> str:
    return str(ticket.fields.get("status") or "new")
