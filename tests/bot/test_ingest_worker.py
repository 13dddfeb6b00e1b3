"""What begins a run, however often it is delivered and whoever dies; and a change that comes while one is under way."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import boto3
import pytest

from bot import fanning, ingest_worker
from bot.app import App, build
from bot.ingest_job import SlackIngestions, Told
from bot.local.workspace.workspace import Workspace
from bot.settings import load
from bot.working import Ends
from rag_core.domain import NEVER, PersonId, SourceName
from rag_core.errors import RejectedError, UnavailableError
from rag_core.fanning.plans import Step
from rag_core.jobs import Job, JobId, JobKind
from rag_core.messaging import written
from rag_core.running import Runs
from rag_core.runs import IngestionRun, RunId, RunState
from tests.bot.test_ingest_job import Bot, slack
from tests.fakes.aws_wire import Wire, create_table, laid, reset
from tests.services.aws import REGION

__all__ = ["slack"]

HANDBOOK, ADA = SourceName("handbook"), PersonId("ada")
ATTEMPTS = 3  # that a queue is asked


class KilledError(BaseException):
    """As a process that is no more: nobody catches it."""


@dataclass
class Account:
    """An ingest function's queue, what was sent to it, and the app; OpenSearch is not there."""

    app: App
    wire: Wire

    def work(self, body: str, *, last: bool = False, ends: Ends | None = None) -> None:
        ingest_worker.work(self.app, *[ends] if ends else [])(ingest_worker.read(body), NEVER, last)

    def sent(self) -> list[str]:
        """The messages that the queue has taken, the oldest first."""
        asked = [stated for operation, stated in self.wire.requests if operation.startswith("SendMessage")]
        return [each["MessageBody"] for stated in asked for each in stated.get("Entries", [stated])]

    def plans(self) -> set[str]:
        """The runs whose first step was sent."""
        found = [json.loads(body)["payload"] for body in self.sent()]
        return {each["run"] for each in found if each.get("step") == Step.PLAN}

    def ended(self, run: RunId, state: RunState, listed: datetime | None = None) -> None:
        begun = self.app.runs.take(HANDBOOK, run)
        assert begun is not None
        done = IngestionRun(HANDBOOK, 1, 0, 0, (), (), 1, None, 1.0)
        result = done if state is RunState.DONE else None
        self.app.runs.end(replace(begun, state=state, ended=datetime.now(UTC), listed=listed, result=result))


@pytest.fixture
def account(aws_url: str, tmp_path: Path) -> Iterator[Account]:
    with laid("sqs") as wire:
        queue = cast(Any, boto3).client("sqs").create_queue(QueueName="ingestions")["QueueUrl"]
        create_table(aws_url, "supportbot")
        stated = {
            "home": str(tmp_path / "home"),
            "region": REGION,
            "embedding_model": "none",
            "opensearch_url": "http://127.0.0.1:9",
            "opensearch_kind": "domain",
            "opensearch_signed": "false",
            "table": "supportbot",
            "ingest_queue_url": queue,
            "staging_bucket": "staging",
            "aws_url": aws_url,
            "sources": json.dumps({HANDBOOK: {"bucket": "documents", "prefix": "handbook/"}}),
        }
        yield Account(build(load({f"SUPPORTBOT_{name.upper()}": value for name, value in stated.items()})), wire)


def change(key: str = "handbook/new.md", ago: timedelta = timedelta(seconds=5)) -> str:
    at = f"{datetime.now(UTC) - ago:%Y-%m-%dT%H:%M:%S.000Z}"
    record = {"eventTime": at, "s3": {"bucket": {"name": "documents"}, "object": {"key": key}}}
    return json.dumps({"Records": [record]})


def scheduled() -> str:
    payload = {"source": HANDBOOK, "by": "schedule"}
    return written(Job(JobId("schedule-1"), JobKind.INGEST, datetime.now(UTC), payload))


def busy(wire: Wire) -> type[BaseException]:
    wire.fail("SendMessageBatch", reset, times=ATTEMPTS)
    return UnavailableError


def killed(wire: Wire) -> type[BaseException]:
    def die() -> None:
        raise KilledError

    wire.meanwhile("SendMessageBatch", die)
    return KilledError


@pytest.mark.parametrize("asked", [change, scheduled])
@pytest.mark.parametrize("trouble", [busy, killed])
def test_a_begin_that_fails_once_is_taken_up_by_the_next_delivery(
    account: Account, asked: Callable[[], str], trouble: Callable[[Wire], type[BaseException]]
) -> None:
    body = asked()
    with pytest.raises(trouble(account.wire)):
        account.work(body)
    account.wire.requests.clear()
    account.wire.before.clear()
    account.work(body)
    (run,) = account.app.runs.history(HANDBOOK)
    assert (run.state, account.plans()) == (RunState.WAITING, {run.id})
    assert account.app.runs.take(HANDBOOK, run.id)
    before = len(account.sent())
    account.work(body)  # it is under way: nothing more to do
    assert len(account.sent()) == before


