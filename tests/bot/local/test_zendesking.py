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
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from bot.app import App
from bot.local.account.account import Account
from bot.local.account.faults import Kind
from bot.local.account.webhooks import EVENT, Trigger, Webhook
from bot.local.zendesking import answering, application
from bot.observability import Telemetry
from bot.settings import Settings, load
from rag_core.backends.local_queue import LocalQueue
from rag_core.domain import NEVER, Deadline
from rag_core.errors import MisconfiguredError, UnavailableError
from rag_core.jobs import Job, JobId
from tests.bot.local.reaching import reached

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


def test_without_a_secret_it_does_not_start(tmp_path: Path) -> None:
    with (
        pytest.raises(MisconfiguredError, match="WEBHOOK_SECRET"),
        answering(App(Settings(home=str(tmp_path))), StringIO()),
    ):
        raise AssertionError("it has started")


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
