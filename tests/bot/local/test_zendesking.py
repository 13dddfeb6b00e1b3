"""Zendesk on one machine: a ticket in the simulated account calls the webhook, and its job is done."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from playwright.sync_api import Browser, Page, expect

from bot import zendesk as wiring
from bot.app import App
from bot.local.account.account import Account
from bot.local.account.faults import Kind
from bot.local.account.webhooks import EVENT, Trigger, Webhook
from bot.local.journalling import Journal
from bot.local.queueing import LocalJobs
from bot.local.zendesking import answering, application
from bot.observability import Telemetry
from bot.settings import Settings, load
from integrations.zendesk.claiming import held
from rag_core.backends.local_queue import ROOM, LocalQueue
from rag_core.domain import NEVER, Audience, Deadline, PersonId, QuestionId
from rag_core.errors import MisconfiguredError, UnavailableError
from rag_core.jobs import Job, JobId, JobKind
from tests.bot.local.reaching import reached
from tests.bot.local.test_browser import overflows
from tests.making import NOON, answer

ANSWER = QuestionId("5f2c0a9be1d04c77")
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def zendesk() -> Iterator[Account]:
    with Account() as made:
        made.courier.hurry = 100.0
        yield made


@pytest.fixture
def stated(zendesk: Account, tmp_path: Path) -> Settings:
    own = zendesk.authority
    return load(
        {},
        home=str(tmp_path),
        embedding_model="none",
        port=0,
        zendesk_subdomain="example",
        zendesk_url=zendesk.url,
        zendesk_client_id=own.client_id,
        zendesk_client_secret=own.client_secret,
        zendesk_webhook_secret="d2ViaG9vaw==",
        public_url="https://bot.example",
    )


class Done:
    """A worker that takes note; `busy` says what it raises."""

    def __init__(self) -> None:
        self.tickets: list[str] = []
        self.came = threading.Condition()
        self.busy: Callable[[], None] = lambda: None

    def __call__(self, job: Job, _last: bool) -> None:
        self.busy()
        with self.came:
            self.tickets.append(job.payload["ticket"])
            self.came.notify_all()

    def wait(self, number: int) -> list[str]:
        with self.came:
            assert self.came.wait_for(lambda: len(self.tickets) >= number, 20)
            return list(self.tickets)


@contextmanager
def answered(stated: Settings, work: Any, log: StringIO) -> Iterator[str]:
    """With a worker of the test's."""
    telemetry = Telemetry(stream=log, plain=True, metrics=False)
    with (
        LocalQueue(work, lambda *_: None, tries=3) as queue,
        reached(application(App(stated), queue, telemetry)) as url,
    ):
        yield url


def hook(zendesk: Account, stated: Settings, address: str, *subscriptions: str) -> None:
    webhook = Webhook("w1", "drafts", f"{address}/zendesk/webhook", secret=stated.zendesk_webhook_secret)
    webhook.subscriptions = subscriptions or webhook.subscriptions
    zendesk.webhooks.known[webhook.id] = webhook
    zendesk.webhooks.triggers = {1: Trigger(1, "new tickets", webhook.id)}


def write(zendesk: Account, text: str = "Where is it? canary-17") -> str:
    return str(zendesk.people.write(zendesk.desk.add_user("Ada", "ada@example.com"), "Parcel canary-17", text).id)


@pytest.mark.parametrize("subscriptions", [(), (f"{EVENT}ticket.created", f"{EVENT}ticket.comment_added")])
def test_a_ticket_calls_the_webhook_and_its_job_is_done(
    zendesk: Account, stated: Settings, subscriptions: tuple[str, ...]
) -> None:
    done, log = Done(), StringIO()
    with answered(stated, done, log) as address:
        hook(zendesk, stated, address, *subscriptions)
        numbers = [write(zendesk) for _ in range(5)]
        assert sorted(done.wait(5)) == sorted(numbers)
        assert zendesk.courier.settle(10)
        assert [each.statuses for each in zendesk.courier.invocations] == [[200]] * 5
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert {(line["route"], line["channel"]) for line in lines} == {("/zendesk/webhook", "zendesk")}
    assert "canary" not in log.getvalue()


def test_a_call_whose_answer_is_lost_comes_again_as_the_same_job(zendesk: Account, stated: Settings) -> None:
    jobs: list[JobId] = []
    with answered(stated, lambda job, _last: jobs.append(job.id), StringIO()) as address:
        hook(zendesk, stated, address)
        zendesk.faults.add(Kind.LOSE, "webhook", times=2)
        write(zendesk)
        assert zendesk.courier.settle(10)
    assert (len(jobs), len(set(jobs))) == (3, 1)


def test_while_the_queue_is_full_zendesk_is_put_off_and_nothing_is_lost(zendesk: Account, stated: Settings) -> None:
    class Full:
        """JobQueue."""

        def __init__(self) -> None:
            self.refused, self.jobs = 0, list[Job]()

        def send(self, job: Job, *, deadline: Deadline = NEVER) -> None:
            if self.refused < 3:
                self.refused += 1
                raise UnavailableError("too many questions wait", retry_after=120)
            self.jobs.append(job)

    queue = Full()
    with reached(application(App(stated), queue, Telemetry(stream=StringIO(), plain=True, metrics=False))) as address:
        hook(zendesk, stated, address)
        number = write(zendesk)
        assert zendesk.courier.settle(10)
    assert [each.statuses for each in zendesk.courier.invocations] == [[503, 503, 503, 200]]
    assert [job.payload for job in queue.jobs] == [{"ticket": number}]