def test_asked_for_in_slack_it_is_handed_on_by_the_next_delivery_and_not_done_alone(
    account: Account, slack: Workspace, tmp_path: Path
) -> None:
    bot = Bot(slack, tmp_path / "home", tmp_path, lambda *_, **__: account.app)  # type: ignore[arg-type]
    job = bot.job("r1", source=HANDBOOK)
    busy(account.wire)
    with pytest.raises(UnavailableError):
        bot.work(job)
    assert "Not yet: SQS" in bot.shown()
    account.wire.requests.clear()
    bot.work(job)  # alone it would read the bucket, which is not there
    run = account.app.runs.find(HANDBOOK, RunId("r1"))
    assert (run and run.state, account.plans()) == (RunState.WAITING, {"r1"})


class TestAChangeWhileARunIsUnderWay:
    def test_begins_the_next_once_that_has_failed(self, account: Account) -> None:
        fanning.begin(account.app, HANDBOOK, ADA, RunId("r1"))
        account.work(change())
        follower = account.sent()[-1]
        account.work(follower)  # still under way: it looks again later
        assert account.plans() == {"r1"}
        account.ended(RunId("r1"), RunState.FAILED)
        account.work(follower)
        assert len(account.plans()) == 2

    def test_one_of_many_waits_and_begins_for_all_whatever_that_run_has_listed(self, account: Account) -> None:
        fanning.begin(account.app, HANDBOOK, ADA, RunId("r1"))
        account.work(change())
        follower = account.sent()[-1]
        account.work(change("handbook/later.md"))
        assert account.sent()[-1] == follower
        account.ended(RunId("r1"), RunState.DONE, listed=datetime.now(UTC) + timedelta(minutes=1))
        account.work(follower)
        assert len(account.plans()) == 2

    def test_is_sent_on_without_its_keys(self, account: Account) -> None:
        fanning.begin(account.app, HANDBOOK, ADA, RunId("r1"))
        account.work(change("handbook/export/https://www.example.com/refunds.md"))
        payload = json.loads(account.sent()[-1])["payload"]
        assert payload.keys() == {"source", "changed", "follows"}


class TestAChangeAfterARun:
    def test_which_has_listed_it_begins_none(self, account: Account) -> None:
        fanning.begin(account.app, HANDBOOK, ADA, RunId("r1"))
        account.ended(RunId("r1"), RunState.DONE, listed=datetime.now(UTC))
        account.work(change(ago=timedelta(minutes=1)))
        assert account.plans() == {"r1"}

    def test_which_has_not_begins_one_though_its_asker_had_a_clock_that_is_ahead(self, account: Account) -> None:
        now = datetime.now(UTC)
        laptop = Runs(account.app.records, clock=lambda: now + timedelta(minutes=5))
        laptop.request(HANDBOOK, ADA, run=RunId("r1"))
        account.ended(RunId("r1"), RunState.DONE, listed=now - timedelta(minutes=1))
        account.work(change())
        assert len(account.plans()) == 1


def job(kind: str, **payload: object) -> str:
    at = "2026-11-28T00:00:00Z"
    about = {"version": 1, "id": "x", "kind": kind, "enqueued_at": at, "payload": payload, "question": None}
    return json.dumps(about)


@pytest.mark.parametrize(
    "body",
    [
        change().replace(f"{datetime.now(UTC):%Y}", "garbage", 1),
        change().replace(".000Z", "", 1),
        change().replace('"handbook/new.md"', "7"),
        '{"Records": null}',
        '{"Records": [[]]}',
        "[" * 100_000,
        job("run", step="finish"),
        job("run", recognised="r"),
        job("ingest", recognised="r"),
        job("ingest", changed="2026-11-28T00:00:00", source="handbook"),
        job("ingest", changed="2026-11-28T00:00:00Z"),
        job("ingest", changed="2026-11-28T00:00:00Z", objects="[7]"),
        job("ingest", objects="[]"),
    ],
)
def test_what_nobody_should_have_sent_is_refused_when_it_is_read(body: str) -> None:
    with pytest.raises(RejectedError):
        ingest_worker.read(body)


def test_the_first_word_of_a_bucket_is_no_change(account: Account) -> None:
    account.work('{"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "documents"}')
    assert account.sent() == []


class TestRollingBack:
    def test_from_slack_it_is_a_job_of_the_ingest_function(self, account: Account) -> None:
        ingestions = SlackIngestions(account.app, cast(Any, None), survives=True)
        assert not ingestions.rolls_back
        ingestions.begin(Job(JobId("c1"), JobKind.ROLLBACK, datetime.now(UTC), {"team": "T1"}))
        assert ingest_worker.read(account.sent()[-1]).kind is JobKind.ROLLBACK

    def test_what_fails_for_now_comes_again_and_at_last_is_told(
        self, account: Account, slack: Workspace, tmp_path: Path
    ) -> None:
        bot = Bot(slack, tmp_path / "home", tmp_path, lambda *_, **__: account.app)  # type: ignore[arg-type]
        given = bot.job()
        body = written(replace(given, kind=JobKind.ROLLBACK, payload={n: given.payload[n] for n in ingest_worker.TOLD}))
        ends = Ends(rollback=Told(bot.calls).rollback)
        for _ in range(2):  # the second must not say that it was done
            with pytest.raises(UnavailableError):
                account.work(body, ends=ends)
        account.work(body, last=True, ends=ends)
        assert "Not rolled back: http://127.0.0.1:9 cannot be reached" in bot.shown()
