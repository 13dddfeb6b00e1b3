"""The boto3 client, and its errors as ours.

Its own retries are off and its timeouts short: `calling` retries, and is the only one.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

import boto3
from botocore.config import Config
from botocore.eventstream import ParserError as FrameError
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
)
from botocore.exceptions import ConnectionError as BotoConnectionError
from botocore.parsers import ResponseParserError
from urllib3.exceptions import HTTPError

from rag_core.errors import MisconfiguredError, RejectedError, SupportBotError, UnavailableError

# https://docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html, in the forms of a response and of a stream
TEMPORARY = frozenset(
    """ThrottlingException TooManyRequestsException ServiceUnavailableException InternalServerException
    ModelTimeoutException ModelNotReadyException ModelErrorException ModelStreamErrorException RequestTimeout
    RequestTimeoutException ServiceQuotaExceededException 500 502 503 504""".lower().split()
)
REFUSED = frozenset(
    """AccessDeniedException UnrecognizedClientException ExpiredTokenException InvalidSignatureException
    ResourceNotFoundException IncompleteSignature MissingAuthenticationToken""".lower().split()
)


WAITS = (0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0)  # seconds


@dataclass(frozen=True, slots=True)
class Connection:
    """How Bedrock is reached; times in seconds."""

    region: str
    endpoint_url: str | None = None  # of a VPC endpoint, or of a test
    connect_timeout: float = 2.0
    read_timeout: float = 10.0  # between two pieces of a response, not for all of it
    connections: int = 50  # open at once


class Clients:
    """Clients of one service by how long they wait: boto3 has one timeout a client, and a person less and less time."""

    def __init__(self, service: str, connection: Connection) -> None:
        self._service, self._connection, self._lock = service, connection, threading.Lock()
        self._made: dict[float, Any] = {}
        self.longest = connection.connect_timeout + connection.read_timeout
        self.within(self.longest)  # a wrong setting is told now

    def within(self, seconds: float) -> Any:
        """One that waits no longer than that for the next piece of a response; at least half a second."""
        waits = (each for each in WAITS if each <= min(seconds, self._connection.read_timeout))
        wait = self._connection.read_timeout if seconds >= self.longest else max(waits, default=WAITS[0])
        with self._lock:
            if wait not in self._made:
                self._made[wait] = self._client(wait)
            return self._made[wait]

    def _client(self, read_timeout: float) -> Any:
        connection = self._connection
        config = Config(
            region_name=connection.region,
            connect_timeout=min(connection.connect_timeout, read_timeout),
            read_timeout=read_timeout,
            max_pool_connections=connection.connections,
            retries={"total_max_attempts": 1, "mode": "standard"},
            tcp_keepalive=True,
        )
        with translated("Bedrock"):
            return cast(Any, boto3).client(self._service, endpoint_url=connection.endpoint_url, config=config)


@contextmanager
def translated(what: str) -> Iterator[None]:
    """`what` is named in the message: a model, for a person."""
    try:
        yield
    except ClientError as error:  # EventStreamError, which a stream raises, is one
        raise _of_response(what, error) from error
    except (NoCredentialsError, PartialCredentialsError) as error:
        raise MisconfiguredError(f"there are no AWS credentials for {what}: {error}") from error
    except (HTTPClientError, BotoConnectionError, HTTPError, OSError) as error:
        raise UnavailableError(f"{what} cannot be reached ({type(error).__name__}): try again") from error
    except (FrameError, ResponseParserError) as error:
        raise UnavailableError(f"{what} sent half an answer ({type(error).__name__}): try again") from error
    except (BotoCoreError, ValueError) as error:  # an endpoint that is no URL is a ValueError
        raise MisconfiguredError(f"{what} cannot be called: {error}") from error


def _of_response(what: str, error: ClientError) -> SupportBotError:
    code, message = error.response["Error"].get("Code", ""), error.response["Error"].get("Message", "")
    if code.lower() in TEMPORARY:
        headers = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
        return UnavailableError(f"{what} is busy ({code}): try again", retry_after=_seconds(headers.get("retry-after")))
    if code.lower() in REFUSED:
        return MisconfiguredError(f"{what} may not be used ({code}): {message}")
    return RejectedError(f"{what} refused the request ({code}): {message}")


def _seconds(value: str | None) -> float | None:
    return float(value) if value and value.replace(".", "", 1).isdecimal() else None
