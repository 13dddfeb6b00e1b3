"""Who reads along in a channel that is told internal knowledge: a guest who joined may not.

Looked at before each such answer. Whom we know by now to be a full member is remembered for an hour, so a channel costs
a list of its members and whoever is new; a large one is learnt over several questions, and is public until then. Before
the hour is over they are looked up again, a few with each question, so that a channel that asks stays known. Whoever
Slack says has changed is forgotten at once; an event may be late or missing, so nobody is remembered for long.
"""

import json
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from integrations.slack.needs import Calls
from rag_core.domain import Record
from rag_core.ports import Records

KEPT = timedelta(hours=1)
LOOKED_UP = 20  # people, for one answer: half a second of what somebody waits
AGAIN = 10  # of whom half the hour is over
CHANNELS = 10_000  # of a workspace that are told internal knowledge
PAGE = 1_000
LARGEST = 5_000  # members of a channel; what has more is everybody's


class Readers:
    """What is known of the members of channels; safe to share between threads and processes."""

    def __init__(self, records: Records, clock: Callable[[], float] = time.time) -> None:
        self._records, self._clock = records, clock

    def are_full_members(self, team: str, channel: str, slack: Calls) -> bool:
        """Whether everybody in the channel is, as far as can be told now; the app itself does not count."""
        members = self._members(channel, slack)
        if len(members) > LARGEST:
            return False
        group = f"slack-readers#{team}"
        record = self._records.get(group, channel)
        known = self._fresh(json.loads(record.value)) if record else {}
        unknown = sorted(each for each in members if each not in known and each != slack.bot_user)
        asked = unknown[:LOOKED_UP]
        outsiders = [each for each in asked if not self._is_ours(team, each, known, slack)]
        again = [] if outsiders else self._aging(known, members)[: max(AGAIN - len(asked), 0)]
        outsiders += [each for each in again if not self._is_ours(team, each, known, slack)]
        if asked or again:
            kept = {user: at for user, at in known.items() if user in members and user not in outsiders}
            # where somebody was forgotten meanwhile nothing is kept: they may have been looked up before they changed
            self._records.change(group, channel, json.dumps(kept).encode(), seen=record, ttl=KEPT)
        return not outsiders and len(unknown) <= LOOKED_UP

    def forget(self, user: str, *teams: str) -> None:
        """They are looked up before the next answer. Raises UnavailableError."""
        for team in teams:
            group = f"slack-readers#{team}"
            for channel, record in self._records.list(group, limit=CHANNELS):
                self._forget(group, channel, user, record)

    def _forget(self, group: str, channel: str, user: str, seen: Record | None) -> None:
        """Writes in any case: who looked them up just now, and has not kept it yet, is not to keep it."""
        while seen is not None:
            kept = {other: at for other, at in json.loads(seen.value).items() if other != user}
            if self._records.change(group, channel, json.dumps(kept).encode(), seen=seen, ttl=KEPT):
                return
            seen = self._records.get(group, channel)

    def _is_ours(self, team: str, user: str, known: dict[str, int], slack: Calls) -> bool:
        """Known from now on, if so."""
        about = slack.call(slack.client.users_info, user=user)["user"]
        if not (is_full_member(team, about) or _is_own_bot(team, about)):
            return False
        known[user] = int(self._clock())
        return True

    def _aging(self, known: Mapping[str, int], members: set[str]) -> list[str]:
        """Whose half hour is over, the longest known first."""
        half = self._clock() - KEPT.total_seconds() / 2
        return sorted((user for user in known if known[user] < half and user in members), key=lambda user: known[user])

    def _fresh(self, known: Mapping[str, int]) -> dict[str, int]:
        """A member may become a guest."""
        oldest = self._clock() - KEPT.total_seconds()
        return {user: at for user, at in known.items() if at > oldest}

    @staticmethod
    def _members(channel: str, slack: Calls) -> set[str]:
        found: set[str] = set()
        cursor = ""
        while len(found) <= LARGEST:
            page = slack.call(slack.client.conversations_members, channel=channel, limit=PAGE, cursor=cursor)
            found |= set(page["members"])
            cursor = page.get("response_metadata", {}).get("next_cursor", "")
            if not cursor:
                break
        return found


def is_full_member(team: str, about: Mapping[str, Any]) -> bool:
    """Of this workspace, and neither a guest nor a stranger, as `users.info` has it.

    Slack calls nobody a stranger whom the app meets in a shared channel, so the workspace has to be said, and be ours:
    https://docs.slack.dev/reference/objects/user-object. In an Enterprise organisation a person belongs to several
    workspaces, which are named beside the organisation's id.
    """
    restricted = ("is_restricted", "is_ultra_restricted", "is_stranger", "deleted", "is_bot")
    enterprise = about.get("enterprise_user") or {}
    return (about.get("team_id") == team or team in enterprise.get("teams", ())) and not any(
        about.get(each) for each in restricted
    )


def _is_own_bot(team: str, about: Mapping[str, Any]) -> bool:
    """Another company's passes on what it reads."""
    return bool(about.get("is_bot")) and is_full_member(team, {**about, "is_bot": False})


def teams_of(team: str, about: Mapping[str, Any]) -> set[str]:
    """The workspaces that may know a person, of whom one is told by `team`."""
    enterprise = about.get("enterprise_user") or {}
    return {team, str(about.get("team_id") or team), *enterprise.get("teams", ())}
