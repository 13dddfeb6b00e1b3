import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from rag_core.backends.sqs import Queue, SqsQueue
from tests.bot.api.asking import REFUND, Client
from tests.bot.api.wired import DRAFTS, KILL, LATER
from tests.bot.handlers.starting import WIRED, WORKER, account, environment, records
from tests.services.lambda_runtime import Function, lambda_function

TRIES = 5


@dataclass
class Queues:
    """One queue and its dead-letter queue on moto; a message that was not deleted is visible again at once."""

    url: str
    dead: str

    def __post_init__(self) -> None:
        self.sqs: Any = boto3.client("sqs")

    def receive(self) -> list[Mapping[str, Any]]:
        asked = {"MaxNumberOfMessages": 10, "AttributeNames": ["All"], "VisibilityTimeout": 0}
        found: list[Mapping[str, Any]] = self.sqs.receive_message(QueueUrl=self.url, **asked).get("Messages", [])
        return found

    def done(self, messages: list[Mapping[str, Any]], answer: Any) -> None:
        """As the event source does with ReportBatchItemFailures; an invocation that failed has done none."""
        failed = {each["itemIdentifier"] for each in answer["batchItemFailures"]}
        for message in messages:
            if message["MessageId"] not in failed:
                self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])

    def bodies_of_the_dead(self) -> list[str]:
        found = self.sqs.receive_message(QueueUrl=self.dead, MaxNumberOfMessages=10)
        return [message["Body"] for message in found.get("Messages", [])]

    def drain(self, function: Function) -> int:
        """Deliver until nothing is left; gives the number of invocations."""
        for number in range(50):
            messages = self.receive()
            if not messages:
                return number
            self.done(messages, function.invoke(records(messages))[1])
        raise AssertionError("it does not end")


@pytest.fixture
def queues(aws_url: str) -> Queues:  # noqa: ARG001 - moto is up
    sqs: Any = boto3.client("sqs")
    dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": TRIES})
    url = sqs.create_queue(QueueName="jobs", Attributes={"RedrivePolicy": policy, "VisibilityTimeout": "0"})["QueueUrl"]
    return Queues(url, dead)


@pytest.fixture
def client(home: Path, queues: Queues, aws_url: str) -> Client:
    client = Client(home)
    client.parts._queue = SqsQueue(Queue(queues.url, "eu-central-1", aws_url))
    return client


def ids(client: Client, *queries: str) -> list[str]:
    return [client.ask(query, later=True).json["question_id"] for query in queries]


def statuses(client: Client, names: list[str]) -> list[int]:
    return [client.call("GET", f"/answers/{name}").status for name in names]


def test_of_ten_with_one_poisoned_nine_are_done_once(client: Client, home: Path, queues: Queues, aws_url: str) -> None:
    names = ids(client, *[f"{REFUND} ({number})" for number in range(9)])
    queues.sqs.send_message(QueueUrl=queues.url, MessageBody="canary: not a job")
    with lambda_function(WIRED, environment(home) | account(aws_url)) as function:
        queues.drain(function)
        said = function.log
    assert statuses(client, names) == [200] * 9
    assert sorted(client.parts.drafts) == sorted(names)
    assert queues.bodies_of_the_dead() == ["canary: not a job"]
    assert "canary" not in said
    assert said.count("job failed") == TRIES
    assert "Traceback" not in said


def test_a_worker_killed_amid_a_batch_loses_and_repeats_nothing(
    client: Client, home: Path, queues: Queues, aws_url: str
) -> None:
    names = ids(client, REFUND, f"{REFUND} kill", f"{REFUND} again")
    (home / KILL).touch()
    with lambda_function(WIRED, environment(home) | account(aws_url)) as function:
        messages = sorted(queues.receive(), key=lambda each: names.index(json.loads(each["Body"])["id"]))
        _, died = function.invoke(records(messages))
        assert "batchItemFailures" not in died
        assert statuses(client, names) == [200, 202, 202]
        _, held = function.invoke(records(messages))  # redelivered while the dead one's claim still stands
        assert [each["itemIdentifier"] for each in held["batchItemFailures"]] == [messages[1]["MessageId"]]
        (home / LATER).touch()
        _, done = function.invoke(records(messages))
        assert done == {"batchItemFailures": []}
    assert statuses(client, names) == [200, 200, 200]
    drafts = (home / DRAFTS).read_text().split()
    assert [drafts.count(name) for name in names] == [1, 2, 1]  # the second's first draft died with the worker


def test_what_fails_for_now_fails_alone(client: Client, home: Path, queues: Queues, aws_url: str) -> None:
    names = ids(client, f"{REFUND} down", REFUND, f"{REFUND} crash")
    with lambda_function(WIRED, environment(home) | account(aws_url)) as function:
        queues.drain(function)
    assert statuses(client, names) == [202, 200, 202]
    assert sorted(json.loads(body)["id"] for body in queues.bodies_of_the_dead()) == sorted([names[0], names[2]])
    assert client.parts.drafts.count(names[1]) == 1


def test_the_function_as_it_is_deployed_answers(client: Client, home: Path, queues: Queues, aws_url: str) -> None:
    names = ids(client, REFUND)
    env = environment(home, queue_url=queues.url, aws_url=aws_url) | account(aws_url)
    with lambda_function(WORKER, env) as function:
        assert queues.drain(function) == 1
        assert '"JobsDone"' in function.log
    assert statuses(client, names) == [200]


def test_a_batch_that_takes_too_long_is_ended_by_us(client: Client, home: Path, queues: Queues, aws_url: str) -> None:
    names, started = ids(client, f"{REFUND} stall", f"{REFUND} (2)"), time.monotonic()
    with lambda_function(WIRED, environment(home) | account(aws_url), timeout=6) as function:
        messages = sorted(queues.receive(), key=lambda each: names.index(json.loads(each["Body"])["id"]))
        _, answer = function.invoke(records(messages))
    assert len(answer["batchItemFailures"]) == 2
    assert time.monotonic() - started < 20
    assert client.parts.drafts == names[:1]
