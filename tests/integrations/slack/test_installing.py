"""Which token acts in which workspace: renewed in time and once, forgotten when it is revoked, never shown."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.local.workspace.nouns import Team
from bot.local.workspace.workspace import Workspace
from rag_core.backends.sqlite.records import SqliteRecords
from rag_core.domain import Record
from rag_core.errors import MisconfiguredError, UnavailableError
from tests.integrations.slack.several import KEY, Broken, Several, works
from tests.integrations.slack.test_storing import CANARY, installation

HOUR = 3600


@pytest.fixture
def slack() -> Iterator[Workspace]:
    with Workspace(limits=False, rotating=True) as slack:
        yield slack


def test_each_workspace_has_its_own_token(slack: Workspace, ours: Several, acme: Team) -> None:
    other = slack.add_team("Borealis", installed=False)
    ours.install(other)
    here = ours.process()
    for team in (acme, other):
        found = here.token(team.id, None)
        assert (found.token, found.bot_user, found.bot) == (team.token, team.bot, team.bot_id)
        assert team.token not in repr(found)


def test_where_it_is_not_installed_is_said_with_what_to_do(slack: Workspace, ours: Several) -> None:
    team = slack.add_team("Nobody", installed=False)
    with pytest.raises(MisconfiguredError, match="/slack/install"):
        ours.process().token(team.id, None)


def test_an_event_without_a_workspace_finds_the_organisations(ours: Several, acme: Team, tmp_path: Path) -> None:
    class Named(SqliteRecords):
        def get(self, group: str, name: str) -> Record | None:
            assert name  # DynamoDB has no empty keys
            return super().get(group, name)

    ours.store.save(installation(whole=True))
    ours.invited = frozenset({"E1", acme.id})
    with Named(tmp_path) as records:
        here = ours.process(records=records)
        assert here.token("", "E1").token == CANARY
        with pytest.raises(MisconfiguredError, match="not installed"):
            here.token("", None)


def test_a_workspace_that_is_not_named_is_not_served(ours: Several, acme: Team) -> None:
    ours.invited = frozenset({"T99999999"})
    with pytest.raises(MisconfiguredError, match="SUPPORTBOT_SLACK_WORKSPACES"):
        ours.process().token(acme.id, None)
    ours.invited = frozenset({"E1"})
    ours.store.save(installation(whole=True))
    assert ours.process().token("T7", "E1").token == CANARY


def test_the_organisations_token_serves_all_its_workspaces(ours: Several, acme: Team) -> None:
    ours.store.save(installation(whole=True))
    ours.invited = frozenset({"E1"})
    assert ours.process().token("T7", "E1").token == CANARY
    assert ours.process().token("T7", None).token == CANARY  # what it was told once it knows
    with pytest.raises(MisconfiguredError, match="not installed"):
        ours.process().token("T8", None)
    ours.invited |= {acme.id}
    assert ours.process().token(acme.id, "E1").token == acme.token  # a workspace's own goes first


def test_an_uninstalled_app_keeps_no_token(slack: Workspace, ours: Several, acme: Team) -> None:
    here = ours.process()
    here.token(acme.id, None)
    slack.uninstall(acme)
    here.revoked(acme.id, None, {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [acme.bot]}})
    with pytest.raises(MisconfiguredError, match="not installed"):
        here.token(acme.id, None)
    assert ours.store.kept(acme.id) is None
    here.revoked(acme.id, None, {"type": "app_uninstalled"})  # nothing is left to be removed


def test_uninstalled_with_a_token_that_had_ended_keeps_none_either(slack: Workspace, ours: Several, acme: Team) -> None:
    slack.pass_time(20 * HOUR)
    slack.uninstall(acme)
    slack._consents.refreshing.clear()
    ours.process().revoked(acme.id, None, {"type": "app_uninstalled"})
    assert ours.store.kept(acme.id) is None


def test_an_event_that_comes_after_the_app_was_installed_again_removes_nothing(
    slack: Workspace, ours: Several, acme: Team
) -> None:
    slack.uninstall(acme)
    ours.install(acme)
    ours.process().revoked(acme.id, None, {"type": "app_uninstalled"})
    assert works(slack, ours.process().token(acme.id, None).token)


def test_a_persons_revoked_token_leaves_the_bots(ours: Several, acme: Team) -> None:
    calls = len(ours.slack.calls())
    ours.process().revoked(acme.id, None, {"type": "tokens_revoked", "tokens": {"oauth": ["U1"], "bot": []}})
    assert ours.store.kept(acme.id) is not None
    assert len(ours.slack.calls()) == calls


def test_the_end_in_one_workspace_leaves_the_others(slack: Workspace, ours: Several, acme: Team) -> None:
    other = slack.add_team("Borealis", installed=False)
    ours.install(other)
    slack.uninstall(acme)
    here = ours.process()
    here.revoked(acme.id, None, {"type": "app_uninstalled"})
    assert works(slack, here.token(other.id, None).token)


def test_where_slack_cannot_be_asked_the_event_comes_again(slack: Workspace, ours: Several, acme: Team) -> None:
    slack.uninstall(acme)
    slack.faults.fail("auth.test", times=None)
    with pytest.raises(UnavailableError):
        ours.process().revoked(acme.id, None, {"type": "app_uninstalled"})
    assert ours.store.kept(acme.id) is not None


def test_a_token_is_read_once_a_minute_and_at_once_when_it_was_refused(
    slack: Workspace, ours: Several, acme: Team
) -> None:
    read: list[str] = []
    here = ours.process(records=Broken(ours.records, read.append))
    for _ in range(5):
        old = here.token(acme.id, None).token
    assert len(read) == 1
    ours.install(acme)
    assert here.token(acme.id, None).token == old
    here.refused(acme.id, None)
    assert here.token(acme.id, None).token == acme.token != old
    ours.install(acme)
    slack.pass_time(61)
    assert here.token(acme.id, None).token == acme.token


def test_no_token_is_in_any_file_or_log(
    slack: Workspace, ours: Several, acme: Team, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    slack.pass_time(10.5 * HOUR)
    slack.faults.lose("oauth.v2.access")
    here = ours.process()
    here.token(acme.id, None)
    ours.install(acme)
    slack.pass_time(10.5 * HOUR)
    ours.process().token(acme.id, None)
    secrets = {KEY, slack.app.client_secret, *slack.world.grants, *slack._consents.refreshing}
    secrets |= {each.arguments["refresh_token"] for each in slack.calls() if "refresh_token" in each.arguments}
    assert len(secrets) >= 7
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    said = caplog.text + "".join(str(error) for _, error in ours.troubles)
    for secret in secrets:
        assert secret not in said
        assert not any(secret.encode() in path.read_bytes() for path in files)
