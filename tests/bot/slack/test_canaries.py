"""Words that nobody but the people in Slack may read: through every path, and in no log, metric or output."""

import io
import json
import logging
import shutil
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from cryptography.fernet import Fernet

from bot import workspaces
from bot.app import App
from bot.arriving import SLACK
from bot.batching import Batches
from bot.gateway import Endpoint, Gateway
from bot.local.slacking import answering
from bot.local.workspace.nouns import Message
from bot.local.workspace.workspace import Workspace
from bot.observability import Telemetry
from bot.settings import Settings
from bot.working import workers
from integrations.slack.ingress import Desk, Ingress
from integrations.slack.interacting import Interactions
from integrations.slack.opening import Opener
from rag_core import messaging
from rag_core.errors import UnavailableError
from tests.bot.slack.desk import Cloud, Written, settings, until, values
from tests.integrations.slack.sending import signed
from tests.integrations.slack.several import Broken
from tests.making import app, write

CANARY = "canary"  # in all that a person wrote or is called
REFUND = "How long does a canaryquestion refund take?"


@dataclass
class Heard:
    """Every record of every logger, as it would be printed with all that belongs to it."""

    lines: list[str] = field(default_factory=list)

    def take(self, *arguments: Any, **more: Any) -> logging.LogRecord:
        record = logging.LogRecord(*arguments, **more)
        if record.threadName != "slack-server":  # what the simulated Slack says of itself
            said = "".join(traceback.format_exception(*record.exc_info)) if record.exc_info else ""
            self.lines.append(f"{record.name} {record.getMessage()} {record.args!r} {said}")
        return record


@pytest.fixture
def heard() -> Iterator[Heard]:
    heard, root = Heard(), logging.getLogger()
    factory, level = logging.getLogRecordFactory(), root.level
    logging.setLogRecordFactory(heard.take)
    root.setLevel(logging.DEBUG)
    yield heard
    root.setLevel(level)
    logging.setLogRecordFactory(factory)


@dataclass
class Office:
    """The bot's two functions, somebody who asks, and an app in which things can be broken."""

    slack: Workspace
    home: Path

    def __post_init__(self) -> None:
        slack = self.slack
        self.ada = slack.add_person("Ada Canaryname", role="admin")
        self.ben = slack.add_person("Ben Canaryname")
        self.room = slack.add_channel("canaryroom", self.ada, self.ben)  # a new one now and then: each has its pace
        self.stated = _stated(self.home, slack)
        self.telemetry, queue = Telemetry("proof", plain=True), Written()
        self.app = App(self.stated)
        self.broken = dict[str, Exception]()
        self.app.log, self.app.records = (Broken(each, self.broken.get) for each in (self.app.log, self.app.records))
        desk = Desk(queue, Opener(lambda _: slack.token, slack.url), Interactions(lambda: []))
        ingress = Ingress(slack.signing_secret, desk)
        pages = workspaces.authorizing(App(_installing(self.home, slack))).handle
        gate = Gateway([Endpoint("slack", SLACK, ingress.handle, pages)], self.telemetry)
        batches = Batches(self.stated, workers(self.app, self.telemetry, queue), messaging.read, self.telemetry)
        self.cloud = Cloud(gate, batches, queue.messages)
        slack.deliver_to(self.cloud.deliver)

    def ask(self, text: str = REFUND, **more: Any) -> Message:
        self.room = self.slack.add_channel("canaryroom", self.ada, self.ben)
        asked = self.slack.say(self.room, self.ada, f"<@{self.slack.bot.id}> {text}", **more)
        self.work()
        return asked

    def work(self) -> None:
        """Until nothing waits, or was delivered as often as it may be."""
        for number in range(1, self.stated.deliveries + 1):
            if not self.cloud.work(number):
                return
        self.cloud.waiting.clear()

    def reply(self, asked: Message) -> Message:
        return next(each for each in self.slack.thread(asked) if each.user == self.slack.bot.id)

    def get(self, path: str, query: Mapping[str, str], cookie: str = "") -> dict[str, Any]:
        about = {"stage": "live", "http": {"method": "GET", "path": path}}
        event = {"rawPath": f"/live{path}", "queryStringParameters": query, "requestContext": about, "headers": {}}
        return self.cloud.gate.handle(event | {"cookies": [cookie] if cookie else []})


