"""Who became a guest is one from the next answer on."""

import json
from datetime import timedelta
from typing import Any

import pytest

from bot.local.workspace import showing
from bot.local.workspace.nouns import Channel, Role, User
from bot.local.workspace.workspace import Workspace
from integrations.slack.access import SlackAccess
from integrations.slack.calling import Slack
from integrations.slack.modals import ChannelSettings
from integrations.slack.readers import Readers, is_full_member
from rag_core.domain import Audience, Deadline
from rag_core.ports import Records
from tests.contracts.claims import Hands
from tests.integrations.slack.office import Office
from tests.integrations.slack.sending import Door

INTERNAL, PUBLIC = Audience.INTERNAL, Audience.PUBLIC


def news(slack: Workspace, user: User) -> dict[str, Any]:
    about = showing.user(slack.world, user, slack.team)
    return {"type": "user_change", "user": about, "cache_ts": 1, "event_ts": "1.1"}


@pytest.mark.parametrize("role", [Role.GUEST, Role.CHANNEL_GUEST])
def test_a_member_who_becomes_a_guest_is_told_nothing_internal_from_then_on(
    here: Office, calls_of: Any, role: Role
) -> None:
    access = here.access = SlackAccess(here.core.records)  # type: ignore[assignment]
    here.worker = here.hire()
    olga = here.slack.add_person("Olga", role="admin")
    settings = ChannelSettings(here.help.id, INTERNAL, None, False)
    assert access.settle(here.slack.team.id, olga.id, settings, calls_of(here.slack))
    here.mention("first?")
    here.work()
    here.ben.role = role
    here.worker.work(here.event(**news(here.slack, here.ben)), Deadline.within(20), False)
    here.mention("second?")
    here.work()
    assert [question.audience for question in here.core.asked] == [INTERNAL, PUBLIC]


@pytest.mark.parametrize("user", [None, "U1", {}, {"id": ""}])
def test_news_of_nobody_are_none(here: Office, user: object) -> None:
    here.access = SlackAccess(here.core.records)  # type: ignore[assignment]
    here.worker = here.hire()
    here.worker.work(here.event(type="user_change", user=user, event_ts="1.1"), Deadline.within(20), False)


@pytest.fixture
def calls_of() -> Any:
    from slack_sdk import WebClient

    def calls(slack: Workspace) -> Slack:
        client = WebClient(slack.token, base_url=slack.url, retry_handlers=[])
        return Slack(client, Deadline.within(60), bot_user=slack.bot.id)

    return calls


def known(records: Records, channel: Channel) -> set[str]:
    record = records.get(f"slack-readers#{channel.team}", channel.id)
    return set(json.loads(record.value)) if record else set()


def test_only_the_one_who_changed_is_looked_up_again(
    slack: Workspace, records: Records, ada: User, calls: Slack
) -> None:
    bea = slack.add_person("Bea")
    channels = [slack.add_channel(name, ada, bea) for name in ("staff", "desk")]
    readers = Readers(records)
    for channel in channels:
        assert readers.are_full_members(channel.team, channel.id, calls)
    readers.forget(bea.id, slack.team.id)
    assert [known(records, channel) for channel in channels] == [{ada.id}] * 2
    before = len(slack.calls("users.info"))
    assert readers.are_full_members(channels[0].team, channels[0].id, calls)
    assert len(slack.calls("users.info")) == before + 1


def test_in_an_organisation_they_are_forgotten_in_each_of_its_workspaces(
    slack: Workspace, records: Records, ada: User, calls: Slack
) -> None:
    channel, access = slack.add_channel("staff", ada), SlackAccess(records)
    assert Readers(records).are_full_members(channel.team, channel.id, calls)
    access.changed("T9", {"id": ada.id, "team_id": "E1", "enterprise_user": {"teams": ["T8", channel.team]}})
    assert known(records, channel) == set()


class Between:
    """Records in which something happens before the next change."""

    def __init__(self, records: Records, happens: Any) -> None:
        self._records, self._happens = records, happens

    def __getattr__(self, name: str) -> Any:
        return getattr(self._records, name)

    def change(self, *arguments: Any, **more: Any) -> bool:
        happens, self._happens = self._happens, lambda: None
        happens()
        return self._records.change(*arguments, **more)


