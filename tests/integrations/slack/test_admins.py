"""Who may run this, and what an admin says of a channel: kept a workspace, and an admin's alone to say."""

import pytest

from bot.local.workspace.nouns import User
from bot.local.workspace.workspace import Workspace
from integrations.slack.access import SlackAccess
from integrations.slack.calling import Slack
from integrations.slack.modals import ChannelSettings
from integrations.slack.needs import Scope
from rag_core.domain import Audience, SourceName
from rag_core.errors import UnavailableError
from rag_core.ports import Records
from tests.contracts.claims import HOUR, Hands
from tests.integrations.slack.test_access import internal, place

PUBLIC, INTERNAL = Audience.PUBLIC, Audience.INTERNAL


@pytest.mark.parametrize(("role", "may"), [("admin", True), ("owner", True), ("member", False), ("guest", False)])
def test_admins_are_the_workspaces(slack: Workspace, access: SlackAccess, calls: Slack, role: str, may: bool) -> None:
    person = slack.add_person("Someone", role=role)
    assert access.is_admin(slack.team.id, person.id, calls) is may


def test_admins_are_a_groups_members_too_unless_they_are_guests(
    slack: Workspace, records: Records, ada: User, olga: User, calls: Slack
) -> None:
    guest = slack.add_person("Gus", role="guest")
    group = slack.add_group("support-admins", ada, guest)
    access = SlackAccess(records, admins=group.id)
    assert [access.is_admin(slack.team.id, each.id, calls) for each in (ada, olga, guest)] == [True, True, False]
    assert not access.is_admin(slack.team.id, slack.add_person("Ben").id, calls)


def test_a_group_of_another_workspace_makes_no_admin_here(
    slack: Workspace, records: Records, ada: User, olga: User, calls: Slack
) -> None:
    other = slack.add_team("Borealis")
    group = slack.add_group("support-admins", slack.add_person("Bo", team=other), team=other)
    access = SlackAccess(records, admins=group.id)
    assert [access.is_admin(slack.team.id, each.id, calls) for each in (ada, olga)] == [False, True]


def test_an_admin_of_another_workspace_is_none_here(slack: Workspace, access: SlackAccess, calls: Slack) -> None:
    stranger = slack.add_person("Bo", role="owner", team=slack.add_team("Borealis"))
    slack.add_channel("shared", stranger, shared_with=[slack.world.teams[stranger.team]])
    assert not access.is_admin(slack.team.id, stranger.id, calls)
    assert not access.is_admin(slack.team.id, "U99999999", calls)


def test_whether_somebody_is_an_admin_is_not_guessed(
    slack: Workspace, access: SlackAccess, olga: User, calls: Slack
) -> None:
    slack.faults.fail("users.info", times=None)
    with pytest.raises(UnavailableError):
        access.is_admin(slack.team.id, olga.id, calls)


def test_settings_are_an_admins(slack: Workspace, access: SlackAccess, ada: User, calls: Slack) -> None:
    channel = slack.add_channel("staff", ada)
    assert not access.settle(channel.team, ada.id, ChannelSettings(channel.id, INTERNAL, None, True), calls)
    assert access.channels(channel.team) == ()
    assert access.scope(place(channel, ada), calls) == Scope(PUBLIC)


def test_settings_are_kept_a_team_and_replaced(
    slack: Workspace, access: SlackAccess, records: Records, olga: User, calls: Slack
) -> None:
    help_, staff = slack.add_channel("help", olga), slack.add_channel("staff", olga)
    for given in (
        ChannelSettings(help_.id, PUBLIC, frozenset({SourceName("docs")}), True),
        ChannelSettings(staff.id, INTERNAL, None, False),
        ChannelSettings(staff.id, PUBLIC, None, True),
    ):
        assert access.settle(slack.team.id, olga.id, given, calls)
    expected = {
        ChannelSettings(help_.id, PUBLIC, frozenset({SourceName("docs")}), True),
        ChannelSettings(staff.id, PUBLIC, None, True),
    }
    assert set(SlackAccess(records).channels(slack.team.id)) == expected
    assert access.channels("T99999999") == ()
    assert not access.is_automatic("T99999999", staff.id)


def test_another_process_hears_of_settings_within_half_a_minute(
    slack: Workspace, records: Records, ada: User, olga: User, calls: Slack
) -> None:
    clock = Hands()
    here, there = SlackAccess(records), SlackAccess(records, clock=clock)
    channel = slack.add_channel("staff", ada)
    internal(here, channel, olga, calls)
    assert there.scope(place(channel, ada), calls).audience is INTERNAL
    assert here.settle(channel.team, olga.id, ChannelSettings(channel.id, PUBLIC, None, False), calls)
    assert here.scope(place(channel, ada), calls).audience is PUBLIC
    clock.move(HOUR)
    assert there.scope(place(channel, ada), calls).audience is PUBLIC
