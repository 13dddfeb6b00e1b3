"""A ticket with what was said in it and by whom, as it is now.

Three calls a ticket: itself, its newest comments, the people in it. Nothing is remembered but the names of brands.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import Any

from integrations.zendesk.client import Zendesk
from integrations.zendesk.refusing import ForbiddenError, MissingError
from rag_core.domain import Deadline

NEWEST = 300  # comments that are read of a ticket, in pages of 100; Zendesk keeps up to 5,000
TOGETHER = 100  # users in one call
AGENTS = ("agent", "admin")
OVER = ("closed", "deleted")  # nothing can be written any more
INFECTED = "malware_found"


class Part(StrEnum):
    """Who a person is to a ticket."""

    CUSTOMER = "customer"
    AGENT = "agent"
    NOBODY = "nobody"  # deleted since, or Zendesk itself


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who wrote in a ticket, or for whom it was opened."""

    id: int
    part: Part = Part.NOBODY
    name: str = ""
    email: str = ""
    locale: str = ""  # such as de or pt-BR
    suspended: bool = False


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a comment."""

    name: str
    kind: str  # its media type
    size: int
    url: str
    infected: bool = False


@dataclass(frozen=True, slots=True)
class Comment:
    """What somebody wrote; `html` is empty where there is only text."""

    id: int
    author: Person
    public: bool
    html: str
    plain: str
    at: datetime
    spoken: bool = False  # a call and its transcript, not a message
    flags: frozenset[int] = frozenset()  # of Zendesk's: why it doubts the comment
    attachments: tuple[Attachment, ...] = ()

    @property
    def by_customer(self) -> bool:
        """Something that a customer wrote, for agents to answer."""
        return self.public and not self.spoken and self.author.part is Part.CUSTOMER

    @property
    def by_agent(self) -> bool:
        """Something that was sent to the customer. Never ours: what we write is private."""
        return self.public and self.author.part is Part.AGENT


@dataclass(frozen=True, slots=True)
class Conversation:
    """A ticket; `stamp` is what it was last changed at, as Zendesk writes it."""

    number: int
    subject: str
    status: str
    stamp: str
    tags: tuple[str, ...]
    group: str
    brand: str
    form: str
    channel: str
    requester: Person
    comments: tuple[Comment, ...]  # the oldest first
    whole: bool  # False: there are older ones

    @property
    def is_over(self) -> bool:
        return self.status in OVER


class Conversations:
    """Of one account; safe to share between threads."""

    def __init__(self, zendesk: Zendesk) -> None:
        self._zendesk = zendesk
        self._brands: dict[str, str] = {}

    def read(self, number: int, deadline: Deadline) -> Conversation:
        """Raises MissingError for a ticket that is not there (any more)."""
        with self._zendesk.calling(deadline) as zenpy:
            ticket = zenpy.tickets(id=number).to_dict()
            # `tickets.comments` gives the oldest first, which of a long ticket are not those that matter
            endpoint = zenpy.tickets.endpoint.comments
            listed = zenpy.tickets._query_zendesk(endpoint, "comment", id=number, sort="-created_at")
            found = [comment.to_dict() for comment in islice(listed, NEWEST)]
            wanted = {int(each["author_id"]) for each in found if each.get("author_id")}
            people = dict(_people(zenpy, sorted(wanted | {int(ticket["requester_id"])})))
        comments = sorted((_comment(each, people) for each in found), key=lambda each: (each.at, each.id))
        return _conversation(ticket, people, tuple(comments), whole=len(found) < NEWEST)

    def brand(self, brand: str, deadline: Deadline) -> str:
        """Its name; empty where it has none, is not there, or may not be seen: a sign-off costs no draft."""
        if brand and brand not in self._brands:
            try:
                with self._zendesk.calling(deadline) as zenpy:
                    self._brands[brand] = str(zenpy.brands(id=int(brand)).name or "")
            except (MissingError, ForbiddenError):
                self._brands[brand] = ""
        return self._brands.get(brand, "")


def _people(zenpy: Any, ids: Sequence[int]) -> Iterator[tuple[int, Person]]:
    for start in range(0, len(ids), TOGETHER):
        for user in zenpy.users(ids=ids[start : start + TOGETHER]):
            found = user.to_dict()
            yield int(found["id"]), _person(found)


def _person(user: Mapping[str, Any]) -> Person:
    role = user.get("role")
    part = Part.AGENT if role in AGENTS else Part.CUSTOMER if role == "end-user" else Part.NOBODY
    return Person(
        int(user["id"]),
        part,
        _text(user, "name"),
        _text(user, "email"),
        _text(user, "locale"),
        bool(user.get("suspended")),
    )


def _comment(stated: Mapping[str, Any], people: Mapping[int, Person]) -> Comment:
    author, metadata = int(stated.get("author_id") or 0), stated.get("metadata") or {}
    return Comment(
        int(stated["id"]),
        people.get(author, Person(author)),
        stated.get("public") is True,
        _text(stated, "html_body"),
        _text(stated, "plain_body") or _text(stated, "body"),
        datetime.fromisoformat(str(stated["created_at"])),
        spoken=stated.get("type") == "VoiceComment",
        flags=frozenset(each for each in metadata.get("flags") or () if isinstance(each, int)),
        attachments=tuple(_attachment(each) for each in stated.get("attachments") or () if not each.get("deleted")),
    )


def _attachment(stated: Mapping[str, Any]) -> Attachment:
    return Attachment(
        _text(stated, "file_name"),
        _text(stated, "content_type"),
        int(stated.get("size") or 0),
        _text(stated, "content_url"),
        infected=stated.get("malware_scan_result") == INFECTED,
    )


def _conversation(
    ticket: Mapping[str, Any], people: Mapping[int, Person], comments: tuple[Comment, ...], *, whole: bool
) -> Conversation:
    requester = int(ticket["requester_id"])
    return Conversation(
        number=int(ticket["id"]),
        subject=_text(ticket, "raw_subject") or _text(ticket, "subject"),
        status=_text(ticket, "status"),
        stamp=_text(ticket, "updated_at"),
        tags=tuple(ticket.get("tags") or ()),
        group=_text(ticket, "group_id"),
        brand=_text(ticket, "brand_id"),
        form=_text(ticket, "ticket_form_id"),
        channel=_text(ticket.get("via") or {}, "channel"),
        requester=people.get(requester, Person(requester)),
        comments=comments,
        whole=whole,
    )


def _text(stated: Mapping[str, Any], name: str) -> str:
    found = stated.get(name)
    return "" if found is None else str(found)
