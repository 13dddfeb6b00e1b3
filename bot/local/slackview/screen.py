"""What a person sees of the simulated Slack now, ready to be drawn; for whoever holds the world's lock."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.local.slackview.drawing import clock
from bot.local.slackview.fields import Field, field
from bot.local.slackview.office import Office
from bot.local.slackview.visiting import Visit, channels
from bot.local.workspace.nouns import Channel, Json, Message, Role, View
from bot.local.workspace.workspace import Workspace

WORKING = "processing"  # the state of a session
COMMANDS = ("/supportbot status", "/supportbot reingest", "/supportbot gaps")  # for admins


@dataclass(frozen=True, slots=True)
class Line:
    """One message, with what can be done about it."""

    ts: str
    author: str
    by_app: bool
    clock: str
    day: str
    blocks: Sequence[Json]
    files: tuple[str, ...]
    alone: bool  # nobody else sees it
    streaming: bool
    edited: bool
    replies: int  # of the thread that hangs on it
    thread: str  # its address
    thumb: str  # the button of the pair that this person pressed
    may_answer: bool  # by the shortcut


@dataclass(frozen=True, slots=True)
class Tab:
    """A place in the list of them."""

    name: str
    url: str
    sort: str  # channel, private, shared, direct, home
    unread: int
    here: bool


@dataclass(frozen=True, slots=True)
class Modal:
    """What lies over the page; a block is drawn as a message's where it is no field."""

    id: str
    version: str
    title: str
    submit: str
    close: str
    parts: tuple[Field | Json, ...]


class Screen:
    """Of one visit."""

    def __init__(self, office: Office, visit: Visit) -> None:
        self.office, self.visit = office, visit
        self._slack: Workspace = office.slack
        if visit.channel is not None:
            office.read[visit.person.id, visit.channel.id] = max(visit.channel.messages, default="")

    @property
    def version(self) -> int:
        return self._slack.world.version

    @property
    def tabs(self) -> list[Tab]:
        person = self.visit.person
        found = [self._tab(each) for each in channels(self.office, person)]
        if self.office.is_ours(person):
            found.append(Tab("App Home", Visit(person).url, "home", 0, self.visit.channel is None))
        return found

    @property
    def people(self) -> list[tuple[str, str, bool]]:
        """Address, name with what they are, and whether it is who looks."""
        channel = self.visit.channel
        return [
            (Visit(each, channel).url, f"{each.name}, {what}", each is self.visit.person)
            for each, what in self.office.people.values()
        ]

    @property
    def lines(self) -> list[Line]:
        """The channel: what hangs in a thread is seen there."""
        channel = self.visit.channel
        if channel is None:
            return []
        told = [each for each in self._whispers(channel) if each.thread_ts is None]
        top = [each for each in channel.messages.values() if each.root == each.ts or each.broadcast]
        return [self._line(each) for each in _sorted([*top, *told])]

    @property
    def thread(self) -> list[Line]:
        channel, root = self.visit.channel, self.visit.thread
        if channel is None or root is None:
            return []
        told = [each for each in self._whispers(channel) if each.thread_ts == root.root]
        below = _sorted([*channel.threads.get(root.root, []), *told])
        return [self._line(each) for each in [channel.messages[root.root], *below] if each.root == root.root]

    @property
    def status(self) -> str:
        """What the app says it is doing in the open thread."""
        channel, root = self.visit.channel, self.visit.thread
        if channel is None or root is None:
            return ""
        world = self._slack.world
        told = world.statuses.get((channel.id, root.root), {})
        if told.get("status") and told["until"] > world.clock.now():
            return str(told["status"])
        session = world.sessions.get((channel.id, root.root), {})
        return "is working on it…" if session.get("status") == WORKING else ""

    def tries(self, examples: Sequence[str]) -> list[str]:
        """What could be written here: in a direct conversation what the app suggests, else what shows how it works."""
        channel, person = self.visit.channel, self.visit.person
        if channel is None:
            return []
        if self.visit.is_direct:
            given = self._slack.world.prompts.get(channel.id, {}).get("prompts", ())
            return [*(each["message"] for each in given), *examples[:1]]
        if not self.office.is_ours(person):
            return [f"@{self._slack.bot.name} {each}" for each in examples[:2]]
        asked = [f"@{self._slack.bot.name} {each}" for each in examples[1:2]]
        drafts = [f"/support {each}" for each in examples[:1]]
        return asked + drafts + (list(COMMANDS) if person.role is Role.ADMIN else [])

    @property
    def without_thread(self) -> str:
        return Visit(self.visit.person, self.visit.channel).url

    @property
    def home(self) -> Sequence[Json] | None:
        found = self._slack.home(self.visit.person)
        return found.content["blocks"] if found else None

    @property
    def modal(self) -> Modal | None:
        view = self._slack.modal(self.visit.person)
        return self._modal(view) if view else None

    def _modal(self, view: View) -> Modal:
        content, person = view.content, self.visit.person
        parts = (
            field(self.office, person, view, block) if block["type"] == "input" else block
            for block in content["blocks"]
        )
        labels = ((content.get(name) or {}).get("text", "") for name in ("title", "submit", "close"))
        title, submit, close = labels
        return Modal(view.id, f"{view.id}-{view.hash}", title, submit, close or "Close", tuple(parts))

    def _tab(self, channel: Channel) -> Tab:
        person = self.visit.person
        kinds = {"im": "direct", "group": "private", "channel": "channel"}
        sort = "shared" if channel.shared_with else kinds[channel.kind.value]
        since = self.office.read.get((person.id, channel.id), "")
        unread = [each for each in channel.messages.values() if each.ts > since and each.user != person.id]
        here = self.visit.channel is channel
        return Tab(channel.name or self._slack.bot.name, Visit(person, channel).url, sort, len(unread), here)

    def _whispers(self, channel: Channel) -> list[Message]:
        return [each for each in channel.whispers if each.seen_by == self.visit.person.id]

    def _line(self, message: Message) -> Line:
        world, person = self._slack.world, self.visit.person
        author, when = world.users[message.user], clock(message.ts)
        replies = world.channels[message.channel].threads.get(message.ts, ())
        return Line(
            message.ts,
            author.name,
            bool(message.bot_id),
            f"{when:%H:%M}",
            when.isoformat(timespec="seconds"),
            list(_blocks(message)),
            tuple(each.name for each in message.files),
            message.seen_by is not None,
            world.age(message).grows,
            message.edited is not None and not message.bot_id,
            len(replies),
            Visit(person, self.visit.channel, message).url,
            self.office.thumbs.get((person.id, message.ts), ""),
            not message.bot_id and self.office.is_ours(person),
        )


def _blocks(message: Message) -> Iterator[Json]:
    """A message without blocks, or that somebody wrote, shows its text."""
    posted = [block for block in message.blocks if block["type"] != "rich_text"]
    if posted:
        yield from posted
    elif message.text:
        yield {"type": "section", "text": {"type": "mrkdwn", "text": message.text}}


def _sorted(messages: Sequence[Message]) -> list[Message]:
    return sorted(messages, key=lambda each: float(each.ts))
