"""The queue of one machine: what was acknowledged is done, whatever becomes of the process, and how that is told."""

import threading
from datetime import timedelta
from io import StringIO
from pathlib import Path

import msgspec
import pytest

from bot.app import App
from bot.local.journalling import Journal
from bot.local.queueing import LocalJobs
from bot.observability import Telemetry
from bot.settings import Settings, load
from integrations.zendesk.claiming import held
from rag_core.backends.local_queue import ROOM
from rag_core.domain import Deadline
from rag_core.errors import HeldError, MisconfiguredError, UnavailableError
from rag_core.jobs import Job, JobId, JobKind
from tests.making import NOON


@pytest.fixture
def stated(tmp_path: Path) -> Settings:
    return load({}, home=str(tmp_path), embedding_model="none")


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


def test_a_job_whose_twin_is_at_it_to_the_last_is_no_error(stated: Settings) -> None:
    app, log = App(msgspec.structs.replace(stated, deliveries=1)), StringIO()

    def met(_job: Job, _deadline: Deadline, _last: bool) -> None:
        raise HeldError("another worker is at this ticket")

    with LocalJobs(app, Telemetry(stream=log, plain=True, metrics=False), Journal(app.records), met) as jobs:
        jobs.send(Job(JobId("j1"), JobKind.ZENDESK, NOON, payload={"ticket": "7"}))
    assert "twin" in log.getvalue()
    assert "ERROR" not in log.getvalue()
