"""`supportbot ingest zendesk` as a user types it and as Slack asks for it: the simulated account, all parts between."""

import json
from collections.abc import Iterator
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from bot.app import App
from bot.ingest_job import SlackIngestions
from bot.local.account.account import Account
from bot.local.account.faults import Kind
from bot.remembering import Shared, Stated
from bot.settings import load
from rag_core.backends.local_queue import LocalQueue
from rag_core.backends.sqlite.records import SqliteRecords
from rag_core.domain import Audience, PersonId, SourceName
from rag_core.errors import MisconfiguredError, RejectedError
from rag_core.runs import RunId
from tests.bot.test_cli import Command
from tests.integrations.zendesk.knowledge.test_solved import Support
from tests.making import write

ZENDESK, TICKETS = SourceName("zendesk"), SourceName("zendesk-tickets")


@pytest.fixture
def zendesk() -> Iterator[Account]:
    with Account(lag=0) as made:
        yield made


def settings(zendesk: Account, **more: str) -> dict[str, str]:
    own = zendesk.authority
    return {
        "SUPPORTBOT_ZENDESK_SUBDOMAIN": "example",
        "SUPPORTBOT_ZENDESK_URL": zendesk.url,
        "SUPPORTBOT_ZENDESK_CLIENT_ID": own.client_id,
        "SUPPORTBOT_ZENDESK_CLIENT_SECRET": own.client_secret,
        **more,
    }


def made(zendesk: Account, home: Path, **more: str) -> App:
    return App(load(settings(zendesk, **more), home=str(home), embedding_model="none"))


def test_from_the_help_center_to_an_answer_and_back(zendesk: Account, tmp_path: Path) -> None:
    staff = zendesk.guide.add_segment("staff")
    article = zendesk.guide.publish("Refunds", "<p>Refunds take thirty days.</p>")
    zendesk.guide.publish("Discounts", "<p>Agents may give a discount of 20 %.</p>", segments=(staff,))
    support = Support(zendesk)
    support.solved("How do I export my contacts?", "Choose Contacts, then Export, and wait for the mail. " * 2)
    set_up, command = settings(zendesk, SUPPORTBOT_ZENDESK_TICKET_TAG="kb"), Command(tmp_path / "home")

    def supportbot(*arguments: str) -> "CompletedProcess[str]":
        return command(*arguments, code=0, **set_up)

    said = supportbot("ingest", "zendesk")
    assert "zendesk: 2 written" in said.stdout
    assert "zendesk-tickets: 1 written" in said.stdout
    assert "listing: 2 of 2 pages" in said.stderr
    answer = json.loads(supportbot("ask", "How long do refunds take?", "--json").stdout)
    assert answer["text"] == "Refunds take thirty days. [1]"
    assert answer["citations"][0]["url"] == f"https://help.example.com/hc/en-us/articles/{article}"
    for secret in ("Which discount may agents give?", "How do I export my contacts?"):
        told = json.loads(supportbot("ask", secret, "--json").stdout)
        assert told["outcome"] != "answered"
        assert "20 %" not in json.dumps(told)
        assert json.loads(supportbot("ask", secret, "--audience", "internal", "--json").stdout)["citations"]
    status = supportbot("status").stdout
    assert "2 documents from zendesk, 1 of them internal\n" in status
    assert "1 documents from zendesk-tickets, 1 of them internal\n" in status
    assert supportbot("forget", "zendesk").stdout == "2 removed\n"
    assert "from zendesk\n" not in supportbot("status").stdout


def test_a_folder_of_that_name_is_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(write(tmp_path / "here", zendesk__page="# Refunds\n\nRefunds take thirty days.").parent / "here")
    supportbot = Command(tmp_path / "home")
    assert "1 written" in supportbot("ingest", "./zendesk").stdout
    assert f"from {tmp_path}/here/zendesk" in supportbot("status").stdout
    unset = supportbot("ingest", "zendesk", code=2)
    assert "Zendesk is not set up here: set SUPPORTBOT_ZENDESK_SUBDOMAIN" in unset.stderr


