"""Who may read what: the audience of an answer comes from where it will stand.

Internal knowledge goes only where an admin has said so, or to one person alone; and there only while everybody who
reads along is known to be a full member of the workspace. What cannot be told is public.
"""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from integrations.slack.modals import ChannelSettings
from integrations.slack.needs import Calls, Place, Scope
from integrations.slack.readers import Readers, is_full_member, teams_of
from rag_core.domain import Audience, Record, SourceName
from rag_core.errors import RejectedError, UnavailableError
from rag_core.ports import Records

REMEMBERED = 30.0  # seconds that a channel's settings may be behind
TRIES = 5  # to keep settings that others change at the same time
OTHERS = ("is_ext_shared", "is_pending_ext_shared", "is_shared")  # people of other companies read there, or soon will


class SlackAccess:
    """Access; safe to share between threads. `members`: what the workspace's own people are told when alone."""

    def __init__(
        self,
        records: Records,
        *,
        members: Audience = Audience.PUBLIC,
        admins: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`admins`: the id of a user group whose members are admins besides the workspace's own."""
        self._records, self._members, self._admins, self._clock = records, members, admins, clock
        self._readers = Readers(records)
        self._known: dict[str, tuple[float, dict[str, ChannelSettings]]] = {}

    def scope(self, place: Place, slack: Calls) -> Scope:
        stated = self._settings(place.team).get(place.channel)
        direct = stated is None and place.channel.startswith("D")
        audience = stated.audience if stated else self._members if direct else Audience.PUBLIC
        if audience is Audience.INTERNAL and not self._are_ours(place, slack, direct=direct):
            audience = Audience.PUBLIC
        return Scope(audience, stated.sources if stated else None, stated.automatic if stated else False)

    def _are_ours(self, place: Place, slack: Calls, *, direct: bool) -> bool:
        if place.shared or place.user_team != place.team:
            return False
        try:
            if not direct:
                about = slack.call(slack.client.conversations_info, channel=place.channel)["channel"]
                if any(about.get(each) for each in OTHERS):
                    return False
            if not is_full_member(place.team, self._user(place.user, slack)):
                return False
            return direct or self._readers.are_full_members(place.team, place.channel, slack)
        except (RejectedError, UnavailableError):  # it cannot be told
            return False

    def is_automatic(self, team: str, channel: str) -> bool:
        stated = self._settings(team).get(channel)
        return stated is not None and stated.automatic

    def is_admin(self, team: str, user: str, slack: Calls) -> bool:
        try:
            about = self._user(user, slack)
            if not is_full_member(team, about):
                return False
            if any(about.get(each) for each in ("is_admin", "is_owner", "is_primary_owner")):
                return True
            if not self._admins:
                return False
            return user in slack.call(slack.client.usergroups_users_list, usergroup=self._admins)["users"]
        except RejectedError:  # such as a group of another workspace
            return False

    def changed(self, team: str, about: Mapping[str, Any]) -> None:
        self._readers.forget(str(about["id"]), *teams_of(team, about))

    def channels(self, team: str) -> tuple[ChannelSettings, ...]:
        return tuple(self._settings(team, fresh=True).values())

    def settle(self, team: str, user: str, settings: ChannelSettings, slack: Calls, *, at: float | None = None) -> bool:
        if not self.is_admin(team, user, slack):
            return False
        when = time.time() if at is None else at
        value = {
            "audience": settings.audience,
            "sources": None if settings.sources is None else sorted(settings.sources),
            "automatic": settings.automatic,
            "by": user,
            "at": when,
        }
        self._keep(_group(team), settings.channel, json.dumps(value).encode(), when)
        self._known.pop(team, None)
        return True

    def _keep(self, group: str, channel: str, value: bytes, when: float) -> None:
        """Unless what is kept was submitted later, or is this: a submission may be delivered late, and again."""
        for _ in range(TRIES):
            seen = self._records.get(group, channel)
            if seen and json.loads(seen.value).get("at", 0.0) >= when:
                return
            if self._records.change(group, channel, value, seen=seen):
                return
        raise UnavailableError("others are changing the same settings: try again")

    def _settings(self, team: str, *, fresh: bool = False) -> dict[str, ChannelSettings]:
        now = self._clock()
        known = self._known.get(team)
        if known is None or fresh or now - known[0] > REMEMBERED:
            found = {name: _read(name, record) for name, record in self._records.list(_group(team))}
            self._known[team] = known = now, found
        return known[1]

    @staticmethod
    def _user(user: str, slack: Calls) -> dict[str, Any]:
        about: dict[str, Any] = slack.call(slack.client.users_info, user=user)["user"]
        return about


def _group(team: str) -> str:
    return f"slack-channels#{team}"


def _read(channel: str, record: Record) -> ChannelSettings:
    value = json.loads(record.value)
    sources = value["sources"]
    return ChannelSettings(
        channel,
        Audience(value["audience"]),
        None if sources is None else frozenset(map(SourceName, sources)),
        bool(value["automatic"]),
    )
