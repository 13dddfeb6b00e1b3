"""The boto3 client, and its errors as ours.

Its own retries are off and its timeouts short: `calling` retries, and is the only one.
"""

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


@dataclass(frozen=True, slots=True)
class Connection:
    """How Bedrock is reached; times in seconds."""

    region: str
    endpoint_url: str | None = None  # of a VPC endpoint, or of a test
    connect_timeout: float = 2.0
    read_timeout: float = 10.0  # between two pieces of a response, not for all of it
    connections: int = 50  # open at once


def client(service: str, connection: Connection) -> Any:
    config = Config(
        region_name=connection.region,
        connect_timeout=connection.connect_timeout,
        read_timeout=connection.read_timeout,
        max_pool_connections=connection.connections,
        retries={"total_max_attempts": 1, "mode": "standard"},
        tcp_keepalive=True,
    )
    with translated("Bedrock"):
        return cast(Any, boto3).client(service, endpoint_url=connection.endpoint_url, config=config)


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
    except BotoCoreError as error:
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
