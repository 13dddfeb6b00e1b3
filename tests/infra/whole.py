"""A whole deployment on one machine: the built package in Lambda's runtime, queues, bucket, index, cache, an HTTP API.

moto stands for AWS, wire-level fakes for Bedrock, Slack and Zendesk; OpenSearch and Redis are real. What feeds a
function from a queue, and what hands it a request, is AWS's own part and is played here.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import boto3

from tests.bot.handlers.starting import account, records
from tests.fakes.aws_wire import create_table
from tests.infra.unpacking import Unpacked
from tests.services.aws import REGION
from tests.services.lambda_runtime import Function, lambda_function

TIMEOUTS = {"query": 29, "ingress": 10, "worker": 60, "ingest": 900}
QUEUES = {"jobs": "worker", "ingestions": "ingest"}
TO_INGRESS = ("/slack/", "/zendesk/webhook")  # the routes of the template


@dataclass(frozen=True)
class Whole:
    """A deployment that runs."""

    url: str  # of the API
    functions: Mapping[str, Function]

    def log(self) -> list[dict[str, Any]]:
        """What all functions said."""
        said = "\n".join(each.log for each in self.functions.values())
        return [json.loads(line) for line in said.splitlines() if line.startswith("{")]

    def wait(self, true: Callable[[], object], seconds: float = 120) -> None:
        until = time.monotonic() + seconds
        while not true():
            if time.monotonic() > until:
                raise AssertionError("it does not come:\n" + "\n".join(each.log for each in self.functions.values()))
            time.sleep(0.1)


class Stacked:
    """What stands before the functions are there: their settings name it."""

    def __init__(self, aws_url: str) -> None:
        self.aws_url, self.s3, self.sqs = aws_url, boto3.client("s3"), boto3.client("sqs")
        for bucket in ("documents", "staging"):
            self.s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        self.queues = {name: self._queue(name) for name in QUEUES}
        told = {"QueueArn": self._arn("ingestions"), "Events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"]}
        self.s3.put_bucket_notification_configuration(
            Bucket="documents", NotificationConfiguration={"QueueConfigurations": [told]}
        )
        create_table(aws_url, "supportbot")

    def _queue(self, name: str) -> str:
        dead = self.sqs.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
        redrive = json.dumps({"deadLetterTargetArn": self._arn(f"{name}-dead", dead), "maxReceiveCount": 5})
        attributes = {"VisibilityTimeout": "60", "RedrivePolicy": redrive}
        return str(self.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"])

    def _arn(self, name: str, url: str = "") -> str:
        asked = self.sqs.get_queue_attributes(QueueUrl=url or self.queues[name], AttributeNames=["QueueArn"])
        return str(asked["Attributes"]["QueueArn"])

    def put(self, key: str, text: str) -> None:
        self.s3.put_object(Bucket="documents", Key=key, Body=text.encode())

    def dead(self) -> int:
        """Messages that were put aside."""
        urls = [self.sqs.get_queue_url(QueueName=f"{name}-dead")["QueueUrl"] for name in QUEUES]
        counted = [self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"] for url in urls]
        return sum(int(each["ApproximateNumberOfMessages"]) for each in counted)

    @contextmanager
    def running(self, package: Unpacked, stated: Mapping[str, str]) -> Iterator[Whole]:
        """The four functions, fed."""
        env = {f"SUPPORTBOT_{name.upper()}": value for name, value in stated.items()}
        env |= account(self.aws_url) | dict(package.env)
        with ExitStack() as stack:
            functions = {
                name: stack.enter_context(
                    lambda_function(
                        f"bot.handlers.{name}.handle", env, timeout=timeout, root=package.root, python=package.python
                    )
                )
                for name, timeout in TIMEOUTS.items()
            }
            stack.enter_context(self._feeding(functions))
            yield Whole(stack.enter_context(api(functions)), functions)

    @contextmanager
    def _feeding(self, functions: Mapping[str, Function]) -> Iterator[None]:
        """Each queue into its function, as an event source does: what failed is left to come again."""
        ended = Event()

        def feed(url: str, function: Function) -> None:
            sqs = boto3.client("sqs", endpoint_url=self.aws_url)
            while not ended.is_set():
                asked = sqs.receive_message(QueueUrl=url, AttributeNames=["All"], WaitTimeSeconds=1)
                for message in asked.get("Messages", []):
                    _, answer = function.invoke(records([message]), timeout=120)
                    if isinstance(answer, dict) and answer.get("batchItemFailures") == []:
                        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

        feeders = [Thread(target=feed, args=(self.queues[name], functions[to])) for name, to in QUEUES.items()]
        for each in feeders:
            each.start()
        try:
            yield
        finally:
            ended.set()
            for each in feeders:
                each.join(150)


@contextmanager
def api(functions: Mapping[str, Function]) -> Iterator[str]:
    """The HTTP API's url: its routes are the template's."""
    locks = {name: Lock() for name in functions}  # the emulator takes one event at a time

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            path, body = self.path, self.rfile.read(int(self.headers.get("Content-Length") or 0))
            name = "ingress" if path.startswith(TO_INGRESS) else "query"
            with locks[name]:
                _, reply = functions[name].invoke(event(self.command, path, self.headers, body))
            content = str(reply.get("body", "")).encode()
            self.send_response(reply.get("statusCode", 502))
            for header, value in reply.get("headers", {}).items():
                if header.lower() != "content-length":
                    self.send_header(header, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def event(method: str, target: str, headers: Any, body: bytes) -> dict[str, Any]:
    """As API Gateway's payload 2.0 has it."""
    parts = urlsplit(target)
    return {
        "version": "2.0",
        "rawPath": parts.path,
        "rawQueryString": parts.query,
        "queryStringParameters": dict(parse_qsl(parts.query)),
        "headers": {name.lower(): value for name, value in headers.items()},
        "body": body.decode(errors="replace"),
        "isBase64Encoded": False,
        "requestContext": {
            "http": {"method": method, "path": parts.path, "sourceIp": "127.0.0.1"},
            "stage": "$default",
        },
    }
