"""AWS without boto3: signed as botocore signs, and the same JobQueue as with it."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials

from rag_core.backends.plain_aws.calling import Calls, Credentials, Service
from rag_core.backends.plain_aws.queue import PlainSqsQueue, Queue
from rag_core.backends.plain_aws.secrets import secret
from rag_core.calling import Patience
from rag_core.domain import Deadline
from rag_core.errors import MisconfiguredError, RejectedError, UnavailableError
from rag_core.jobs import Job
from rag_core.messaging import read
from rag_core.ports import JobQueue
from tests.contracts.jobs import Delivered, JobsContract, job
from tests.services.aws import REGION
from tests.services.ports import free_port

QUICK = Patience(first_wait=0.01, longest_wait=0.02)
KEYS = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "a session's token")


@pytest.fixture
def url(aws_url: str) -> str:  # noqa: ARG001 - moto is up
    return str(boto3.client("sqs").create_queue(QueueName="jobs")["QueueUrl"])


class TestPlainSqsQueue(JobsContract):
    @pytest.fixture
    def queue(self, url: str, aws_url: str) -> Iterator[JobQueue]:
        with closing(PlainSqsQueue(Queue(url, REGION, aws_url), KEYS, QUICK)) as queue:
            yield queue

    @pytest.fixture
    def delivered(self, queue: JobQueue, url: str) -> Delivered:
        def receive(count: int) -> list[Job]:
            client, found = boto3.client("sqs"), list[Job]()
            while messages := client.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
                found += [read(message["Body"]) for message in messages]
            assert len(found) == count
            return found

        return receive

    @pytest.fixture
    def unavailable(self) -> JobQueue:
        return PlainSqsQueue(Queue(f"http://127.0.0.1:{free_port()}/1/jobs", REGION), KEYS, QUICK)

    def test_a_queue_that_is_not_there_is_an_operators_affair(self, aws_url: str) -> None:
        missing = Queue(f"{aws_url}/123456789012/missing", REGION, aws_url)
        with (
            closing(PlainSqsQueue(missing, KEYS, QUICK)) as queue,
            pytest.raises(MisconfiguredError, match="SQS may not"),
        ):
            queue.send(job())


def test_a_secret_is_read(aws_url: str) -> None:
    client = boto3.client("secretsmanager")
    client.create_secret(Name="slack/signing", SecretString="shh")
    client.create_secret(Name="bytes", SecretBinary=b"shh")
    assert secret("slack/signing", REGION, KEYS, aws_url) == "shh"
    for name in ("missing", "bytes"):
        with pytest.raises(MisconfiguredError):
            secret(name, REGION, KEYS, aws_url)


@dataclass
class Wire:
    """A service that answers as it is told; "" closes the connection."""

    url: str = ""
    answers: list[tuple[int, bytes]] = field(default_factory=list)
    got: list[tuple[dict[str, str], bytes, Any]] = field(default_factory=list)


@pytest.fixture
def wire() -> Iterator[Wire]:
    found = Wire()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 5

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.got.append(({name.lower(): value for name, value in self.headers.items()}, body, self.client_address))
            status, answer = found.answers.pop(0) if found.answers else (200, b"{}")
            if not status:
                self.close_connection = True
                return
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        found.url = f"http://127.0.0.1:{server.server_port}"
        yield found
        server.shutdown()
        thread.join()


def calls(wire: Wire, credentials: Credentials = KEYS, **more: Any) -> closing[Calls]:
    return closing(Calls(Service("SQS", "sqs", "AmazonSQS", "1.0", REGION, wire.url), credentials, **more))


@pytest.mark.parametrize("credentials", [KEYS, Credentials(KEYS.key, KEYS.secret)])
def test_a_request_is_signed_as_botocore_signs_it(wire: Wire, credentials: Credentials) -> None:
    with calls(wire, credentials) as made:
        made.call("SendMessage", {"MessageBody": "größe 🧾"}, 5)
    ((headers, body, _),) = wire.got
    names = headers["authorization"].partition("SignedHeaders=")[2].partition(",")[0].split(";")
    assert ("x-amz-security-token" in names) == bool(credentials.token)
    request = AWSRequest("POST", f"{wire.url}/", {name: headers[name] for name in names}, body)
    request.context["timestamp"] = headers["x-amz-date"]
    signer = SigV4Auth(BotoCredentials(credentials.key, credentials.secret, credentials.token), "sqs", REGION)
    signature = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
    assert headers["authorization"].endswith(f"Signature={signature}")


@pytest.mark.parametrize(
    ("status", "answer", "kind"),
    [
        (500, b"<html>", UnavailableError),
        (503, b"{}", UnavailableError),
        (400, b'{"__type": "com.amazonaws.sqs#RequestThrottled"}', UnavailableError),
        (400, b'{"__type": "com.amazonaws.sqs#InvalidMessageContents"}', RejectedError),
        (400, b'{"__type": "com.amazonaws.sqs#QueueDoesNotExist"}', MisconfiguredError),
        (403, b'{"__type": "AccessDeniedException"}', MisconfiguredError),
        (403, b'{"__type": ["x"]}', MisconfiguredError),
        (200, b'{"half', UnavailableError),
        (200, b"[]", UnavailableError),
        (0, b"", UnavailableError),
    ],
)
def test_what_it_answers_is_told_by_what_to_do(wire: Wire, status: int, answer: bytes, kind: type[Exception]) -> None:
    wire.answers.append((status, answer))
    with calls(wire) as made, pytest.raises(kind):
        made.call("SendMessage", {}, 5)


def test_a_connection_is_used_again_while_it_is_fresh(wire: Wire) -> None:
    with calls(wire) as fresh:
        for _ in range(3):
            fresh.call("SendMessage", {}, 5)
    assert len({address for *_, address in wire.got}) == 1
    with calls(wire, idle=0.0) as stale:
        for _ in range(3):
            stale.call("SendMessage", {}, 5)
    assert len({address for *_, address in wire.got}) == 4


def test_trouble_is_waited_out_within_the_time_there_is(wire: Wire) -> None:
    wire.answers += [(0, b""), (500, b"")]
    with closing(PlainSqsQueue(Queue(f"{wire.url}/1/jobs", REGION), KEYS, QUICK)) as queue:
        queue.send(job(), deadline=Deadline.within(5))
    sent = [json.loads(body)["MessageBody"] for _, body, _ in wire.got]
    assert len(sent) == 3
    assert all(read(body) == job() for body in sent)
    wire.answers += [(500, b"")] * 9
    started = time.monotonic()
    impatient = PlainSqsQueue(Queue(f"{wire.url}/1/jobs", REGION), KEYS, Patience(first_wait=5))
    with closing(impatient), pytest.raises(UnavailableError):
        impatient.send(job(), deadline=Deadline.within(0.1))
    assert time.monotonic() - started < 1


def test_no_key_shows_when_it_is_printed() -> None:
    assert KEYS.secret not in repr(KEYS)
    assert KEYS.token not in repr(KEYS)