def test_nobody_else_is_let_in_and_no_other_path_is_there(zendesk: Account, stated: Settings) -> None:
    with answered(stated, Done(), StringIO()) as address, httpx.Client(base_url=address) as client:
        hook(zendesk, stated, address)
        zendesk.webhooks.known["w1"].secret = "another"  # noqa: S105
        write(zendesk)
        assert zendesk.courier.settle(10)
        assert [each.statuses for each in zendesk.courier.invocations] == [[401]]
        assert client.post("/zendesk/webhook", content=b"{}").status_code == 401
        assert [client.get(path).status_code for path in ("/", "/query", "/health", "/slack/events")] == [404] * 4
        assert client.post("/zendesk/rate").status_code == 403


def test_what_was_acknowledged_outlives_the_process(stated: Settings) -> None:
    job = Job(JobId("j1"), JobKind.ZENDESK, NOON, payload={"ticket": "7"})
    app, telemetry, done = App(stated), Telemetry(stream=StringIO(), plain=True, metrics=False), list[Job]()
    Journal(app.records).keep(job)  # and then the process was killed
    with LocalJobs(app, telemetry, Journal(app.records), lambda job, _deadline, _last: done.append(job)):
        pass
    assert [each.payload for each in done] == [{"ticket": "7"}]
    assert Journal(app.records).waiting() == []


def test_however_much_was_left_it_starts(stated: Settings) -> None:
    app, telemetry, done = App(stated), Telemetry(stream=StringIO(), plain=True, metrics=False), list[str]()
    for number in range(ROOM + 20):
        job = Job(JobId(f"j{number}"), JobKind.ZENDESK, NOON, payload={"ticket": str(number + 1)})
        Journal(app.records).keep(job)
    go = threading.Event()

    def work(job: Job, _deadline: Deadline, _last: bool) -> None:
        go.wait()
        done.append(job.id)

    with LocalJobs(app, telemetry, Journal(app.records), work) as jobs:
        while True:
            try:
                jobs.send(Job(JobId("more"), JobKind.ZENDESK, NOON, payload={"ticket": "7"}))
            except UnavailableError:
                break
        assert "more" not in [each.id for each in Journal(app.records).waiting()]  # refused: it comes again
        go.set()
    assert len(set(done)) == ROOM + 21
    assert Journal(app.records).waiting() == []


def test_a_ticket_that_a_killed_process_was_at_is_attended_to_after_the_start(stated: Settings) -> None:
    app = App(msgspec.structs.replace(stated, deadline=1.0, deliveries=2))
    Journal(app.records).keep(Job(JobId("j1"), JobKind.ZENDESK, NOON, payload={"ticket": "7"}))
    assert app.claims.claim("zendesk:example:7", ttl=timedelta(seconds=6), owner="killed")
    done = list[str]()

    def work(job: Job, deadline: Deadline, _last: bool) -> None:
        with held(app.claims, "example", int(job.payload["ticket"]), deadline):
            done.append(job.payload["ticket"])

    telemetry = Telemetry(stream=StringIO(), plain=True, metrics=False)
    with LocalJobs(app, telemetry, Journal(app.records), work):
        pass
    assert done == ["7"]


def test_a_job_that_fails_for_good_is_not_done_after_every_start(stated: Settings) -> None:
    app, log = App(msgspec.structs.replace(stated, deliveries=1)), StringIO()

    def broken(_job: Job, _deadline: Deadline, _last: bool) -> None:
        raise RuntimeError("a flaw")

    with LocalJobs(app, Telemetry(stream=log, plain=True, metrics=False), Journal(app.records), broken) as jobs:
        jobs.send(Job(JobId("j1"), JobKind.ZENDESK, NOON, payload={"ticket": "7"}))
    assert Journal(app.records).waiting() == []
    assert '"job failed"' in log.getvalue()


@pytest.mark.parametrize("error", [MisconfiguredError("wrong"), ValueError("a flaw")])
def test_whatever_fails_has_a_last_try_that_can_tell_it(stated: Settings, error: Exception) -> None:
    app, log, tries = App(msgspec.structs.replace(stated, deliveries=2)), StringIO(), list[bool]()

    def broken(_job: Job, _deadline: Deadline, last: bool) -> None:
        tries.append(last)
        raise error

    with LocalJobs(app, Telemetry(stream=log, plain=True, metrics=False), Journal(app.records), broken) as jobs:
        jobs.send(Job(JobId("j1"), JobKind.ZENDESK, NOON, payload={"ticket": "7"}))
    assert tries == [False, True]
    assert f'"error":"{type(error).__name__}"' in log.getvalue().replace(": ", ":")


