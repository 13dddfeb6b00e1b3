"""What lies between boto3 and moto: real requests, one at a time, and faults on order.

moto's conditions and transactions are not atomic under threads (a cancelled transaction puts back a copy of the whole
table, and undoes what others wrote meanwhile): one request at a time is what DynamoDB's own atomicity looks like.
"""

import json
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any, cast

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError
from botocore.httpsession import URLLib3Session

from rag_core.backends.dynamodb.table import TABLE, TTL

Send = Callable[[AWSPreparedRequest], AWSResponse]
Fault = Callable[[AWSPreparedRequest, Send], AWSResponse]


class Wire:
    """Goes between for every client made while it is `laid`; faults happen to the next requests of an operation."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, dict[str, Any]]] = []
        self.before: dict[str, deque[Callable[[], object]]] = {}  # what somebody else does just before
        self._faults: dict[str, deque[Fault]] = {}
        self._lock, self._http = threading.RLock(), URLLib3Session()

    def fail(self, operation: str, fault: Fault, times: int = 1) -> None:
        self._faults.setdefault(operation, deque()).extend([fault] * times)

    def meanwhile(self, operation: str, act: Callable[[], object]) -> None:
        self.before.setdefault(operation, deque()).append(act)

    def count(self, operation: str) -> int:
        return sum(name == operation for name, _ in self.requests)

    def __call__(self, request: AWSPreparedRequest, event_name: str, **_: object) -> AWSResponse:
        operation = event_name.rpartition(".")[2]
        with self._lock:
            if acts := self.before.get(operation):
                acts.popleft()()
            self.requests.append((operation, _stated(request)))
            if faults := self._faults.get(operation):
                return faults.popleft()(request, self._http.send)
            response = self._http.send(request)
            assert response.content is not None
            return response


@contextmanager
def laid(service: str) -> Iterator[Wire]:
    """In the default session, of which a test's own `aws_url` makes a new one."""
    wire = Wire()
    boto3.setup_default_session()
    assert boto3.DEFAULT_SESSION is not None
    boto3.DEFAULT_SESSION.events.register(f"before-send.{service}", wire)  # type: ignore[arg-type]
    yield wire


def lost(request: AWSPreparedRequest, send: Send) -> AWSResponse:
    """It is done, and nobody hears of it."""
    send(request)
    raise ReadTimeoutError(endpoint_url=request.url)


def reset(request: AWSPreparedRequest, _send: Send) -> AWSResponse:
    """It never arrives."""
    raise ConnectionClosedError(endpoint_url=request.url)


def refused(code: str, status: int = 400, **more: object) -> Fault:
    body = json.dumps({"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "stated by a test", **more})

    def fault(request: AWSPreparedRequest, _send: Send) -> AWSResponse:
        headers = HTTPHeaders.from_dict({"content-type": "application/x-amz-json-1.0"})
        return AWSResponse(request.url, status, headers, Body(body.encode()))

    return fault


def cancelled(*codes: str) -> Fault:
    """A transaction, with a reason an action; a code is "None" where that action was well."""
    return refused("TransactionCanceledException", CancellationReasons=[{"Code": code} for code in codes])


def create_table(url: str, name: str) -> None:
    """In the account at `url`, as the product needs it."""
    client = cast(Any, boto3).client("dynamodb", endpoint_url=url)
    client.create_table(TableName=name, **TABLE)
    client.update_time_to_live(TableName=name, TimeToLiveSpecification={"Enabled": True, "AttributeName": TTL})


def _stated(request: AWSPreparedRequest) -> dict[str, Any]:
    assert isinstance(request.body, bytes)
    return dict(json.loads(request.body))


class Body(BytesIO):
    """Of an answer that nobody sent."""

    def stream(self, **_: object) -> Iterator[bytes]:
        yield self.read()
