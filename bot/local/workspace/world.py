"""Everything in a simulated Slack, in memory.

One lock guards it all: a call is short, and a person's act never holds it while the app is told.
"""

import itertools
import secrets
import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from bot.local.workspace.clock import Clock
from bot.local.workspace.nouns import Channel, File, Json, Kind, Message, Role, Streaming, Team, User, UserGroup, View
from bot.local.workspace.refusing import RefusalError
from bot.local.workspace.triggers import Triggers

REMEMBERED = 20_000  # calls, for whoever looks


@dataclass(frozen=True, slots=True)
class App:
    """The one app whose Slack this is."""

    name: str = "supportbot"
    id: str = "A00000001"
    client_id: str = "100.200"
    client_secret: str = field(default_factory=lambda: secrets.token_hex(16))
    signing_secret: str = field(default_factory=lambda: secrets.token_hex(16))
    app_token: str = field(default_factory=lambda: f"xapp-1-{secrets.token_hex(8)}")
    verification_token: str = field(default_factory=lambda: secrets.token_hex(12))


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token stands for, and until when where tokens rotate."""

    team: Team
    expires: float | None = None


@dataclass(frozen=True, slots=True)
class Called:
    """A call of the Web API that was answered."""

    method: str
    arguments: Json
    answer: Json


class World:
    """The state, and the plain questions to it."""

    def __init__(self, app: App, clock: Clock) -> None:
        self.app, self.clock = app, clock
        self.triggers = Triggers(clock)
        self.changed = threading.Condition(threading.RLock())
        self.teams: dict[str, Team] = {}
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.views: dict[str, View] = {}
        self.homes: dict[str, View] = {}  # by user
        self.files: dict[str, File] = {}
        self.groups: dict[str, UserGroup] = {}
        self.grants: dict[str, Grant] = {}
        self.revoked: set[str] = set()
        self.prompts: dict[str, Json] = {}  # suggested prompts, by channel
        self.statuses: dict[tuple[str, str | None], Json] = {}  # by channel and thread
        self.sessions: dict[tuple[str, str | None], Json] = {}
        self.calls: deque[Called] = deque(maxlen=REMEMBERED)
        self.version = 0
        self.url = ""
        self._numbers: dict[str, itertools.count[int]] = {}
        self._directs: dict[frozenset[str], str] = {}

    def number(self, prefix: str) -> str:
        """The next id of a sort: unique in all teams."""
        with self.changed:
            return f"{prefix}{next(self._numbers.setdefault(prefix, itertools.count(1))):08d}"

    def touch(self) -> None:
        """Whoever waits for something looks again."""
        with self.changed:
            self.version += 1
            self.changed.notify_all()

    def add_team(self, name: str, *, installed: bool = True) -> Team:
        with self.changed:
            team = Team(id=self.number("T"), name=name)
            self.teams[team.id] = team
            bot = User(self.number("U"), team.id, self.app.name, Role.BOT, bot_id=self.number("B"))
            self.users[bot.id] = bot
            team.bot, team.bot_id, team.installed = bot.id, bot.bot_id, installed
            if installed:
                self.grant(team)
            return team

    def grant(self, team: Team, *, expires: float | None = None) -> str:
        """A new bot token for a team."""
        token = f"xoxb-{team.id}-{secrets.token_hex(8)}"
        with self.changed:
            self.grants[token] = Grant(team, expires)
            team.token, team.installed = token, True
        return token

    def revoke(self, token: str) -> None:
        with self.changed:
            del self.grants[token]
            self.revoked.add(token)
            self.touch()

    def add_user(self, team: Team, name: str, role: Role) -> User:
        user = User(self.number("U"), team.id, name, role)
        with self.changed:
            self.users[user.id] = user
        return user

    def add_channel(self, team: Team, name: str, kind: Kind, members: Iterable[str], **rest: Any) -> Channel:
        prefix = {Kind.DIRECT: "D", Kind.GROUP: "G"}.get(kind, "C")
        channel = Channel(self.number(prefix), team.id, name, kind, set(members), created=int(self.clock.now()), **rest)
        with self.changed:
            self.channels[channel.id] = channel
        return channel

    def direct(self, *members: str) -> Channel:
        """The conversation of exactly these people; the first one's team is its own."""
        key = frozenset(members)
        with self.changed:
            if key not in self._directs:
                kind = Kind.DIRECT if len(key) == 2 else Kind.GROUP
                name = "" if kind is Kind.DIRECT else "mpdm-" + "--".join(self.users[each].handle for each in members)
                team = self.teams[self.users[members[0]].team]
                self._directs[key] = self.add_channel(team, name, kind, key).id
            return self.channels[self._directs[key]]

    def visible(self, team: Team, channel: str) -> Channel:
        """A conversation that the team's bot may know of, or Slack's word for no such thing."""
        found = self.channels.get(channel)
        if found is None or team.id not in found.teams:
            raise RefusalError("channel_not_found")
        if found.kind is not Kind.PUBLIC and team.bot not in found.members:
            raise RefusalError("channel_not_found")
        return found

    def joined(self, team: Team, channel: str) -> Channel:
        found = self.visible(team, channel)
        if team.bot not in found.members:
            raise RefusalError("not_in_channel")
        return found

    def keep(self, message: Message) -> None:
        """A message takes its place in its channel and thread."""
        with self.changed:
            channel = self.channels[message.channel]
            message.kept = self.clock.now()
            if message.bot_id:
                self.statuses.pop((channel.id, message.thread_ts), None)  # an answer ends what was said of it
            if message.seen_by:
                channel.whispers.append(message)
            else:
                channel.messages[message.ts] = message
                if message.thread_ts and message.thread_ts != message.ts:
                    root = channel.messages.get(message.thread_ts)
                    if root is not None:
                        root.thread_ts = root.ts
                    channel.threads.setdefault(message.thread_ts, []).append(message)
            self.touch()

    def drop(self, message: Message) -> None:
        with self.changed:
            channel = self.channels[message.channel]
            if message.seen_by:
                channel.whispers = [kept for kept in channel.whispers if kept is not message]
            else:
                channel.messages.pop(message.ts, None)
                replies = channel.threads.get(message.thread_ts or "")
                if replies and message in replies:
                    replies.remove(message)
            self.touch()

    def age(self, message: Message) -> Message:
        """A stream that nobody ended has ended itself by now."""
        if message.grows and self.clock.now() >= message.stream_ends:
            message.streaming = Streaming.ENDED
        return message