def test_who_is_forgotten_while_they_are_looked_up_is_not_kept(
    slack: Workspace, records: Records, ada: User, calls: Slack
) -> None:
    bea = slack.add_person("Bea")
    channel = slack.add_channel("staff", ada)
    readers = Readers(records)
    assert readers.are_full_members(channel.team, channel.id, calls)
    channel.members.add(bea.id)
    meanwhile: Any = Between(records, lambda: readers.forget(bea.id, channel.team))
    Readers(meanwhile).are_full_members(channel.team, channel.id, calls)
    assert known(records, channel) == {ada.id}


def test_forgetting_is_not_undone_by_who_writes_at_the_same_time(
    slack: Workspace, records: Records, ada: User, calls: Slack
) -> None:
    bea, cleo = slack.add_person("Bea"), slack.add_person("Cleo")
    channel, readers = slack.add_channel("staff", ada, bea), Readers(records)
    assert readers.are_full_members(channel.team, channel.id, calls)
    channel.members.add(cleo.id)
    meanwhile: Any = Between(records, lambda: readers.are_full_members(channel.team, channel.id, calls))
    Readers(meanwhile).forget(bea.id, channel.team)
    assert known(records, channel) == {ada.id, cleo.id}


def test_without_news_it_is_noticed_within_the_hour(
    slack: Workspace, records: Records, ada: User, calls: Slack
) -> None:
    clock, bea = Hands(), slack.add_person("Bea")
    channel, readers = slack.add_channel("staff", ada, bea), Readers(records, clock)
    assert readers.are_full_members(channel.team, channel.id, calls)
    bea.role = Role.GUEST
    clock.move(timedelta(minutes=61))
    assert not readers.are_full_members(channel.team, channel.id, calls)


MEMBER = {"team_id": "T1", "is_restricted": False, "is_ultra_restricted": False, "is_bot": False}


@pytest.mark.parametrize(
    ("about", "expected"),
    [
        (MEMBER, True),
        (MEMBER | {"is_stranger": False}, True),
        (MEMBER | {"is_stranger": True}, False),
        (MEMBER | {"team_id": "T2", "is_stranger": True}, False),  # shares nothing with us
        (MEMBER | {"team_id": "T2", "is_stranger": False}, False),  # shares a channel, and is another company's
        (MEMBER | {"team_id": "T2"}, False),
        ({}, False),  # it does not say
        (MEMBER | {"team_id": "T2", "enterprise_user": {"teams": ["T1", "T2"]}}, True),  # of our organisation
        (MEMBER | {"team_id": "T2", "enterprise_user": {"teams": ["T2"]}}, False),
        (MEMBER | {"team_id": "T1", "is_restricted": True}, False),
        (MEMBER | {"is_ultra_restricted": True}, False),
        (MEMBER | {"deleted": True}, False),
        (MEMBER | {"is_bot": True}, False),
    ],
)
def test_who_is_a_full_member(about: dict[str, Any], expected: bool) -> None:
    assert is_full_member("T1", about) is expected


def test_another_companys_bot_reads_along_as_a_stranger_does(
    slack: Workspace, records: Records, ada: User, calls: Slack
) -> None:
    own, other = slack.add_person("Helper", role=Role.BOT), slack.add_team("Borealis")
    channel, readers = slack.add_channel("staff", ada, own), Readers(records)
    assert readers.are_full_members(channel.team, channel.id, calls)
    channel.members.add(other.bot)
    assert not readers.are_full_members(channel.team, channel.id, calls)
    channel.members.remove(other.bot)
    assert readers.are_full_members(channel.team, channel.id, calls)


FULL = {"id": "U1", "deleted": False, "is_restricted": False, "is_ultra_restricted": False}


@pytest.mark.parametrize(
    ("user", "jobs"),
    [
        (FULL, 0),  # such as a new status
        (FULL | {"is_restricted": True}, 1),
        (FULL | {"is_restricted": True, "is_ultra_restricted": True}, 1),
        (FULL | {"deleted": True}, 1),
        (FULL | {"is_stranger": True}, 1),
        (FULL | {"team_id": "T2", "is_stranger": False}, 0),  # was never one of ours
        (FULL | {"enterprise_user": {"teams": ["T2"]}}, 1),  # left T1
        ({"id": "U1", "deleted": True}, 1),
        ({"id": "U1"}, 1),  # it does not say
    ],
)
def test_news_that_may_cost_somebody_a_right_wait_in_the_queue(user: dict[str, Any], jobs: int) -> None:
    door = Door()
    event = {"type": "user_change", "user": user, "event_ts": "1.1"}
    body = {"type": "event_callback", "team_id": "T1", "event_id": "Ev7", "event": event}
    assert door.send(body).status == 200
    assert len(door.queue.jobs) == jobs
