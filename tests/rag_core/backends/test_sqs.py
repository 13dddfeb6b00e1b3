"""Jobs over the wire: none lost, none with a url, nothing of an unknown form done."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace

import boto3
import pytest

from rag_core.backends.sqs import Queue, SqsQueue
from rag_core.calling import Patience
from rag_core.domain import Deadline
from rag_core.errors import MisconfiguredError, RejectedError, UnavailableError
from rag_core.jobs import Job, JobKind
from rag_core.messaging import LEFT, read, written
from rag_core.ports import JobQueue
from tests.contracts.jobs import INGESTION, Delivered, JobsContract, job
from tests.fakes.aws_wire import Wire, laid, lost, refused, reset
from tests.making import question
from tests.services.aws import REGION
from tests.services.ports import free_port

QUICK = Patience(first_wait=0.01, longest_wait=0.02)


@pytest.fixture
def wire(aws_url: str) -> Iterator[Wire]:  # noqa: ARG001 - of whose session it is laid in
    with laid("sqs") as wire:
        yield wire


@pytest.fixture
def address(aws_url: str, wire: Wire) -> Queue:  # noqa: ARG001 - laid before a client is made
    return Queue(boto3.client("sqs").create_queue(QueueName="jobs")["QueueUrl"], REGION, aws_url)


def bodies(address: Queue) -> list[str]:
    """What lies there now."""
    client, found = boto3.client("sqs", endpoint_url=address.endpoint_url), list[str]()
    while messages := client.receive_message(QueueUrl=address.url, MaxNumberOfMessages=10).get("Messages"):
        found += [message["Body"] for message in messages]
    return found


class TestSqsQueue(JobsContract):
    @pytest.fixture
    def queue(self, address: Queue) -> JobQueue:
        return SqsQueue(address, QUICK)

    @pytest.fixture
    def delivered(self, queue: JobQueue, address: Queue) -> Delivered:
        def receive(count: int) -> list[Job]:
            jobs = [read(body) for body in bodies(address)]
            assert len(jobs) == count
            return jobs

        return receive

    @pytest.fixture
    def unavailable(self, aws_url: str) -> JobQueue:
        gone = f"http://127.0.0.1:{free_port()}"
        return SqsQueue(Queue(f"{gone}/123456789012/jobs", REGION, gone), QUICK)

    @pytest.mark.parametrize("fault", [reset, refused("RequestThrottled"), refused("InternalFailure", 500)])
    def test_trouble_is_waited_out(self, wire: Wire, address: Queue, fault: object) -> None:
        wire.fail("SendMessage", fault, 2)  # type: ignore[arg-type]
        SqsQueue(address, QUICK).send(job())
        assert [read(body) for body in bodies(address)] == [job()]
        assert wire.count("SendMessage") == 3  # boto3 retried none by itself

    def test_a_lost_response_sends_twice_what_one_id_tells(self, wire: Wire, address: Queue) -> None:
        wire.fail("SendMessage", lost)
        SqsQueue(address, QUICK).send(job())
        assert [read(body) for body in bodies(address)] == [job(), job()]

    def test_it_is_not_tried_beyond_the_deadline(self, wire: Wire, address: Queue) -> None:
        wire.fail("SendMessage", reset, 9)
        started = time.monotonic()
        with pytest.raises(UnavailableError):
            SqsQueue(address, Patience(first_wait=5)).send(job(), deadline=Deadline.within(0.1))
        assert time.monotonic() - started < 1

    def test_a_queue_that_is_not_there_stops_an_operator(self, aws_url: str, wire: Wire) -> None:
        missing = Queue(f"{aws_url}/123456789012/missing", REGION, aws_url)
        with pytest.raises(MisconfiguredError, match="SQS may not be used"):
            SqsQueue(missing).send(job())
        assert wire.count("SendMessage") == 1

    def test_what_no_queue_takes_is_never_sent(self, wire: Wire, address: Queue) -> None:
        queue = SqsQueue(address)
        with pytest.raises(RejectedError, match="at most"):
            queue.send(replace(job(), question=question("é" * 200_000)))
        for value in ("https://hooks.slack.com/actions/T/1/secret", "see http://169.254.169.254"):
            with pytest.raises(RejectedError, match="url"):
                queue.send(replace(job(), payload={"reply": value}))
        assert wire.count("SendMessage") == 0


class TestMessage:
    def test_a_channels_event_may_name_addresses(self) -> None:
        sent = replace(job(), kind=JobKind.SLACK, question=None, event='{"response_url": "https://hooks.slack.com/x"}')
        assert read(written(sent)) == sent

    def test_it_is_data_with_a_version(self) -> None:
        message = json.loads(written(job()))
        assert message["version"] == 1
        assert message["question"]["text"] == job().question.text  # type: ignore[union-attr]

    @pytest.mark.parametrize(
        "change",
        [
            {"version": 0},
            {"version": None},
            {"kind": "delete https://evil.example"},
            {"kind": "answer", "question": None},
            {"kind": "slack", "question": None},
            {"event": "{}"},
            {"event": {}},
            {"question": {"id": "q1"}},
            {"question": "Why?"},
            {"payload": {"reply": "https://evil.example"}},
            {"payload": {"nested": {"a": 1}}},
            {"payload": None},
            {"id": 7},
            {"enqueued_at": "yesterday"},
        ],
    )
    def test_what_is_not_known_is_rejected_and_not_quoted(self, change: dict[str, object]) -> None:
        message = json.loads(written(job())) | change
        with pytest.raises(RejectedError) as raised:
            read(json.dumps(message))
        assert "Straße" not in str(raised.value)
        assert raised.value.__cause__ is None

    @pytest.mark.parametrize(
        ("change", "named"),
        [
            ({"version": 2, "question": "in another form"}, "version 2"),
            ({"kind": "survey", "question": None}, "the kind survey"),
            ({"priority": "Straße"}, "the field priority"),
            ({"question": {**json.loads(written(job()))["question"], "language": "de"}}, "the field language"),
        ],
    )
    def test_what_a_newer_release_sent_is_left_to_it(self, change: dict[str, object], named: str) -> None:
        message = json.loads(written(job())) | change
        with pytest.raises(UnavailableError, match=named) as raised:
            read(json.dumps(message))
        assert raised.value.retry_after == LEFT
        assert "Straße" not in str(raised.value)

    @pytest.mark.parametrize("body", ["", "null", "[]", "7", "{", '{"version": 1}', '{"Records": []}', "[" * 100_000])
    def test_what_is_no_message_is_rejected(self, body: str) -> None:
        with pytest.raises(RejectedError):
            read(body)

    def test_a_job_without_a_question_is_read(self) -> None:
        assert read(written(INGESTION)) == INGESTION


def test_a_message_that_is_postponed_comes_when_it_was_said(address: Queue) -> None:
    queue, client = SqsQueue(address), boto3.client("sqs")
    queue.send(job())
    (message,) = client.receive_message(QueueUrl=address.url, VisibilityTimeout=600)["Messages"]
    assert "Messages" not in client.receive_message(QueueUrl=address.url)
    queue.postpone(message["ReceiptHandle"], 0.2)
    time.sleep(1.2)  # SQS counts in whole seconds
    assert client.receive_message(QueueUrl=address.url)["Messages"]
