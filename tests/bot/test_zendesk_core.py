"""Zendesk's worker by the settings: what it is made of, what stops its start, and what no log shows."""

import json
import logging
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from bot import zendesk_core
from bot.app import App
from bot.local.account.account import Account
from bot.local.account.desk import Ticket
from bot.local.account.faults import Kind
from bot.observability import Telemetry
from bot.settings import Settings, load
from bot.working import Workers, workers
from integrations.zendesk.desk import ZendeskDesk
from integrations.zendesk.filtering import Ignored
from integrations.zendesk.tickets import Tickets
from rag_core.domain import Audience, Deadline, PersonId, QuestionId, Use
from rag_core.errors import MisconfiguredError, UnavailableError
from rag_core.jobs import Job, JobId, JobKind
from tests.making import write

CANARY = "canary"
NOTE = "PUT tickets/{id}"


def settings(zendesk: Account, home: Path, **more: Any) -> Settings:
    own = zendesk.authority
    return load(
        {},
        home=str(home),
        embedding_model="none",
        zendesk_subdomain="example",
        zendesk_url=zendesk.url,
        zendesk_client_id=own.client_id,
        zendesk_client_secret=own.client_secret,
        zendesk_webhook_secret="s3cret",
        **more,
    )


class Firm:
    """An account, a product with pages of both audiences, and its worker."""

    def __init__(self, zendesk: Account, home: Path, **more: Any) -> None:
        self.zendesk, self.out = zendesk, StringIO()
        self.app = App(settings(zendesk, home / "home", **more), notice=lambda _: None)
        public = write(home / "public", refunds="# Refunds\n\nA refund takes ten business days on every card we have.")
        inside = write(home / "inside", refunds="# Refunds inside\n\nA refund for a friend of the boss takes one day.")
        self.app.ingest(public, base_url="https://help.example")
        self.app.ingest(inside, base_url="https://intern.example", audience=Audience.INTERNAL)
        self.workers: Workers = workers(self.app, Telemetry("proof", plain=True, stream=self.out, metrics=False))
        self.ann = zendesk.desk.add_user(f"Ann {CANARY}name", f"{CANARY}@example.org")
        self.bob = zendesk.desk.add_user("Bob", "bob@example.com", "agent")

    def ask(self, text: str = "How many business days does a refund take on a card?") -> Ticket:
        return self.zendesk.people.write(self.ann, "Refund", text)

    def work(self, ticket: Ticket, *, last: bool = False) -> None:
        job = Job(JobId("1"), JobKind.ZENDESK, datetime.now(UTC), {"ticket": str(ticket.id)})
        self.workers(job, Deadline.within(25), last)

    def notes(self, ticket: Ticket) -> list[str]:
        return [each.html for each in ticket.comments if not each.public]


@pytest.fixture
def zendesk() -> Iterator[Account]:
    with Account() as made:
        yield made


@pytest.fixture
def heard() -> Iterator[list[str]]:
    """Every record of every logger, as it would be printed with all that belongs to it."""
    lines, root = list[str](), logging.getLogger()
    factory, level = logging.getLogRecordFactory(), root.level

    def take(*arguments: Any, **more: Any) -> logging.LogRecord:
        record = logging.LogRecord(*arguments, **more)
        said = "".join(traceback.format_exception(*record.exc_info)) if record.exc_info else ""
        lines.append(f"{record.name} {record.getMessage()} {record.args!r} {said}")
        return record

    logging.setLogRecordFactory(take)
    root.setLevel(logging.DEBUG)
    yield lines
    root.setLevel(level)
    logging.setLogRecordFactory(factory)


def test_from_a_ticket_to_what_was_made_of_its_draft(zendesk: Account, tmp_path: Path) -> None:
    firm = Firm(zendesk, tmp_path)
    ticket = firm.ask()
    firm.work(ticket)
    [note] = firm.notes(ticket)
    assert "ten business days" in note
    assert "intern.example" not in note
    zendesk.people.reply(firm.bob, ticket, "<p>A refund takes ten business days on every card we have.</p>")
    firm.work(ticket)
    told = [json.loads(line) for line in firm.out.getvalue().splitlines()]
    assert [(each["message"], each["channel"]) for each in told] == [("answered", "zendesk"), ("accepted", "zendesk")]
    record = firm.app.log.answer(QuestionId(told[0]["question_id"]))
    assert record.acceptance is not None
    assert record.acceptance.use is Use.AS_IS
    assert record.question.audience is Audience.PUBLIC


def test_internal_pages_stand_apart_and_only_if_wished(zendesk: Account, tmp_path: Path) -> None:
    firm = Firm(zendesk, tmp_path, zendesk_internal=True)
    ticket = firm.ask()
    firm.work(ticket)
    [note] = firm.notes(ticket)
    draft, _, beneath = note.partition("Internal, do not send")
    assert "intern.example" not in draft
    assert "intern.example" in beneath
    assert "friend of the boss" not in note


