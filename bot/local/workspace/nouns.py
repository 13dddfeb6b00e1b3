"""What a Slack holds: teams, people, channels, messages, views, files.

Mutable, because Slack's are: whoever reads or changes one holds the lock of the `World` it is in.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Json = dict[str, Any]


class Role(StrEnum):
    """What a person may do in their team."""

    MEMBER = "member"
    ADMIN = "admin"
    OWNER = "owner"
    GUEST = "guest"  # sees several channels
    CHANNEL_GUEST = "channel guest"  # sees one
    BOT = "bot"


class Kind(StrEnum):
    """Of a conversation, as an event's `channel_type` names it."""

    PUBLIC = "channel"
    PRIVATE = "group"
    DIRECT = "im"
    GROUP = "mpim"


@dataclass(slots=True)
class Team:
    """A workspace, and the app's installation in it."""

    id: str
    name: str
    bot: str = ""  # the user id of the app's bot
    bot_id: str = ""
    token: str = ""
    installed: bool = True
    edit_window: float | None = None  # seconds after which nobody may change a message; 0: never; None: always
    may_delete: bool = True

    @property
    def domain(self) -> str:
        return self.name.lower().replace(" ", "-")


@dataclass(slots=True)
class User:
    """Somebody with an account: a person, or the app's bot."""

    id: str
    team: str
    name: str
    role: Role = Role.MEMBER
    bot_id: str = ""
    deleted: bool = False

    @property
    def handle(self) -> str:
        return self.name.lower().replace(" ", ".")


@dataclass(slots=True)
class File:
    """A file somebody shared; `mode` is `tombstone` once it is gone."""

    id: str
    name: str
    content: bytes
    mimetype: str
    user: str
    team: str
    created: int
    mode: str = "hosted"


class Streaming(StrEnum):
    """How far the stream of a message is."""

    OPEN = "open"
    ENDED = "ended"
    STOPPED = "stopped by a person"


@dataclass(slots=True)
class Message:
    """One message, in a channel or (where `seen_by` names somebody) for one person's eyes."""

    channel: str
    ts: str
    user: str
    team: str
    text: str = ""
    blocks: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    thread_ts: str | None = None
    bot_id: str = ""
    metadata: Json | None = None
    files: tuple[File, ...] = ()
    seen_by: str | None = None
    edited: str | None = None  # when
    client_msg_id: str = ""
    broadcast: bool = False
    streaming: Streaming | None = None
    stream_ends: float = 0.0
    unfurls: bool = True
    kept: float = 0.0  # when, by the clock that can be skipped

    @property
    def root(self) -> str:
        """The ts of the thread it is in, which is its own when it began it."""
        return self.thread_ts or self.ts

    @property
    def grows(self) -> bool:
        """Whether its stream has not ended."""
        return self.streaming is Streaming.OPEN


@dataclass(slots=True)
class Channel:
    """A conversation and everything said in it."""

    id: str
    team: str
    name: str
    kind: Kind = Kind.PUBLIC
    members: set[str] = field(default_factory=set)
    shared_with: set[str] = field(default_factory=set)  # other teams: a Slack Connect channel
    pending: bool = False  # another company is invited and has not come yet
    archived: bool = False
    created: int = 0
    messages: dict[str, Message] = field(default_factory=dict)  # by ts, in the order of time
    threads: dict[str, list[Message]] = field(default_factory=dict)  # replies, by the root's ts
    whispers: list[Message] = field(default_factory=list)  # ephemeral messages

    @property
    def teams(self) -> set[str]:
        return {self.team} | self.shared_with


@dataclass(slots=True)
class View:
    """A modal or a person's App Home."""

    id: str
    team: str
    user: str
    content: Json
    hash: str
    root: str
    previous: str | None = None
    state: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)


@dataclass(slots=True)
class UserGroup:
    """People who are mentioned together."""

    id: str
    team: str
    handle: str
    members: list[str]