def test_a_journal_of_another_version_is_no_reason_not_to_start(stated: Settings) -> None:
    records = App(stated).records
    records.put("zendesk-waiting", "j1", b'{"version": 99}')
    assert Journal(records).waiting() == []
    assert records.get("zendesk-waiting", "j1") is None


def test_without_a_secret_it_does_not_start(tmp_path: Path) -> None:
    with (
        pytest.raises(MisconfiguredError, match="WEBHOOK_SECRET"),
        answering(App(Settings(home=str(tmp_path))), StringIO()),
    ):
        raise AssertionError("it has started")


def rated(stated: Settings) -> App:
    app = App(stated)
    asked = app.question(
        "How long?", audience=Audience.PUBLIC, asked_by=PersonId("zendesk:example:5"), channel="zendesk"
    )
    kept = type(asked)(ANSWER, asked.text, asked.audience, asked.asked_by, asked.channel, asked.asked_at)
    app.log.record_answer(kept, answer(kept))
    return app


@pytest.fixture
def linked(stated: Settings) -> Iterator[tuple[App, Callable[[bool], str]]]:
    """The app, and a link's path by its vote; the pages are served."""
    app, links = rated(stated), wiring.links(stated)
    with answered(stated, Done(), StringIO()) as address:
        yield app, lambda helpful: links.url(ANSWER, helpful=helpful, ticket=123).replace(stated.public_url, address)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """The test fails on any console message, such as of a style that the policy refuses."""
    context = browser.new_context(viewport={"width": 900, "height": 700})
    context.set_default_timeout(30_000)
    page, complaints = context.new_page(), list[str]()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert [each for each in complaints if "favicon" not in each] == []


@pytest.mark.browser
def test_an_agent_rates_by_the_link_and_says_why(page: Page, linked: tuple[App, Callable[[bool], str]]) -> None:
    app, link = linked
    page.goto(link(False))
    expect(page.get_by_role("heading", level=1)).to_have_text("Rate this draft")
    assert app.log.answer(ANSWER).ratings == ()
    page.get_by_role("button", name="It did not help").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("on record for the draft in ticket 123")
    page.get_by_label("It is out of date").check()
    page.get_by_label("Comment").fill("It is sixty days now.\nSince May.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("What you added is on record for the draft in ticket 123")
    expect(page.get_by_label("It is out of date")).to_be_checked()
    expect(page.get_by_label("Comment")).to_have_value("It is sixty days now.\nSince May.")
    (rating,) = app.log.answer(ANSWER).ratings
    assert (rating.reason, rating.comment) == ("outdated", "It is sixty days now.\nSince May.")
    page.goto(link(True))
    page.get_by_role("button").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Recorded: the draft helped")
    assert [each.helpful for each in app.log.answer(ANSWER).ratings] == [True]


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_narrow_and_light_or_dark_as_wished(
    page: Page, linked: tuple[App, Callable[[bool], str]], scheme: Any, tmp_path: Path
) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    page.emulate_media(color_scheme=scheme)
    page.goto(linked[1](False))
    assert not overflows(page)
    back = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert back == {"light": "rgb(247, 246, 242)", "dark": "rgb(18, 20, 21)"}[scheme]  # the style sheet is applied
    page.get_by_role("button").click()
    page.get_by_label("Comment").fill("w" * 300)
    page.get_by_role("button", name="Save").click()
    assert not overflows(page)
    page.screenshot(
        path=Path(os.environ.get("SUPPORTBOT_RATING_SCREENSHOTS") or tmp_path) / f"{scheme}.png", full_page=True
    )


@pytest.mark.browser
def test_it_works_without_javascript(browser: Browser, linked: tuple[App, Callable[[bool], str]]) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(linked[1](True))
    page.get_by_role("button").click()
    expect(page.get_by_role("status")).to_be_visible()
    context.close()


def test_the_command_takes_webhooks_until_it_is_told_to_end(zendesk: Account, stated: Settings) -> None:
    given = {name: str(value) for name, value in msgspec.structs.asdict(stated).items() if name.startswith("zendesk_")}
    given |= {"home": stated.home, "embedding_model": "none", "public_url": stated.public_url}
    environment = {f"SUPPORTBOT_{name.upper()}": value for name, value in given.items() if value not in ("", "False")}
    command = [sys.executable, "-m", "bot.cli", "zendesk", "serve", "--port", "0"]
    running = subprocess.Popen(
        command, env=os.environ | environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
    )
    try:
        assert running.stdout is not None
        said = running.stdout.readline()
        (address,) = re.findall(r"http://127\.0\.0\.1:[0-9]+", said)
        assert "answering tickets of example.zendesk.com" in said
        assert "https://bot.example/zendesk/... must lead there" in running.stdout.readline()
        hook(zendesk, stated, address)
        write(zendesk)
        assert zendesk.courier.settle(20)
        assert [each.statuses for each in zendesk.courier.invocations] == [[200]]
        running.send_signal(signal.SIGINT)
        _, errors = running.communicate(timeout=60)
    finally:
        running.kill()
    assert running.returncode == 0
    assert "nothing to answer from yet" in errors
    assert "canary" not in errors
