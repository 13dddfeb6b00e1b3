"""How Bedrock is asked, and its errors as ours."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from rag_core.backends import boto

LEAST = 0.5  # seconds: who waits less never hears anything
# https://docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html, in the forms of a response and of a stream;
# a number is the status of an answer that is not Bedrock's own, where a stream states none
BEDROCK = boto.Service(
    "Bedrock",
    temporary=boto.codes(
        """ModelTimeoutException ModelNotReadyException ModelErrorException ModelStreamErrorException
        ServiceQuotaExceededException 429 500 502 503 504"""
    ),
    # whatever else it refuses was our request, by the settings: no caller wrote it, and no caller can mend it
)


@dataclass(frozen=True, slots=True)
class Connection(boto.Connection):
    """How Bedrock is reached; times in seconds."""

    connect_timeout: float = 2.0
    read_timeout: float = 10.0


class Clients:
    """One client of a service, and how long a request waits: a person has less and less time."""

    def __init__(self, service: str, connection: Connection) -> None:
        self._client = boto.client(BEDROCK, service, connection)
        self.read_timeout, self.longest = connection.read_timeout, connection.timeout

    def within(self, seconds: float) -> "_Hurried":
        """It waits no longer than that for the next piece of a response; at least half a second."""
        return _Hurried(self._client, min(max(seconds, LEAST), self.read_timeout))


class _Hurried:
    """The client, whose every request waits so long."""

    def __init__(self, client: Any, read_timeout: float) -> None:
        self._client, self._read_timeout = client, read_timeout

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        called = partial(getattr(self._client, operation), **{boto.READ_TIMEOUT: self._read_timeout})
        return cast(Callable[..., Any], called)


def translated(what: str) -> AbstractContextManager[None]:
    """`what` is named in the message: a model, for a person."""
    return boto.translated(BEDROCK, what)