def test_what_has_nothing_to_do_with_a_question_is_not_named_beside_it(zendesk: Account, tmp_path: Path) -> None:
    firm = Firm(zendesk, tmp_path)
    core = zendesk_core.ZendeskCore(firm.app, Telemetry("x", plain=True, metrics=False, stream=StringIO()))

    def inside(text: str) -> int:
        question = core.question(
            text, id=QuestionId("1"), audience=Audience.PUBLIC, asked_by=PersonId("x"), channel="zendesk"
        )
        return len(core.internal(question, deadline=Deadline.within(9)))

    assert (inside("How long takes a refund for a friend?"), inside("Xylophone zebra quartz?")) == (1, 0)


def test_a_ticket_that_was_opened_for_a_person_gets_no_draft(zendesk: Account, tmp_path: Path) -> None:
    firm = Firm(zendesk, tmp_path, zendesk_follow_ups=True)
    from bot import zendesk as setup

    desk = ZendeskDesk(Tickets(setup.client(firm.app.settings)))
    desk.open(question_id=QuestionId("q1"), subject="Refund", transcript="How long does a refund take?", asked_by="U1")
    [ticket] = zendesk.desk.tickets.values()
    firm.work(ticket)
    zendesk.people.follow(firm.ann, ticket, "How many business days does a refund take?")
    firm.work(ticket)
    assert len(firm.notes(ticket)) == 1
    assert ticket.tags == ["supportbot", "supportbot_escalated"]


def test_no_log_shows_what_anybody_wrote_or_is_called(zendesk: Account, tmp_path: Path, heard: list[str]) -> None:
    firm = Firm(zendesk, tmp_path, zendesk_internal=True)
    for kind in (*Kind, None):
        if kind:
            zendesk.faults.add(kind, NOTE, value=0)
        ticket = firm.ask(f"How many business days does a {CANARY}question refund take on a card?")
        zendesk.desk.attach(ticket.comments[0], f"{CANARY}.log", f"{CANARY}file".encode(), zendesk.url)
        for last in (False, True):
            try:
                firm.work(ticket, last=last)
            except UnavailableError:
                logging.getLogger("app").exception("failed")
        zendesk.people.reply(firm.bob, ticket, f"<p>{CANARY}reply</p>")
        firm.work(ticket)
        zendesk.faults.clear()
    zendesk.faults.add(Kind.FAIL, "GET users/show_many", None)  # the ticket can be told that it failed
    with pytest.raises(UnavailableError):
        firm.work(firm.ask(f"{CANARY}lost"), last=True)
    own, said = zendesk.authority, "\n".join([*heard, firm.out.getvalue()])
    assert '"question failed"' in said
    for secret in (CANARY, own.client_secret, *own.issued, "s3cret"):
        assert secret not in said


@pytest.mark.parametrize(
    ("name", "stated"),
    [
        ("zendesk_ignored", "[]"),
        ("zendesk_ignored", '{"tags": "vip"}'),
        ("zendesk_ignored", '{"tag": ["vip"]}'),
        ("zendesk_ignored", '{"groups": [1.5]}'),
        ("zendesk_ignored", '{"groups": ["Billing"]}'),
        ("zendesk_ignored", '{"forms": [true]}'),
        ("zendesk_ignored", "{"),
        ("zendesk_ignored", "/nowhere.json"),
        ("zendesk_templates", '{"en": {"greeting": "Hi {nmae}"}}'),
        ("zendesk_templates", "nowhere.json"),
    ],
)
def test_what_is_malformed_stops_the_start(zendesk: Account, tmp_path: Path, name: str, stated: str) -> None:
    app = App(settings(zendesk, tmp_path, **{name: stated}))
    with pytest.raises(MisconfiguredError, match=f"SUPPORTBOT_{name.upper()} is wrong"):
        workers(app, Telemetry("x", plain=True))


def test_a_policy_is_what_the_settings_say(zendesk: Account, tmp_path: Path) -> None:
    file = tmp_path / "templates.json"
    file.write_text('{"de": {"greeting": "Hallo {name},"}}', "utf-8")
    found = zendesk_core.policy(
        settings(
            zendesk,
            tmp_path,
            zendesk_mode="shadow",
            zendesk_follow_ups=True,
            zendesk_abstention="tag",
            zendesk_templates=str(file),
            zendesk_ignored='{"tags": ["VIP "], "groups": [5, "6"]}',
            zendesk_confidence_field=7,
        )
    )
    assert (found.shadow, found.follow_ups, found.quiet, found.internal, found.confidence_field) == (
        True,
        True,
        True,
        False,
        7,
    )
    assert found.templates.frame("de", name="Ann", brand="").greeting == "Hallo Ann,"
    assert found.ignored == Ignored(tags=frozenset({"vip"}), groups=frozenset({"5", "6"}))


def test_without_a_webhook_secret_there_is_no_worker(zendesk: Account, tmp_path: Path) -> None:
    own = zendesk.authority
    app = App(
        Settings(
            home=str(tmp_path),
            zendesk_subdomain="example",
            zendesk_client_id=own.client_id,
            zendesk_client_secret=own.client_secret,
        )
    )
    job = Job(JobId("1"), JobKind.ZENDESK, datetime.now(UTC), {"ticket": "1"})
    with pytest.raises(MisconfiguredError, match="ZENDESK_WEBHOOK_SECRET"):
        workers(app, Telemetry("x", plain=True))(job, Deadline.within(1), False)
