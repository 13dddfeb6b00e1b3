"""What this Zendesk holds: tickets with their comments, and users.

Stamps are whole seconds, as the platform's are: two updates within one second look the same to `safe_update`.
"""

import html
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Clock = Callable[[], float]
CREATED, COMMENTED = "ticket.created", "ticket.comment_added"  # what subscribers of webhooks are told
TAG = re.compile(r"<[^>]+>")
LONGEST = 65_535  # bytes of a comment: what is longer is cut, and no error says so
# outside of code a placeholder is filled in, and one that Zendesk does not know is taken out
PLACEHOLDER = re.compile(r"(<code>.*?</code>)|\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)


@dataclass(slots=True)
class Comment:
    """`html` is what agents see; `plain` what it says."""

    id: int
    author_id: int
    plain: str
    html: str
    public: bool
    created_at: str
    kind: str = "Comment"  # or VoiceComment
    channel: str = "api"
    flags: tuple[int, ...] = ()
    attachments: list[dict[str, Any]] = field(default_factory=list)

    def shown(self) -> dict[str, Any]:
        metadata: dict[str, Any] = {"system": {}, "custom": {}}
        if self.flags:  # else neither is there
            metadata |= {"flags": list(self.flags), "flags_options": {str(each): {} for each in self.flags}}
        return {
            "id": self.id, "type": self.kind, "author_id": self.author_id, "body": self.plain,
            "html_body": self.html, "plain_body": self.plain, "public": self.public, "attachments": self.attachments,
            "created_at": self.created_at, "via": {"channel": self.channel}, "metadata": metadata,
        }  # fmt: skip


@dataclass(slots=True)
class Ticket:
    """`fields` are those that are given back as they were set."""

    id: int
    requester_id: int
    submitter_id: int
    created_at: str
    updated_at: str
    indexed_at: float  # from when on the search finds it as it is
    tags: list[str] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    fields: dict[str, Any] = field(default_factory=dict)
    deleted: bool = False
    solved_at: str | None = None  # the last time

    @property
    def external_id(self) -> str | None:
        return self.fields.get("external_id")

    @property
    def is_public(self) -> bool:
        """Whether its requester sees it at all."""
        return any(comment.public for comment in self.comments)

    def shown(self, here: str) -> dict[str, Any]:
        own: dict[str, Any] = {
            "external_id": None,
            "subject": None,
            "status": "new",
            "priority": None,
            "custom_fields": [],
            "group_id": None,
            "brand_id": None,
            "ticket_form_id": None,
            "via": {"channel": "api"},
        }
        return {
            **own, **self.fields, "id": self.id, "url": f"{here}/api/v2/tickets/{self.id}.json",
            "description": self.comments[0].plain, "requester_id": self.requester_id,
            "submitter_id": self.submitter_id, "tags": self.tags, "is_public": self.is_public,
            "created_at": self.created_at, "updated_at": self.updated_at,
        }  # fmt: skip


Listener = Callable[[str, Ticket, Comment], None]


class Desk:
    """The account's data; every request is served under `lock`, as one transaction."""

    def __init__(self, clock: Clock, lag: float) -> None:
        self.lock = threading.RLock()
        self.tickets: dict[int, Ticket] = {}
        self.users: dict[int, dict[str, Any]] = {}
        self.brands: dict[int, dict[str, Any]] = {}
        self.files: dict[int, bytes] = {}  # attachments' contents, by their id
        self.changed = threading.Condition(self.lock)
        self.version = 0  # grows with every change
        self.listeners: list[Listener] = []  # are told while the lock is held: they only take note
        self._clock, self._lag, self._last = clock, lag, 0

    def new_id(self) -> int:
        self._last += 1
        return self._last

    @property
    def now(self) -> float:
        return self._clock()

    @property
    def stamp(self) -> str:
        return datetime.fromtimestamp(self._clock(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    @property
    def indexed_at(self) -> float:
        return self._clock() + self._lag

    def add_user(self, name: str, email: str = "", role: str = "end-user", **more: object) -> dict[str, Any]:
        number = self.new_id()
        user = {
            "id": number, "name": name, "email": email or None, "role": role, "external_id": None,
            "created_at": self.stamp, "updated_at": self.stamp, "active": True, "suspended": False,
            "locale": "en-US", **more,
        }  # fmt: skip
        self.users[number] = user
        return user

    def add_brand(self, name: str) -> dict[str, Any]:
        number = self.new_id()
        self.brands[number] = {"id": number, "name": name, "active": True}
        return self.brands[number]

    def attach(self, comment: Comment, name: str, content: bytes, here: str, **more: object) -> dict[str, Any]:
        """A file that came with a comment; `here` is the account's address."""
        number = self.new_id()
        self.files[number] = content
        attached = {
            "id": number, "file_name": name, "content_type": "text/plain", "size": len(content), "inline": False,
            "content_url": f"{here}/attachments/token/{number}/?name={name}", "deleted": False,
            "malware_access_override": False, "malware_scan_result": "malware_not_found", **more,
        }  # fmt: skip
        comment.attachments.append(attached)
        return attached

    def touch(self) -> None:
        """Whoever waits for something looks again."""
        with self.lock:
            self.version += 1
            self.changed.notify_all()

    def tell(self, kind: str, ticket: Ticket, comment: Comment) -> None:
        """Of what has just happened, whoever did it."""
        for listener in self.listeners:
            listener(kind, ticket, comment)
        self.touch()

    def open_tickets(self) -> list[Ticket]:
        return [ticket for ticket in self.tickets.values() if not ticket.deleted]

    def comment(self, stated: dict[str, Any], by: int) -> Comment:
        """Public unless said otherwise, as the platform has it."""
        rich = _kept(str(stated.get("html_body") or ""))
        plain = html.unescape(TAG.sub("", rich)) if rich else str(stated.get("body", ""))
        shown = rich or "".join(f"<p>{html.escape(line)}</p>" for line in plain.split("\n"))
        author = int(stated.get("author_id") or by)
        return Comment(self.new_id(), author, plain, shown, stated.get("public", True) is not False, self.stamp)


def _kept(rich: str) -> str:
    """As the platform keeps it: placeholders filled in, without what is too long."""
    filled = PLACEHOLDER.sub(lambda found: found[1] or "", rich)
    return filled.encode()[:LONGEST].decode(errors="ignore")


def normalised(tags: object) -> list[str]:
    """As they are kept: without blanks and capitals, each once."""
    words = tags.split() if isinstance(tags, str) else [str(tag) for tag in tags] if isinstance(tags, list) else []
    return sorted({re.sub(r"\s+", "_", word.strip().lower()) for word in words if word.strip()})
