"""Internal knowledge goes where an admin said so, and everybody who reads there is one of the workspace's own."""

import pytest

from bot.local.workspace.nouns import Channel, User
from bot.local.workspace.workspace import Workspace
from integrations.slack.access import SlackAccess
from integrations.slack.calling import Slack
from integrations.slack.modals import ChannelSettings
from integrations.slack.needs import Place, Scope
from integrations.slack.readers import Readers
from rag_core.domain import Audience, SourceName
from rag_core.errors import MisconfiguredError
from rag_core.ports import Records
from tests.contracts.claims import HOUR, Hands

PUBLIC, INTERNAL = Audience.PUBLIC, Audience.INTERNAL


def place(channel: Channel, user: User, *, shared: bool = False) -> Place:
    return Place(channel.team, channel.id, user.id, user.team, shared)


def internal(access: SlackAccess, channel: Channel, olga: User, calls: Slack) -> None:
    """An admin says that the channel is told internal knowledge."""
    assert access.settle(channel.team, olga.id, ChannelSettings(channel.id, INTERNAL, None, False), calls)


def test_where_nobody_said_anything_it_is_public(
    slack: Workspace, access: SlackAccess, ada: User, calls: Slack
) -> None:
    assert access.scope(place(slack.add_channel("help", ada), ada), calls) == Scope(PUBLIC)
    assert slack.calls("conversations.members") == []


@pytest.mark.parametrize("kind", ["channel", "group"])
def test_an_internal_channel_of_members_is_told_internal_knowledge(
    slack: Workspace, access: SlackAccess, ada: User, olga: User, calls: Slack, kind: str
) -> None:
    channel = slack.add_channel("staff", ada, olga, kind=kind)
    internal(access, channel, olga, calls)
    assert access.scope(place(channel, ada), calls).audience is INTERNAL


def test_an_internal_channel_keeps_its_sources_and_is_automatic_if_so_said(
    slack: Workspace, access: SlackAccess, ada: User, olga: User, calls: Slack
) -> None:
    channel = slack.add_channel("staff", ada)
    only = frozenset({SourceName("handbook")})
    assert not access.is_automatic(channel.team, channel.id)
    assert access.settle(channel.team, olga.id, ChannelSettings(channel.id, INTERNAL, only, True), calls)
    assert access.scope(place(channel, ada), calls) == Scope(INTERNAL, only, True)
    assert access.is_automatic(channel.team, channel.id)


def test_a_channel_shared_with_another_company_is_public(
    slack: Workspace, access: SlackAccess, ada: User, olga: User, calls: Slack
) -> None:
    other = slack.add_team("Borealis")
    channel = slack.add_channel("with-borealis", ada, shared_with=[other])
    internal(access, channel, olga, calls)
    assert access.scope(place(channel, ada), calls).audience is PUBLIC
    assert slack.calls("conversations.members") == []


def test_a_channel_that_another_company_is_invited_to_is_public(
    slack: Workspace, access: SlackAccess, ada: User, olga: User, calls: Slack
) -> None:
    channel = slack.add_channel("soon-shared", ada)
    internal(access, channel, olga, calls)
    assert access.scope(place(channel, ada), calls).audience is INTERNAL
    channel.pending = True
    assert access.scope(place(channel, ada), calls).audience is PUBLIC


def test_an_event_that_says_the_channel_is_shared_is_believed(
    slack: Workspace, access: SlackAccess, ada: User, olga: User, calls: Slack
) -> None:
    channel = slack.add_channel("staff", ada)
    internal(access, channel, olga, calls)
    assert access.scope(place(channel, ada, shared=True), calls).audience is PUBLIC


@pytest.mark.parametrize("role", ["guest", "channel guest"])
def test_a_guest_who_asks_or_reads_along_makes_it_public(
    slack: Workspace, access: SlackAccess, ada: User, olga: User, calls: Slack, role: str
) -> None:
    channel, guest = slack.add_channel("staff", ada), slack.add_person("Gus", role=role)
    internal(access, channel, olga, calls)
    assert access.scope(place(channel, guest), calls).audience is PUBLIC
    assert access.scope(place(channel, ada), calls).audience is INTERNAL
    slack.invite(channel, guest)
    assert access.scope(place(channel, ada), calls).audience is PUBLIC
    channel.members.remove(guest.id)
    assert access.scope(place(channel, ada), calls).audience is INTERNAL


def test_a_stranger_who_asks_or_reads_along_makes_it_public(
    slack: Workspace, access: SlackAccess, ada: User, olga: User, calls: Slack
) -> None:
    other = slack.add_team("Borealis")
    stranger, channel = slack.add_person("Sten", team=other), slack.add_channel("staff", ada)
    internal(access, channel, olga, calls)
    asked = len(slack.calls())
    assert access.scope(place(channel, stranger), calls).audience is PUBLIC
    assert len(slack.calls()) == asked  # another workspace's is one wherever they are known
    channel.members.add(stranger.id)
    assert access.scope(place(channel, ada), calls).audience is PUBLIC


