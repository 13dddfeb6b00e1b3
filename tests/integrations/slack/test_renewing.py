"""Tokens that end are renewed in time, by one process at a time; whatever is lost on the way, nobody is locked out."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from bot.local.workspace.nouns import Team
from bot.local.workspace.workspace import Workspace
from rag_core.backends.sqlite.claims import SqliteClaims
from rag_core.errors import MisconfiguredError, UnavailableError
from tests.integrations.slack.several import Broken, Several, renewals, several_on_dynamodb, works

HOUR = 3600


@pytest.fixture
def slack() -> Iterator[Workspace]:
    with Workspace(limits=False, rotating=True) as slack:
        yield slack


def test_a_token_is_renewed_before_it_ends(slack: Workspace, ours: Several, acme: Team) -> None:
    first = ours.process().token(acme.id, None).token
    slack.pass_time(9.9 * HOUR)
    assert ours.process().token(acme.id, None).token == first
    slack.pass_time(0.2 * HOUR)
    second = ours.process().token(acme.id, None).token
    assert second != first
    assert works(slack, second)
    assert ours.process().token(acme.id, None).token == second
    assert renewals(slack) == 1
    slack.pass_time(30 * HOUR)  # nobody asked for days
    assert works(slack, ours.process().token(acme.id, None).token)


def test_many_processes_renew_once_and_all_get_a_token_that_works(slack: Workspace, ours: Several, acme: Team) -> None:
    slack.pass_time(10.5 * HOUR)
    slack.faults.stall("oauth.v2.access", seconds=0.3)
    gate = threading.Barrier(8)

    def ask(_: int) -> str:
        process = ours.process()
        gate.wait()
        return process.token(acme.id, None).token

    with ThreadPoolExecutor(8) as pool:
        tokens = set(pool.map(ask, range(8)))
    assert renewals(slack) == 1
    assert len(tokens) <= 2  # those who did not renew it use the old one
    assert all(works(slack, token) for token in tokens)


def test_it_is_the_same_in_dynamodb(slack: Workspace, aws_url: str) -> None:
    ours, team = several_on_dynamodb(slack, aws_url), slack.add_team("Acme", installed=False)
    assert ours.install(team).status == 200
    first = ours.process().token(team.id, None).token
    slack.pass_time(10.5 * HOUR)
    with ThreadPoolExecutor(6) as pool:
        tokens = set(pool.map(lambda _: ours.process().token(team.id, None).token, range(6)))
    assert renewals(slack) == 1
    assert tokens <= {first, team.token}
    assert team.token.encode() not in ours.sealed(team.id)
    slack.uninstall(team)
    ours.process().revoked(team.id, None, {"type": "app_uninstalled"})
    assert ours.store.kept(team.id) is None
    assert ours.install(team).status == 200
    assert works(slack, ours.process().token(team.id, None).token)


def test_whoever_comes_while_an_ended_token_is_renewed_comes_again(
    slack: Workspace, ours: Several, acme: Team, tmp_path: Path
) -> None:
    slack.pass_time(13 * HOUR)

    class Taken(SqliteClaims):
        def claim(self, key: str, *, ttl: timedelta, owner: str = "") -> bool:
            return False

    taken = Taken(tmp_path)
    with pytest.raises(UnavailableError, match="being renewed"):
        ours.process(claims=taken).token(acme.id, None)
    assert works(slack, ours.process().token(acme.id, None).token)


def test_a_lost_response_leaves_the_old_token_and_the_operator_is_told(
    slack: Workspace, ours: Several, acme: Team
) -> None:
    slack.pass_time(10.5 * HOUR)
    slack.faults.lose("oauth.v2.access")  # done, and the refresh token with it
    old = ours.process().token(acme.id, None).token
    assert works(slack, old)
    [(name, error)] = ours.troubles
    assert name == acme.id
    assert "invalid_refresh_token" in str(error)
    slack.pass_time(1 * HOUR)
    assert ours.process().token(acme.id, None).token == old
    slack.pass_time(1 * HOUR)
    with pytest.raises(MisconfiguredError, match="install the app there again"):
        ours.process().token(acme.id, None)
    ours.install(acme)
    assert works(slack, ours.process().token(acme.id, None).token)


def test_a_request_that_never_arrived_is_made_again(slack: Workspace, ours: Several, acme: Team) -> None:
    old = acme.token
    slack.pass_time(10.5 * HOUR)
    slack.faults.refuse("oauth.v2.access", times=2)
    new = ours.process().token(acme.id, None).token
    assert new != old
    assert works(slack, new)
    assert ours.troubles == []


def test_slack_being_down_for_an_hour_is_not_noticed(slack: Workspace, ours: Several, acme: Team) -> None:
    slack.pass_time(10.5 * HOUR)
    slack.faults.fail("oauth.v2.access", times=None, status=503)
    here = ours.process()
    old = here.token(acme.id, None).token
    assert works(slack, old)
    slack.pass_time(120)
    calls = len(slack.calls())
    assert here.token(acme.id, None).token == old  # nobody waits for another try so soon
    assert len(slack.calls()) == calls
    slack.faults.clear()
    slack.pass_time(HOUR)
    assert here.token(acme.id, None).token != old
    assert len(ours.troubles) == 1


def test_a_new_token_that_cannot_be_stored_is_not_lost(slack: Workspace, ours: Several, acme: Team) -> None:
    slack.pass_time(10.5 * HOUR)
    down = [True]
    records = Broken(ours.records, lambda name: UnavailableError("down") if down[0] and name == "change" else None)
    here = ours.process(records=records)
    new = here.token(acme.id, None).token
    assert works(slack, new)
    down[0] = False
    slack.pass_time(HOUR)
    assert here.token(acme.id, None).token == new
    assert renewals(slack) == 1
    slack.pass_time(11 * HOUR)
    assert works(slack, ours.process().token(acme.id, None).token)


def test_claims_that_cannot_be_told_leave_the_old_token(slack: Workspace, ours: Several, acme: Team) -> None:
    broken = Broken(ours.claims, lambda _: UnavailableError("down"))
    slack.pass_time(10.5 * HOUR)
    assert works(slack, ours.process(claims=broken).token(acme.id, None).token)
    assert renewals(slack) == 0
    slack.pass_time(2 * HOUR)
    with pytest.raises(UnavailableError):
        ours.process(claims=broken).token(acme.id, None)


def test_installed_again_while_it_is_renewed_the_new_installation_stays(
    slack: Workspace, ours: Several, acme: Team
) -> None:
    slack.pass_time(10.5 * HOUR)

    def installed_again(name: str) -> None:
        if name == "change" and len(slack.calls("oauth.v2.access")) == 2:
            ours.install(acme)

    found = ours.process(records=Broken(ours.records, installed_again)).token(acme.id, None).token
    assert found == ours.process().token(acme.id, None).token == acme.token


def test_a_lease_that_ended_too_soon_costs_nobody_the_token(
    slack: Workspace, ours: Several, acme: Team, tmp_path: Path
) -> None:
    class Won(SqliteClaims):
        def claim(self, key: str, *, ttl: timedelta, owner: str = "") -> bool:
            return True

    claims = Won(tmp_path)
    slack.pass_time(10.5 * HOUR)
    slack.faults.stall("oauth.v2.access", seconds=0.7)
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(lambda: ours.process(claims=claims).token(acme.id, None).token)
        while slack.faults._faults:
            time.sleep(0.01)
        quick = ours.process(claims=claims).token(acme.id, None).token
        assert slow.result() == quick == acme.token
    assert renewals(slack) == 2
    assert ours.troubles == []
