"""One worker for several workspaces: each is answered with its own token, and its end is its own."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.local.workspace.nouns import Channel, Message, Team, User
from integrations.slack.access import SlackAccess
from integrations.slack.calling import Pace
from integrations.slack.listening import SlackWorker
from integrations.slack.starting import Starts
from rag_core.errors import MisconfiguredError
from tests.integrations.slack.office import TEXT, Office, office, words
from tests.integrations.slack.several import Several


class Firm:
    """One more workspace, with somebody who asks."""

    def __init__(self, here: Office, name: str) -> None:
        self.slack = here.slack
        self.team: Team = here.slack.add_team(name, installed=False)
        self.asker: User = here.slack.add_person("Ada", team=self.team)

    def ask(self, text: str) -> Message:
        self.channel: Channel = self.slack.add_channel("help", self.asker, team=self.team)
        return self.slack.say(self.channel, self.asker, f"<@{self.team.bot}> {text}")

    def replies(self, root: Message) -> list[Message]:
        return [each for each in self.slack.thread(root) if each.user == self.team.bot]


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Office]:
    with office(tmp_path, echo=False) as made:
        yield made


@pytest.fixture
def ours(here: Office) -> Several:
    return Several(here.slack, here.core.records, here.core.claims)


def hire(here: Office, ours: Several) -> None:
    here.worker = SlackWorker(
        here.core,
        ours.process(),
        SlackAccess(here.core.records),
        base_url=here.slack.url,
        pace=Pace(0.0),
        starts=Starts(10_000),
    )


def test_each_is_answered_with_its_own_token(here: Office, ours: Several) -> None:
    firms = [Firm(here, "Acme"), Firm(here, "Borealis")]
    for firm in firms:
        assert ours.install(firm.team).status == 200
    hire(here, ours)
    asked = [(firm, firm.ask(f"how do I reset SSO? ({turn})")) for turn in range(2) for firm in firms]
    here.work()
    for firm, root in asked:
        [reply] = firm.replies(root)
        assert TEXT.split(" [1]", maxsplit=1)[0] in words(reply)
    assert {each.asked_by for each in here.core.asked} == {f"slack:{firm.team.id}:{firm.asker.id}" for firm in firms}


def test_one_that_lets_the_app_go_does_not_stop_the_other(here: Office, ours: Several) -> None:
    left, stays = Firm(here, "Acme"), Firm(here, "Borealis")
    for firm in (left, stays):
        ours.install(firm.team)
    hire(here, ours)
    left.ask("how?")
    waiting = list(here.queue.jobs)
    here.queue.jobs.clear()
    here.slack.uninstall(left.team)
    here.work()
    assert ours.store.kept(left.team.id) is None
    with pytest.raises(MisconfiguredError, match="not installed"):
        here.deliver(waiting[0])
    asked = stays.ask("how?")
    here.work()
    assert len(stays.replies(asked)) == 1


def test_a_token_that_slack_refuses_is_not_used_again(here: Office, ours: Several) -> None:
    firm = Firm(here, "Acme")
    ours.install(firm.team)
    hire(here, ours)
    asked = firm.ask("how?")
    here.work()
    here.slack.world.revoke(firm.team.token)
    firm.ask("and now?")
    with pytest.raises(MisconfiguredError, match="token_revoked"):
        here.work()
    here.queue.jobs.clear()
    ours.install(firm.team)
    again = firm.ask("and then?")
    here.work()
    assert (len(firm.replies(asked)), len(firm.replies(again))) == (1, 1)


def test_no_token_is_in_any_file_or_log(
    here: Office, ours: Several, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    firm = Firm(here, "Acme")
    ours.install(firm.team)
    hire(here, ours)
    asked = firm.ask("how?")
    here.work()
    assert len(firm.replies(asked)) == 1
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert firm.team.id.encode() in written
    for secret in (firm.team.token, here.slack.app.client_secret, ours.key):
        assert secret not in caplog.text
        assert secret.encode() not in written
