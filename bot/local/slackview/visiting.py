"""Whose screen it is and what is on it, as an address of the page says."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from bot.local.slackview.office import Office
from bot.local.workspace.nouns import Channel, Kind, Message, User

HOME = "home"  # instead of a channel: the app's Home tab
PATH = "/slack"


@dataclass(frozen=True, slots=True)
class Visit:
    """A person before a channel, or before the app's Home tab, perhaps with a thread beside it."""

    person: User
    channel: Channel | None = None  # None: the Home tab
    thread: Message | None = None

    @property
    def url(self) -> str:
        query = {"as": self.person.id, "in": self.channel.id if self.channel else HOME}
        return f"{PATH}?{urlencode(query | ({'thread': self.thread.ts} if self.thread else {}))}"

    @property
    def is_direct(self) -> bool:
        return self.channel is not None and self.channel.kind is Kind.DIRECT


def visit(office: Office, given: Mapping[str, Any]) -> Visit:
    """What is named and there; else the first of its kind that this person sees."""
    people = [person for person, _ in office.people.values()]
    person = next((each for each in people if each.id == given.get("as")), people[0])
    seen = channels(office, person)
    if given.get("in") == HOME and office.is_ours(person):
        return Visit(person)
    channel = next((each for each in seen if each.id == given.get("in")), seen[0])
    named = channel.messages.get(str(given.get("thread", "")))
    return Visit(person, channel, channel.messages.get(named.root) if named else None)


def channels(office: Office, person: User) -> list[Channel]:
    """Those a person is in, the direct conversation with the app last."""
    found = [place.channel for place in office.places.values() if person.id in place.channel.members]
    return [*found, office.slack.direct(person)] if office.is_ours(person) else found
