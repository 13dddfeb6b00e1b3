"""One call of the Web API, as a method sees it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from bot.local.workspace.arguments import Arguments
from bot.local.workspace.nouns import Channel, Json, Message, Team
from bot.local.workspace.world import World


class Change(StrEnum):
    """What happened to a message."""

    POSTED = "posted"
    CHANGED = "changed"
    DELETED = "deleted"


Announce = Callable[[Message, Change], None]


@dataclass(frozen=True, slots=True)
class Call:
    """Who calls, with what; `announce` tells the app of what its call did, as Slack does."""

    world: World
    team: Team
    arguments: Arguments
    announce: Announce

    def channel(self, name: str = "channel") -> Channel:
        return self.world.joined(self.team, self.arguments.needed(name, error="channel_not_found"))


Method = Callable[[Call], Json]