def _stated(home: Path, slack: Workspace) -> Settings:
    return settings(home, slack, slack_signing_secret=slack.signing_secret)


def _installing(home: Path, slack: Workspace) -> Settings:
    return settings(
        home,
        slack,
        slack_bot_token="",
        slack_app_token="",
        slack_client_id=slack.app.client_id,
        slack_client_secret=slack.app.client_secret,
        slack_encryption_key=Fernet.generate_key().decode(),
        slack_workspaces="T00000001 T00000002",
    )


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    page = "# Refunds\n\nA refund takes thirty canaryanswer days after the return arrives.\n"
    return write(tmp_path / "docs", refunds=page)


@pytest.fixture
def office(team: Workspace, tmp_path: Path, docs: Path) -> Office:
    app(tmp_path / "home").ingest(docs)
    return Office(team, tmp_path / "home")


def test_no_path_tells_a_log_what_people_say(office: Office, heard: Heard, capfd: pytest.CaptureFixture[str]) -> None:
    capfd.readouterr()
    secrets = [office.slack.token, office.slack.signing_secret, office.slack.app.app_token]
    secrets += [office.slack.app.client_secret, office.slack.app.verification_token]
    for path in (_asks, _is_answered_alone, _rates_and_passes_on, _commands, _is_refused, _installs):
        path(office)
    for path in (_crashes, _fails_for_good, _is_forged):
        path(office)
    office.slack.settle()
    secrets += [path.rsplit("/", 1)[1] for path in office.slack.world.triggers.urls]
    said = [*heard.lines, *"".join(capfd.readouterr()).splitlines()]
    found = [line for line in said for secret in secrets if secret in line]
    found += [line for line in said if CANARY in line.lower()]
    assert not found
    for event in ("answered", "rated", "question failed", "job failed", "request"):
        assert any(f'"message": "{event}"' in line for line in said)


def _asks(office: Office) -> None:
    root = office.ask()
    assert "canaryanswer" in office.reply(root).text
    slack = office.slack
    slack.say(office.room, office.ada, "and how long for canaryfollow refunds?", thread=root)
    slack.say(slack.direct(office.ada), office.ada, REFUND)
    slack.say(office.room, office.ada, "canarychatter")
    office.work()
    office.ask(files={"canaryfile.txt": b"canarycontent", "canarypicture.png": b"\x89PNG"})
    slack.faults.fail("files", status=500)
    office.ask(files={"canaryfile.txt": b"canarycontent"})
    slack.open_home(office.ada, "messages")
    slack.open_home(office.ada, "home")
    slack.stop(office.ada, office.room, root)
    office.work()


def _is_answered_alone(office: Office) -> None:
    slack = office.slack
    asked = slack.say(office.room, office.ben, REFUND)
    slack.shortcut(office.ada, asked, "answer_message")
    office.work()
    slack.click(office.ada, slack.whispers(office.ada)[-1], "share")
    slack.command(office.ada, office.room, "/support", REFUND)
    office.work()
    slack.click(office.ada, slack.whispers(office.ada)[-1], "discard")
    office.work()


def _rates_and_passes_on(office: Office) -> None:
    slack, asked = office.slack, office.ask()
    reply = office.reply(asked)
    slack.click(office.ada, reply, "rate", next(v for v in values(reply.blocks) if v.startswith("not_")))
    modal = slack.modal(office.ada)
    assert modal
    slack.submit(office.ada, modal, {"reason": "wrong", "comment": "canarycomment"})
    office.work()
    slack.click(office.ben, reply, "ask_human")
    office.work()
    slack.click(office.ada, office.reply(office.ask()), "resolved")
    office.work()