def test_what_cannot_be_told_is_public(
    slack: Workspace, access: SlackAccess, ada: User, olga: User, calls: Slack
) -> None:
    channel = slack.add_channel("staff", ada)
    internal(access, channel, olga, calls)
    for method in ("conversations.info", "users.info", "conversations.members"):
        slack.faults.error(method, "missing_scope")
        assert access.scope(place(channel, ada), calls).audience is PUBLIC, method
        slack.faults.fail(method, times=3)
        assert access.scope(place(channel, ada), calls).audience is PUBLIC, method
    assert access.scope(place(channel, ada), calls).audience is INTERNAL
    elsewhere = Place(channel.team, "C99999999", ada.id, ada.team)
    assert access.scope(elsewhere, calls).audience is PUBLIC


def test_a_token_that_is_refused_is_no_question_of_access(
    slack: Workspace, access: SlackAccess, ada: User, olga: User, calls: Slack
) -> None:
    channel = slack.add_channel("staff", ada)
    internal(access, channel, olga, calls)
    slack.world.revoke(slack.token)
    with pytest.raises(MisconfiguredError):
        access.scope(place(channel, ada), calls)


def test_alone_a_member_is_told_what_the_settings_say(
    slack: Workspace, records: Records, ada: User, calls: Slack
) -> None:
    guest = slack.add_person("Gus", role="guest")
    stranger = slack.add_person("Sten", team=slack.add_team("Borealis"))
    for members in (PUBLIC, INTERNAL):
        access = SlackAccess(records, members=members)
        assert access.scope(place(slack.direct(ada), ada), calls).audience is members
        assert access.scope(place(slack.direct(guest), guest), calls).audience is PUBLIC
        direct = slack.direct(ada)
        assert access.scope(place(direct, stranger), calls).audience is PUBLIC


def test_several_people_with_the_bot_are_no_channel_of_one(
    slack: Workspace, records: Records, ada: User, olga: User, calls: Slack
) -> None:
    group = slack.direct(ada, olga)
    assert SlackAccess(records, members=INTERNAL).scope(place(group, ada), calls).audience is PUBLIC


def test_a_bot_that_asks_is_told_public_knowledge(
    slack: Workspace, access: SlackAccess, ada: User, olga: User, calls: Slack
) -> None:
    channel = slack.add_channel("staff", ada)
    internal(access, channel, olga, calls)
    assert access.scope(place(channel, slack.bot), calls).audience is PUBLIC


def test_a_large_channel_is_learnt_over_several_questions_and_then_costs_nothing(
    slack: Workspace, access: SlackAccess, ada: User, olga: User, calls: Slack
) -> None:
    people = [slack.add_person(f"Person {number}") for number in range(54)]
    channel = slack.add_channel("everybody", ada, *people)
    internal(access, channel, olga, calls)
    told = [access.scope(place(channel, ada), calls).audience for _ in range(4)]
    assert told == [PUBLIC, PUBLIC, INTERNAL, INTERNAL]
    before = len(slack.calls("users.info"))
    access.scope(place(channel, ada), calls)
    assert len(slack.calls("users.info")) == before + 1  # who asks


def test_a_guest_in_a_large_channel_costs_one_look_up_in_the_end(
    slack: Workspace, records: Records, ada: User, calls: Slack
) -> None:
    people = [slack.add_person(f"Person {number}") for number in range(30)]
    guest = slack.add_person("Gus", role="guest")
    channel, readers = slack.add_channel("everybody", ada, *people, guest), Readers(records)
    for _ in range(3):
        assert not readers.are_full_members(channel.team, channel.id, calls)
    before = len(slack.calls("users.info"))
    assert not readers.are_full_members(channel.team, channel.id, calls)
    assert len(slack.calls("users.info")) == before + 1


def test_a_channel_that_asks_stays_known(slack: Workspace, records: Records, ada: User, calls: Slack) -> None:
    people = [slack.add_person(f"Person {number}") for number in range(40)]
    channel, clock = slack.add_channel("everybody", ada, *people), Hands()
    readers = Readers(records, clock)
    while not readers.are_full_members(channel.team, channel.id, calls):
        pass
    for _ in range(60):
        clock.move(HOUR / 12)
        assert readers.are_full_members(channel.team, channel.id, calls)
    clock.move(1.1 * HOUR)
    assert not readers.are_full_members(channel.team, channel.id, calls)


def test_a_channel_of_several_pages_is_read_whole(
    slack: Workspace, access: SlackAccess, ada: User, olga: User, calls: Slack, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [slack.add_person(f"Person {number}") for number in range(9)]
    guest = slack.add_person("Gus", role="guest")
    channel = slack.add_channel("staff", ada, *people, guest)
    internal(access, channel, olga, calls)
    monkeypatch.setattr("integrations.slack.readers.PAGE", 3)
    assert access.scope(place(channel, ada), calls).audience is PUBLIC
    assert len(slack.calls("conversations.members")) == 4


def test_a_channel_of_everybody_is_public(
    slack: Workspace, records: Records, ada: User, calls: Slack, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = slack.add_channel("everybody", ada, *(slack.add_person(f"Person {number}") for number in range(6)))
    monkeypatch.setattr("integrations.slack.readers.LARGEST", 5)
    assert not Readers(records).are_full_members(channel.team, channel.id, calls)
    assert slack.calls("users.info") == []
