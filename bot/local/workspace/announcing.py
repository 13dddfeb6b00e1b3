"""Tell the app of messages, in the name of every installation whose bot reads the channel."""

import re

from bot.local.workspace import events
from bot.local.workspace.calling import Change
from bot.local.workspace.delivering import Courier
from bot.local.workspace.nouns import Channel, Json, Kind, Message, Team
from bot.local.workspace.parcels import Parcel, Sort
from bot.local.workspace.world import World


class Announcer:
    """Makes the events; `echo` says whether the app hears of its own messages too, as it does from Slack."""

    def __init__(self, world: World, courier: Courier, *, echo: bool) -> None:
        self._world, self._courier, self.echo = world, courier, echo

    def __call__(self, message: Message, change: Change) -> None:
        """What the bot did: told later, in another thread."""
        if self.echo:
            for parcel in self.parcels(message, change):
                self._courier.post(parcel)

    def parcels(self, message: Message, change: Change, before: Json | None = None) -> list[Parcel]:
        world, made = self._world, list[Parcel]()
        with world.changed:
            channel = world.channels[message.channel]
            for team in self.readers(channel):
                if change is not Change.POSTED:
                    made.append(self._parcel(team, events.changed(world, message, change, before), channel))
                    continue
                if self._mentions(message, team, channel):
                    made.append(self._parcel(team, events.mentioned(world, message), channel))
                made.append(self._parcel(team, events.posted(world, message), channel))
        return made

    def readers(self, channel: Channel) -> list[Team]:
        """The teams whose bot is in a channel."""
        teams = (self._world.teams[each] for each in sorted(channel.teams))
        return [team for team in teams if team.installed and team.bot in channel.members]

    def event(self, team: Team, event: Json, channel: Channel | None = None) -> Parcel:
        return self._parcel(team, event, channel)

    def _parcel(self, team: Team, event: Json, channel: Channel | None) -> Parcel:
        return Parcel(Sort.EVENT, events.wrap(self._world, team, event, channel))

    def _mentions(self, message: Message, team: Team, channel: Channel) -> bool:
        if channel.kind is Kind.DIRECT or message.user == team.bot:
            return False
        return re.search(rf"<@{team.bot}(\|[^>]*)?>", message.text) is not None
