"""What an act of a person entitles the app to, for a while: to open a modal, to answer by a URL."""

import secrets
from dataclasses import dataclass

from bot.local.workspace.clock import Clock
from bot.local.workspace.nouns import Message, Team
from bot.local.workspace.refusing import RefusalError

TRIGGER = 3  # seconds
RESPONSE, USES = 30 * 60, 5  # seconds, answers


@dataclass(slots=True)
class Trigger:
    """The right to open a modal for a person, once."""

    team: str
    user: str
    until: float
    spent: bool = False


@dataclass(slots=True)
class ResponseUrl:
    """The right to answer a person where they acted; `origin` is the message they acted on."""

    team: str
    user: str
    channel: str
    origin: Message | None
    until: float
    left: int = USES


class Triggers:
    """The rights that are out."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._triggers: dict[str, Trigger] = {}
        self.urls: dict[str, ResponseUrl] = {}

    def issue(self, team: Team, user: str) -> str:
        ident = f"{len(self._triggers) + 1}.{team.id[1:]}.{secrets.token_hex(16)}"
        self._triggers[ident] = Trigger(team.id, user, self._clock.now() + TRIGGER)
        return ident

    def spend(self, ident: str, team: Team) -> str:
        """The person who acted, where the right still holds."""
        trigger = self._triggers.get(ident)
        if trigger is None or trigger.team != team.id:
            raise RefusalError("invalid_trigger_id")
        if trigger.spent:
            raise RefusalError("exchanged_trigger_id")
        if self._clock.now() > trigger.until:
            raise RefusalError("expired_trigger_id")
        trigger.spent = True
        return trigger.user

    def url(self, team: Team, user: str, channel: str, origin: Message | None = None) -> str:
        """The path of a new response_url."""
        path = f"/actions/{team.id}/{len(self.urls) + 1}/{secrets.token_hex(12)}"
        self.urls[path] = ResponseUrl(team.id, user, channel, origin, self._clock.now() + RESPONSE)
        return path

    def use(self, path: str) -> ResponseUrl:
        found = self.urls.get(path)
        if found is None:
            raise RefusalError("invalid_url")
        if self._clock.now() > found.until:
            raise RefusalError("expired_url")
        if not found.left:
            raise RefusalError("used_url")
        found.left -= 1
        return found
