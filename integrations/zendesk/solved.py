"""Solved tickets with a tag as a source of documents, for the team's own eyes.

The search knows the tag and when a ticket was solved, so that one that loses the tag, is opened again, deleted or grows
too old is no longer listed, and its document goes. A comment is read only if it says that it is public.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from integrations.zendesk.composing import page, paragraphs
from integrations.zendesk.distilling import Own, Person, Said, Text, learned
from integrations.zendesk.patience import Patience
from integrations.zendesk.refusing import MissingError
from rag_core.domain import Audience, DocumentId, SourceName
from rag_core.errors import RejectedError
from rag_core.ports import OnListed
from rag_core.runs import SourceItem

NAME = SourceName("zendesk-tickets")
FORM = "2"  # raise it when the document that a ticket becomes changes
ENDED = ("solved", "closed")
AGENTS = ("agent", "admin")
ONE = ("requester_id", "submitter_id", "assignee_id")  # fields of a ticket that name a person
TOGETHER = 100  # users in one call
SEVERAL = ("collaborator_ids", "follower_ids", "email_cc_ids")


@dataclass(frozen=True, slots=True)
class Terms:
    """Which tickets, and as what: `rules` changes with whatever `mask` and `own` change."""

    tag: str
    days: int  # since it was solved
    own: Own  # of a comment what its author wrote, without quotations and signature
    mask: Text
    rules: str


@dataclass(frozen=True, slots=True)
class _Listed:
    """A ticket as it was listed."""

    subject: str
    requester: int
    day: str
    people: frozenset[int]  # whom it names, wherever


class SolvedTicketsSource:
    """DocumentSource over the tickets."""

    name = NAME
    may_be_empty = True  # the last one may have grown too old
    apart = False

    def __init__(self, patience: Patience, terms: Terms, clock: Callable[[], float] = time.time) -> None:
        self._patience, self._terms, self._clock = patience, terms, clock
        self._tickets: dict[DocumentId, _Listed] = {}
        self._people: dict[int, Person | None] = {}

    def items(self, *, full: bool = False, listed: OnListed = lambda _done, _total: None) -> Iterator[SourceItem]:  # noqa: ARG002 - the port's: a ticket is read by itself
        tag, since = self._terms.tag.strip().lower(), self._since()
        for number, ticket in enumerate(
            self._patience.each(
                lambda zenpy: zenpy.search_export(type="ticket", tags=tag, solved_after=since, cursor_pagination=True)
            ),
            1,
        ):
            listed(number, number)
            if tag in ticket.tags and ticket.status in ENDED and str(ticket.updated_at)[:10] >= since.isoformat():
                yield self._item(ticket)

    def read(self, item: SourceItem) -> tuple[bytes, str]:
        ticket = self._tickets[item.id]
        try:
            comments = list(self._patience.each(_comments_of(int(item.id))))
        except MissingError as error:
            raise RejectedError("it was deleted while it was read: the next ingestion leaves it out") from error
        said = [
            Said(int(each.author_id), str(each.html_body or ""), str(each.plain_body or ""))
            for each in comments
            if _is_open(each)
        ]
        people = self._known({*ticket.people, *(int(each.author_id) for each in comments if each.author_id)})
        found = learned(ticket.subject, ticket.requester, said, people, own=self._terms.own, mask=self._terms.mask)
        body = f"<h2>Question</h2>\n{paragraphs(found.question)}\n<h2>Answer</h2>\n{paragraphs(found.answer)}"
        return page(found.subject or item.name, item.url, body, ticket.day), item.version

    def committed(self) -> None:
        """Nothing to note: the search tells it all."""

    def _since(self) -> date:
        return datetime.fromtimestamp(self._clock(), UTC).date() - timedelta(days=self._terms.days)

    def _item(self, ticket: Any) -> SourceItem:
        number, updated = DocumentId(str(ticket.id)), str(ticket.updated_at)
        named = [getattr(ticket, name, None) for name in ONE]
        named += [each for name in SEVERAL for each in getattr(ticket, name, None) or ()]
        people = frozenset(int(each) for each in named if each)
        self._tickets[number] = _Listed(str(ticket.subject or ""), int(ticket.requester_id), updated[:10], people)
        url, version = self._patience.site.ticket(int(ticket.id)), f"{updated} {FORM} {self._terms.rules}"
        return SourceItem(number, f"ticket {number}", ".html", url, version, Audience.INTERNAL)

    def _known(self, wanted: set[int]) -> list[Person]:
        """Those who are unknown to Zendesk write as nobody."""
        if missing := sorted(wanted - self._people.keys()):
            self._people |= dict.fromkeys(missing)
            for start in range(0, len(missing), TOGETHER):
                for user in self._patience.each(_users(missing[start : start + TOGETHER])):
                    self._people[int(user.id)] = Person(int(user.id), str(user.name or ""), user.role in AGENTS)
        return [person for number in wanted if (person := self._people.get(number))]


def _comments_of(ticket: int) -> Callable[[Any], Any]:
    return lambda zenpy: zenpy.tickets.comments(ticket)


def _users(ids: list[int]) -> Callable[[Any], Any]:
    return lambda zenpy: zenpy.users(ids=ids)


def _is_open(comment: Any) -> bool:
    """A call that was recorded is public too, and has no words."""
    return comment.public is True and comment.type == "Comment"