def _commands(office: Office) -> None:
    for text in ("help", "status", "gaps", "canarycommand", "reingest canarysource", "reingest", "cancel"):
        for who in (office.ada, office.ben):
            office.slack.command(who, office.room, "/supportbot", text)
            office.work()


def _is_refused(office: Office) -> None:
    """What Slack says no to, or nothing at all."""
    faults = office.slack.faults
    for code in ("is_archived", "invalid_blocks", "fatal_error"):
        for method in ("chat.postMessage", "chat.startStream", "agents.sessions.setStatus"):
            faults.error(method, code, times=None)
        office.ask(f"{REFUND} {code}")
        faults.clear()
    faults.lose("*", 4)
    office.ask(f"{REFUND} lost")
    faults.clear()


def _installs(office: Office) -> None:
    slack = office.slack
    acme = slack.add_team("Canary Acme", installed=False)
    owner = slack.add_person("Olga Canaryname", role="owner", team=acme)
    first = office.get("/slack/install", {})
    state = dict(parse_qsl(urlsplit(first["headers"]["Location"]).query))["state"]
    cookie = first["headers"]["Set-Cookie"].partition(";")[0]
    for code in ("canarycode", slack.consent(acme, owner)):
        office.get("/slack/oauth_redirect", {"code": code, "state": state}, cookie)
    office.get("/slack/oauth_redirect", {"code": "canarycode", "state": "canarystate"}, cookie)


def _crashes(office: Office) -> None:
    """Errors that quote what nobody should have put in them."""
    for error in (RuntimeError(REFUND), UnavailableError(f"no room for {REFUND}")):
        for step in ("record_answer", "put"):
            office.broken[step] = error
            office.ask()
            office.broken.clear()


def _fails_for_good(office: Office) -> None:
    kept = office.home / "kept"
    shutil.move(office.home / "index", kept)
    office.ask()
    shutil.move(kept, office.home / "index")
    office.cloud.waiting += ["canarypoison {", json.dumps({"canary": "poison"})]
    office.work()


def _is_forged(office: Office) -> None:
    slack = office.slack
    body = json.dumps({"type": "event_callback", "event": {"text": "canaryforged"}}).encode()
    for headers, sent in (
        (signed(body, "canarysecret"), body),
        ({}, body),
        (signed(b"canary {", slack.signing_secret), b"canary {"),
        (signed(b"payload=canary", slack.signing_secret), b"payload=canary"),
    ):
        status, _ = office.cloud.deliver(headers, sent)
        assert status in (400, 401)
    assert slack.challenge()


def test_nor_does_socket_mode(
    team: Workspace, tmp_path: Path, docs: Path, heard: Heard, capfd: pytest.CaptureFixture[str]
) -> None:
    app(tmp_path / "home").ingest(docs)
    capfd.readouterr()
    ada = team.add_person("Ada Canaryname", role="admin")
    room, log = team.add_channel("canaryroom", ada), io.StringIO()
    team.use_sockets()
    with answering(App(settings(tmp_path / "home", team)), log):
        team.sockets.await_connected(5)
        asked = team.say(room, ada, f"<@{team.bot.id}> {REFUND}")
        until(lambda: any("canaryanswer" in each.text and not each.grows for each in team.thread(asked)))
        team.sockets.disconnect()
        team.sockets.await_connected(5)
        team.command(ada, room, "/support", REFUND)
        until(lambda: any("canaryanswer" in str(each.blocks) for each in team.whispers(ada)))
    said = [*heard.lines, *capfd.readouterr(), log.getvalue()]
    assert '"answered"' in log.getvalue()
    assert not [line for line in said if CANARY in line.lower()]
    assert not [line for line in said for secret in (team.token, team.app.app_token) if secret in line]
