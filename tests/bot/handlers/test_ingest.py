"""The ingest function under Lambda's own runtime: a bucket, its notifications, the queue, and the real index."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import msgspec
import pytest
from slack_sdk import WebClient

from bot import fanning
from bot.api.routes import Api
from bot.app import App, build
from bot.ingest_job import IngestJobs
from bot.local.workspace.workspace import Workspace
from bot.settings import load
from rag_core.domain import NEVER, Audience, PersonId, SourceName
from rag_core.errors import AlreadyRunningError, MisconfiguredError
from rag_core.jobs import Job, JobId, JobKind
from rag_core.messaging import read, written
from rag_core.runs import RunId, RunRecord, RunState
from tests.bot.api.asking import CALLERS, Context, Reply, event, reply
from tests.bot.handlers.starting import account, records
from tests.fakes.aws_wire import create_table
from tests.fakes.textract.account import ROLE, pdf
from tests.fakes.textract.blocks import papers
from tests.fakes.textract.server import textract
from tests.services.aws import REGION
from tests.services.lambda_runtime import Function, lambda_function

HANDLER, HANDBOOK = "bot.handlers.ingest.handle", SourceName("handbook")
ADA = PersonId("ada")


@dataclass
class Account:
    """What a deployment has: buckets, a queue that hears of changes, a table; and the app over them."""

    settings: Mapping[str, str]
    app: App
    queue: str
    s3: Any
    sqs: Any

    def put(self, **pages: str) -> None:
        for name, text in pages.items():
            self.s3.put_object(Bucket="documents", Key=f"handbook/{name}.md", Body=text.encode())

    def deliver(self, function: Function, until: Callable[[], bool]) -> int:
        """As the event source does, a message at a time; gives how many there were."""
        delivered, latest = 0, time.monotonic() + 120
        while not until():
            assert time.monotonic() < latest
            asked = {"AttributeNames": ["All"], "WaitTimeSeconds": 1, "MaxNumberOfMessages": 10}
            for message in self.sqs.receive_message(QueueUrl=self.queue, **asked).get("Messages", []):
                delivered += 1
                _, answer = function.invoke(records([message]))
                if not answer["batchItemFailures"]:
                    self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
        return delivered

    def found(self, words: str, audience: Audience = Audience.PUBLIC) -> list[str]:
        try:
            passages = self.app._index().search(words, None, audience=audience, limit=10).passages
        except MisconfiguredError:
            return []
        return sorted(passage.chunk.document.id for passage in passages)

    def last(self) -> RunRecord | None:
        return next(iter(self.app.runs.history(HANDBOOK)), None)

    def is_done(self, run: str) -> bool:
        found = self.app.runs.find(HANDBOOK, RunId(run))
        return found is not None and found.state.over


@pytest.fixture
def installation(aws_url: str, opensearch_url: str, index_prefix: str, tmp_path: Path) -> Account:
    s3, sqs = boto3.client("s3"), boto3.client("sqs")
    for bucket in ("documents", "staging"):
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    queue = sqs.create_queue(QueueName="ingestions", Attributes={"VisibilityTimeout": "5"})["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    told = {"QueueArn": arn, "Events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"]}
    s3.put_bucket_notification_configuration(
        Bucket="documents",
        NotificationConfiguration={"QueueConfigurations": [told]},
    )
    create_table(aws_url, "supportbot")
    stated = {
        "home": str(tmp_path / "home"),
        "region": REGION,
        "embedding_model": "none",
        "opensearch_url": opensearch_url,
        "opensearch_kind": "domain",
        "opensearch_engine": "lucene",
        "opensearch_signed": "false",
        "opensearch_index": f"{index_prefix}docs",
        "table": "supportbot",
        "ingest_queue_url": queue,
        "staging_bucket": "staging",
        "aws_url": aws_url,
        "sources": json.dumps({HANDBOOK: {"bucket": "documents", "prefix": "handbook/", "internal": ["internal/"]}}),
    }
    environment = {f"SUPPORTBOT_{name.upper()}": value for name, value in stated.items()}
    return Account(stated, build(load(environment)), queue, s3, sqs)


@pytest.fixture
def function(installation: Account, aws_url: str) -> Iterator[Function]:
    stated = {f"SUPPORTBOT_{name.upper()}": value for name, value in installation.settings.items()}
    with lambda_function(HANDLER, stated | account(aws_url), timeout=60) as function:
        yield function


def test_objects_that_are_put_changed_and_removed_are_in_the_live_version(
    installation: Account, function: Function
) -> None:
    installation.put(refunds="# Refunds\n\nWithin thirty days.", returns="# Returns\n\nBy post.")
    installation.put(**{"internal/margins": "# Margins\n\nTen percent on refunds."})
    installation.deliver(function, lambda: installation.found("refunds") == ["refunds"])
    assert installation.found("margins") == []
    assert installation.found("margins", Audience.INTERNAL) == ["internal/margins"]
    installation.put(refunds="# Refunds\n\nWithin sixty days.")
    installation.s3.delete_object(Bucket="documents", Key="handbook/returns.md")
    installation.deliver(
        function, lambda: (installation.found("sixty"), installation.found("post")) == (["refunds"], [])
    )
    assert "Traceback" not in function.log


def test_changes_that_come_together_are_one_run_or_two(installation: Account, function: Function) -> None:
    installation.put(**{f"page{number}": f"# Page {number}\n\nWords of many." for number in range(8)})
    installation.deliver(function, lambda: len(installation.found("words")) == 8)
    runs = installation.app.runs.history(HANDBOOK)
    assert len(runs) <= 2
    assert all(run.by == "a change in the bucket" for run in runs)


def test_a_run_is_begun_by_a_schedule_and_by_a_person_one_at_a_time(installation: Account, function: Function) -> None:
    installation.put(refunds="# Refunds\n\nWithin thirty days.")
    scheduled = {
        "version": 1,
        "id": "schedule-1",
        "kind": "ingest",
        "enqueued_at": "2026-11-28T03:00:00Z",
        "payload": {"source": HANDBOOK, "by": "schedule"},
        "question": None,
    }
    installation.sqs.purge_queue(QueueUrl=installation.queue)
    installation.sqs.send_message(QueueUrl=installation.queue, MessageBody=json.dumps(scheduled))
    installation.deliver(function, lambda: installation.is_done("schedule-1"))
    assert installation.found("refunds") == ["refunds"]
    fanning.begin(installation.app, HANDBOOK, ADA, RunId("asked"))
    with pytest.raises(AlreadyRunningError):
        fanning.begin(installation.app, HANDBOOK, ADA, RunId("too-soon"))
    installation.deliver(function, lambda: installation.is_done("asked"))
    last = installation.last()
    assert last is not None
    assert last.result is not None
    assert (last.state, last.by, last.result.unchanged) == (RunState.DONE, ADA, 1)


def test_a_run_that_no_queue_takes_holds_its_source_for_nobody(installation: Account, aws_url: str) -> None:
    wrong = App(msgspec.structs.replace(installation.app.settings, ingest_queue_url=f"{aws_url}/1/wrong"))
    with pytest.raises(MisconfiguredError, match="may not be used"):
        fanning.begin(wrong, HANDBOOK, ADA, RunId("r1"))
    last = known(installation)
    assert (last.state, "may not be used" in last.reason) == (RunState.FAILED, True)
    with fanning.steps(wrong) as steps, pytest.raises(MisconfiguredError):
        steps.resume(HANDBOOK, ADA)
    assert known(installation).state is RunState.FAILED
    assert fanning.begin(installation.app, HANDBOOK, ADA, RunId("r2")).state is RunState.WAITING


def test_a_run_whose_staging_is_gone_is_not_left_to_be_waited_for(installation: Account) -> None:
    installation.put(refunds="# Refunds\n\nWithin thirty days.")
    installation.sqs.purge_queue(QueueUrl=installation.queue)
    fanning.begin(installation.app, HANDBOOK, ADA, RunId("r1"))
    message = installation.sqs.receive_message(QueueUrl=installation.queue)["Messages"][0]
    with fanning.steps(installation.app) as steps:
        steps.work(read(message["Body"]), last=False)
        installation.app.runs.end(replace(known(installation), state=RunState.FAILED, reason="its worker was stopped"))
        for each in installation.s3.list_objects_v2(Bucket="staging")["Contents"]:
            installation.s3.delete_object(Bucket="staging", Key=each["Key"])
    with fanning.steps(installation.app) as steps, pytest.raises(MisconfiguredError, match="start it again"):
        steps.resume(HANDBOOK, ADA)
    assert fanning.begin(installation.app, HANDBOOK, ADA, RunId("r2")).state is RunState.WAITING


def known(installation: Account) -> RunRecord:
    last = installation.last()
    assert last is not None
    return last


def test_what_is_staged_goes_with_the_run(installation: Account, function: Function) -> None:
    installation.put(refunds="# Refunds\n\nWithin thirty days.")
    installation.sqs.purge_queue(QueueUrl=installation.queue)
    fanning.begin(installation.app, HANDBOOK, ADA, RunId("r1"))
    installation.deliver(function, lambda: installation.is_done("r1"))
    assert "Contents" not in installation.s3.list_objects_v2(Bucket="staging")


def test_scanned_pages_are_there_once_textract_has_told(installation: Account, aws_url: str) -> None:
    sns = boto3.client("sns")
    topic = sns.create_topic(Name="textract")["TopicArn"]
    arn = installation.sqs.get_queue_attributes(QueueUrl=installation.queue, AttributeNames=["QueueArn"])
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn["Attributes"]["QueueArn"])
    with textract(installation.s3, sns, beside=aws_url) as fake:
        where = json.dumps({"bucket": "staging", "topic": topic, "role": ROLE})
        stated = {**installation.settings, "aws_url": fake.url, "textract": where}
        environment = {f"SUPPORTBOT_{name.upper()}": value for name, value in stated.items()}
        installation.put(refunds="# Refunds\n\nWithin thirty days.")
        installation.s3.put_object(Bucket="documents", Key="handbook/plan.pdf", Body=pdf("Invoices", "scan"))
        with lambda_function(HANDLER, environment | account(aws_url), timeout=60) as function:
            installation.deliver(function, lambda: bool(fake.jobs))
            assert installation.found("invoices") == []
            (paper,) = papers(1)
            paper.area("TEXT", "Prices hold until March.")
            fake.finish(paper.blocks)
            installation.deliver(function, lambda: installation.found("prices") == ["plan"])
    assert (installation.found("invoices"), fake.paid) == (["plan"], 1)


def test_what_waits_for_textract_goes_on_the_queue_anew(installation: Account, aws_url: str) -> None:
    sns = boto3.client("sns")
    topic = sns.create_topic(Name="textract")["TopicArn"]
    waiting = {"QueueUrl": installation.queue, "AttributeNames": ["ApproximateNumberOfMessagesDelayed"]}
    with textract(installation.s3, sns, beside=aws_url) as fake:
        fake.fail("StartDocumentAnalysis", "LimitExceededException", 99)
        where = json.dumps({"bucket": "staging", "topic": topic, "role": ROLE})
        stated = {**installation.settings, "aws_url": fake.url, "textract": where}
        environment = {f"SUPPORTBOT_{name.upper()}": value for name, value in stated.items()}
        installation.s3.put_object(Bucket="documents", Key="handbook/plan.pdf", Body=pdf("Invoices", "scan"))

        def is_told() -> bool:
            told = installation.sqs.get_queue_attributes(**waiting)["Attributes"]
            return bool(fake.asked) and told[waiting["AttributeNames"][0]] == "1"

        with lambda_function(HANDLER, environment | account(aws_url), timeout=60) as function:
            installation.deliver(function, is_told)
            assert "job waits for a limit" in function.log
            assert "job failed" not in function.log


def test_who_agrees_to_a_price_in_slack_begins_a_run_that_is_agreed_to(installation: Account) -> None:
    payload = {"source": HANDBOOK, "by": ADA, "full": "", "agreed": "1", "team": "T1", "channel": "D1", "ts": "1.0"}
    installation.sqs.purge_queue(QueueUrl=installation.queue)
    jobs = IngestJobs(installation.app, lambda *_: pytest.fail("the last worker of the run tells"))
    jobs.work(Job(JobId("r1"), JobKind.INGEST, datetime.now(UTC), payload), NEVER, False)
    (message,) = installation.sqs.receive_message(QueueUrl=installation.queue)["Messages"]
    assert read(message["Body"]).payload["agreed"] == "1"


def test_a_job_of_another_kind_is_refused(installation: Account, function: Function) -> None:
    installation.sqs.purge_queue(QueueUrl=installation.queue)
    strange = Job(JobId("z1"), JobKind.ZENDESK, datetime.now(UTC), {"ticket": "1"})
    installation.sqs.send_message(QueueUrl=installation.queue, MessageBody=written(strange))
    message = installation.sqs.receive_message(QueueUrl=installation.queue, AttributeNames=["All"])["Messages"][0]
    _, answer = function.invoke(records([message]))
    assert len(answer["batchItemFailures"]) == 1


def test_from_a_terminal_it_is_watched_and_rolled_back(installation: Account, function: Function) -> None:
    environment = {f"SUPPORTBOT_{name.upper()}": value for name, value in installation.settings.items()}

    def supportbot(*arguments: str) -> subprocess.Popen[str]:
        command, env = [sys.executable, "-m", "bot.cli", *arguments], os.environ | environment
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env)

    installation.s3.put_bucket_notification_configuration(Bucket="documents", NotificationConfiguration={})
    installation.sqs.purge_queue(QueueUrl=installation.queue)
    for days in ("thirty", "sixty"):
        installation.put(refunds=f"# Refunds\n\nWithin {days} days.")
        with supportbot("ingest", "handbook") as watching:
            installation.deliver(function, lambda watching=watching: watching.poll() is not None)  # type: ignore[misc]
            assert watching.stdout is not None
            assert "1 written" in watching.stdout.read()
    with supportbot("rollback") as asked:
        said, trouble = asked.communicate()
        assert "answers now" in said, trouble
    assert (installation.found("thirty"), installation.found("sixty")) == (["refunds"], [])
    of_sixty, of_thirty = installation.app.runs.history(HANDBOOK)
    known = installation.app.runs.knowledge_as_of()
    assert known is not None
    assert of_thirty.started - timedelta(seconds=1) < known < of_sixty.started
    job = written(
        Job(JobId("c1"), JobKind.ROLLBACK, datetime.now(UTC), {"team": "T1"})
    )  # as Slack's worker asks for it
    for _ in range(2):
        installation.sqs.send_message(QueueUrl=installation.queue, MessageBody=job)
    assert installation.deliver(function, lambda: installation.found("sixty") == ["refunds"]) <= 2


def test_who_asked_in_slack_is_told_of_a_run_that_failed_and_why(installation: Account, aws_url: str) -> None:
    with Workspace(limits=False) as slack:
        ada = slack.add_person("Ada", role="admin")
        channel = slack.direct(ada)
        client = WebClient(slack.token, base_url=slack.url, retry_handlers=[])
        placed = str(client.chat_postMessage(channel=channel.id, text="…")["ts"])
        more = {"team": slack.team.id, "channel": channel.id, "ts": placed}
        fanning.begin(installation.app, HANDBOOK, ADA, RunId("r1"), more=more)
        installation.s3.delete_bucket(Bucket="documents")
        stated = {**installation.settings, "slack_bot_token": slack.token, "slack_url": slack.url}
        environment = {f"SUPPORTBOT_{name.upper()}": value for name, value in stated.items()}
        with lambda_function(HANDLER, environment | account(aws_url), timeout=60) as function:
            installation.deliver(function, lambda: "ingested" in function.log)
            log = function.log
        (shown,) = (json.dumps(message.blocks) for message in slack.messages(channel))
    assert ":x:" in shown
    assert "NoSuchBucket" in shown
    assert '"state":"failed"' in log.replace(" ", "")
    assert "RunsFailed" in log
    assert "telemetry failed" not in log


def test_a_program_with_the_right_begins_a_run_and_is_told_of_it(installation: Account, function: Function) -> None:
    installation.s3.put_bucket_notification_configuration(Bucket="documents", NotificationConfiguration={})
    installation.put(refunds="# Refunds\n\nWithin thirty days.")
    known = [CALLERS[0] | {"ingest": True, "sources": [HANDBOOK]}, CALLERS[1]]
    settings = msgspec.structs.replace(installation.app.settings, api_callers=json.dumps(known))
    api = Api(settings, App(settings))

    def call(method: str, path: str, body: object = None, caller: str = "intranet") -> Reply:
        return reply(api.handle(event(method, path, body, caller=caller), Context()))

    assert call("POST", "/ingest", {"source": HANDBOOK}, "website").status == 403
    assert call("POST", "/ingest", {"source": "salaries"}).status == 403
    begun = call("POST", "/ingest", {"source": HANDBOOK})
    assert (begun.status, begun.json["state"]) == (202, "waiting")
    assert call("POST", "/ingest", {"source": HANDBOOK}).status == 409
    installation.deliver(function, lambda: installation.is_done(begun.json["run"]))
    told = call("GET", f"/ingest/{HANDBOOK}").json["runs"][0]
    assert (told["id"], told["state"], told["written"]) == (begun.json["run"], "done", 1)
