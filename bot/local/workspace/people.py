"""People act: they write, click, submit, command; the app is told, and what it answers shows.

Everything is delivered in the caller's thread, so when a method returns the app has taken it, or not.
"""

import mimetypes
import uuid
from collections.abc import Mapping
from typing import Any

from bot.local.workspace import events, interactions, showing, viewing
from bot.local.workspace.announcing import Announcer
from bot.local.workspace.calling import Change
from bot.local.workspace.delivering import Courier
from bot.local.workspace.interactions import NoSuchElementError
from bot.local.workspace.nouns import Channel, File, Json, Message, Streaming, Team, User, View
from bot.local.workspace.parcels import Parcel, Reply, Sort
from bot.local.workspace.responding import respond
from bot.local.workspace.world import World


class People:
    """What anybody in the workspace can do."""

    def __init__(self, world: World, courier: Courier, announcer: Announcer) -> None:
        self._world, self._courier, self._announcer = world, courier, announcer

    def say(
        self,
        channel: Channel,
        user: User,
        text: str,
        *,
        thread: Message | None = None,
        files: Mapping[str, bytes] | None = None,
    ) -> Message:
        """Write a message; `files` are shared with it, by name."""
        world = self._world
        if user.id not in channel.members:
            raise NoSuchElementError(f"{user.name} is not in {channel.name or 'that conversation'}")
        with world.changed:
            message = Message(
                channel.id,
                world.clock.ts(),
                user.id,
                user.team,
                text,
                thread_ts=thread.root if thread else None,
                files=tuple(self._upload(user, name, content) for name, content in (files or {}).items()),
                client_msg_id=str(uuid.uuid4()),
            )
            message.blocks = [_rich(text)] if text else []
            world.keep(message)
        self._tell(message, Change.POSTED)
        return message

    def edit(self, user: User, message: Message, text: str) -> None:
        with self._world.changed:
            before = self._own(user, message)
            message.text, message.blocks = text, [_rich(text)]
            message.edited = self._world.clock.ts()
            self._world.touch()
        self._tell(message, Change.CHANGED, before)

    def delete(self, user: User, message: Message) -> None:
        with self._world.changed:
            before = self._own(user, message)
            self._world.drop(message)
        self._tell(message, Change.DELETED, before)

    def click(self, user: User, where: Message | View, action_id: str, value: Any = None) -> Reply:
        """Press a button, choose in a menu: `where` it stands, which must show it."""
        world = self._world
        with world.changed:
            team = self._installation(where.team)
            ts = world.clock.ts()
            if isinstance(where, Message):
                self._looks_at(user, where)
                action = interactions.action(where.blocks, action_id, value, ts)
                payload = interactions.on_message(world, team, user, where, action)
            else:
                if where.user != user.id or where not in (*self._world.views.values(), *self._world.homes.values()):
                    raise NoSuchElementError(f"{user.name} does not see that view")
                action = interactions.action(where.content["blocks"], action_id, value, ts)
                payload = interactions.on_view(world, team, user, where, action)
        return self._interact(payload)

    def submit(self, user: User, view: View, values: Mapping[str, Any] | None = None) -> Reply:
        """Fill a modal in, fields by their action_id, and press its button; what the app answers is done."""
        with self._world.changed:
            if view.id not in self._world.views:
                raise NoSuchElementError("that modal is not open")
            view.state = interactions.state(view, values or {})
            payload = interactions.submission(self._world, self._installation(view.team), user, view)
        reply = self._interact(payload)
        if reply.accepted:
            self._answered(user, view, reply.json())
        return reply

    def close(self, user: User, view: View) -> None:
        """Leave a modal; the app hears of it where it asked to."""
        with self._world.changed:
            self._world.views.pop(view.id, None)
            self._world.touch()
            payload = interactions.closing(self._world, self._installation(view.team), user, view, cleared=False)
        if view.content.get("notify_on_close"):
            self._interact(payload)

    def command(self, user: User, channel: Channel, name: str, text: str = "") -> Reply:
        """A slash command; an answer in the response shows at once."""
        world = self._world
        with world.changed:
            team = self._installation(user.team)
            payload = interactions.command(world, team, user, channel, name, text)
        reply = self._courier.send(Parcel(Sort.COMMAND, payload))
        said = reply.json() if reply.accepted else {}
        if said.get("text") or said.get("blocks"):
            with world.changed:
                path = payload["response_url"].removeprefix(world.url)
                respond(world, world.triggers.urls[path], said, self._announcer)
        return reply

    def shortcut(self, user: User, message: Message, callback_id: str) -> Reply:
        with self._world.changed:
            self._looks_at(user, message)
            team = self._installation(user.team)
            payload = interactions.shortcut(self._world, team, user, message, callback_id)
        return self._interact(payload)

    def open_home(self, user: User, tab: str = "home") -> Reply:
        with self._world.changed:
            team = self._installation(user.team)
            channel = self._world.direct(team.bot, user.id)
            parcel = self._announcer.event(team, events.home(self._world, user.id, channel, tab), channel)
        return self._courier.send(parcel)

    def stop(self, user: User, channel: Channel, thread: Message) -> Reply:
        """Press the stop button of a thread: its streams take no more, and the app is told."""
        world = self._world
        with world.changed:
            streams = [each for each in channel.threads.get(thread.root, []) if world.age(each).grows]
            for each in streams:
                each.streaming = Streaming.STOPPED
            world.touch()
            team = self._announcer.readers(channel)[0]
            event = events.stopped(world, user.id, channel, thread.root, [each.ts for each in streams])
            parcel = self._announcer.event(team, event, channel)
        return self._courier.send(parcel)

    def invite(self, channel: Channel, *users: User) -> None:
        """People or the bot come into a channel."""
        for user in users:
            with self._world.changed:
                channel.members.add(user.id)
                self._world.touch()
                event = events.joined(self._world, user.id, channel, None)
                told = [self._announcer.event(team, event, channel) for team in self._announcer.readers(channel)]
            for parcel in told:
                self._courier.send(parcel)

    def uninstall(self, team: Team) -> None:
        """The app is removed from a team: its tokens are void, and it is told so."""
        with self._world.changed:
            for token in [token for token, grant in self._world.grants.items() if grant.team is team]:
                self._world.revoke(token)
            tokens: Json = {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [team.bot]}}
            ends = [tokens, {"type": "app_uninstalled"}]
            parcels = [self._announcer.event(team, end | {"event_ts": self._world.clock.ts()}) for end in ends]
            team.installed, team.token = False, ""
        for parcel in parcels:
            self._courier.send(parcel)

    def _tell(self, message: Message, change: Change, before: Json | None = None) -> None:
        for parcel in self._announcer.parcels(message, change, before):
            self._courier.send(parcel)

    def _interact(self, payload: Json) -> Reply:
        return self._courier.send(Parcel(Sort.INTERACTION, payload))

    def _answered(self, user: User, view: View, answer: Json) -> None:
        """What the app said to a submission."""
        world = self._world
        with world.changed:
            match answer.get("response_action"):
                case None:
                    world.views.pop(view.id, None)
                case "clear":
                    viewing.close_all(world, user.id)
                case "update":
                    viewing.change(view, viewing.checked(answer["view"]))
                case "push":
                    viewing.put(world, view.team, user.id, viewing.checked(answer["view"]), below=view)
                case "errors":
                    unknown = set(answer["errors"]) - {block.get("block_id") for block in view.content["blocks"]}
                    if unknown:
                        raise NoSuchElementError(f"errors for blocks the modal has not: {', '.join(sorted(unknown))}")
            world.touch()

    def _installation(self, team: str) -> Team:
        found = self._world.teams[team]
        if not found.installed:
            raise NoSuchElementError(f"the app is not installed in {found.name}")
        return found

    def _looks_at(self, user: User, message: Message) -> None:
        channel = self._world.channels[message.channel]
        if user.id not in channel.members or message.seen_by not in {None, user.id}:
            raise NoSuchElementError(f"{user.name} does not see that message")
        shown = channel.whispers if message.seen_by else channel.messages.values()
        if not any(each is message for each in shown):
            raise NoSuchElementError("that message is gone")

    def _own(self, user: User, message: Message) -> Json:
        if message.user != user.id:
            raise NoSuchElementError(f"that is not {user.name}'s message")
        return showing.message(self._world, message)

    def _upload(self, user: User, name: str, content: bytes) -> File:
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        file = File(self._world.number("F"), name, content, kind, user.id, user.team, int(self._world.clock.now()))
        self._world.files[file.id] = file
        return file


def _rich(text: str) -> Json:
    line = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
    return {"type": "rich_text", "block_id": "=0", "elements": [line]}