class TestTheApp:
    def test_a_folder_and_the_help_center_do_not_disturb_each_other(self, zendesk: Account, tmp_path: Path) -> None:
        docs = write(tmp_path / "docs", spf="# SPF\n\nSPF is a TXT record.")
        zendesk.guide.publish("Refunds", "<p>Refunds take thirty days.</p>")
        app = made(zendesk, tmp_path / "home")
        app.ingest(docs)
        app.ingest(ZENDESK)
        assert (app.ingest(docs).unchanged, app.ingest(ZENDESK).unchanged) == (1, 1)
        assert app._index().sources() == {str(docs): 1, ZENDESK: 1}

    def test_kept_internal_once_it_stays_so(self, zendesk: Account, tmp_path: Path) -> None:
        zendesk.guide.publish("Refunds", "<p>Refunds take thirty days.</p>")
        made(zendesk, tmp_path / "home").ingest(ZENDESK, audience=Audience.INTERNAL)
        app = made(zendesk, tmp_path / "home")
        assert app.ingest(ZENDESK).unchanged == 1
        assert app.index.search("refunds", None, audience=Audience.PUBLIC, limit=5).passages == ()

    def test_what_is_forgotten_is_read_anew(self, zendesk: Account, tmp_path: Path) -> None:
        zendesk.guide.publish("Refunds", "<p>Refunds take thirty days.</p>")
        app = made(zendesk, tmp_path / "home")
        app.ingest(ZENDESK)
        app.forget(ZENDESK)
        assert app.records.list("zendesk-articles:example") == []
        assert app.ingest(ZENDESK).written == 1

    def test_where_it_is_published_is_not_for_us_to_say(self, zendesk: Account, tmp_path: Path) -> None:
        with pytest.raises(MisconfiguredError, match="leave --base-url out"):
            made(zendesk, tmp_path / "home").ingest(ZENDESK, base_url="https://help.example")

    def test_tickets_without_a_tag_say_what_to_set(self, zendesk: Account, tmp_path: Path) -> None:
        with pytest.raises(MisconfiguredError, match="SUPPORTBOT_ZENDESK_TICKET_TAG"):
            made(zendesk, tmp_path / "home").ingest(TICKETS)


class TestFromSlack:
    def ingestions(self, app: App) -> SlackIngestions:
        queue = LocalQueue(lambda *_: None, lambda *_: None)
        queue.close()
        return SlackIngestions(app, queue, survives=False)

    def test_it_can_be_named_before_it_was_ever_read(self, zendesk: Account, tmp_path: Path) -> None:
        app = made(zendesk, tmp_path / "home", SUPPORTBOT_ZENDESK_TICKET_TAG="kb")
        slack = self.ingestions(app)
        assert list(slack.offered()) == [ZENDESK, TICKETS]
        assert slack.request(ZENDESK, PersonId("ada"), run=RunId("r1"), full=False).source == ZENDESK

    def test_not_set_up_it_says_so(self, tmp_path: Path) -> None:
        slack = self.ingestions(App(load({}, home=str(tmp_path), embedding_model="none")))
        assert list(slack.offered()) == []
        with pytest.raises(RejectedError, match="not set up here"):
            slack.request(ZENDESK, PersonId("ada"), run=RunId("r1"), full=False)


def test_an_installation_without_a_home_remembers_in_its_records(tmp_path: Path) -> None:
    shared = Shared(SqliteRecords(tmp_path))
    assert shared.of(ZENDESK) == Stated()
    shared.keep(ZENDESK, Stated(Audience.INTERNAL))
    assert shared.of(ZENDESK) == Stated(Audience.INTERNAL)
    shared.keep(ZENDESK, None)
    assert shared.of(ZENDESK) == Stated()


def test_a_wait_that_zendesk_asks_for_is_said(
    zendesk: Account, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    zendesk.guide.publish("Refunds", "<p>Refunds take thirty days.</p>")
    zendesk.faults.add(Kind.LIMIT, value=3)
    assert made(zendesk, tmp_path).ingest(ZENDESK).written == 1
    assert "going on in 3 s" in capsys.readouterr().err
