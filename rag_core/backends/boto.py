"""boto3's clients and its errors, for every service of AWS that we ask.

Its own retries are off and its timeouts short: `calling` retries, and is the only one. It knows no backend.
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

READ_TIMEOUT = "read_timeout"  # a parameter of every request, beside those of its service
_MAKING = threading.Lock()  # boto3's default session must not be shared by threads while it makes clients


def codes(listed: str) -> frozenset[str]:
    """Of errors, as AWS's documents spell them: in lower case, since a stream spells them otherwise."""
    return frozenset(listed.lower().split())


# those of all services, whatever their protocol: https://docs.aws.amazon.com/awssupport/latest/APIReference/CommonErrors.html
TEMPORARY = codes(
    """InternalError InternalFailure InternalServerError InternalServerException RequestLimitExceeded RequestThrottled
    RequestTimeout RequestTimeoutException ServiceUnavailable ServiceUnavailableException Throttling ThrottlingError
    ThrottlingException TooManyRequestsException"""
)
REFUSED = codes(
    """AccessDenied AccessDeniedException ExpiredToken ExpiredTokenException IncompleteSignature
    IncompleteSignatureException InvalidClientTokenId InvalidSignatureException MissingAuthenticationToken
    MissingAuthenticationTokenException SignatureDoesNotMatch UnrecognizedClientException"""
)


@dataclass(frozen=True, slots=True)
class Service:
    """How one service says no, beside what all of them say."""

    title: str  # for a person
    temporary: frozenset[str] = frozenset()
    refused: frozenset[str] | None = None  # for an operator to mend; None: whatever is not temporary is
    advice: str = ""  # to that operator, in place of AWS's own words


@dataclass(frozen=True, slots=True)
class Connection:
    """How a service is reached; times in seconds."""

    region: str  # empty: as boto3 finds it
    endpoint_url: str | None = None  # of a VPC endpoint, or of a test
    connect_timeout: float = 1.0
    read_timeout: float = 2.0  # between two pieces of a response, not for all of it
    connections: int = 50  # open at once

    @property
    def timeout(self) -> float:
        """After which one that does not answer is given up."""
        return self.connect_timeout + self.read_timeout


def client(service: Service, name: str, connection: Connection) -> Any:
    """boto3's, by its `name` there. One request may wait less for a piece of its response: `read_timeout=` seconds."""
    config = Config(
        region_name=connection.region or None,
        connect_timeout=connection.connect_timeout,
        read_timeout=connection.read_timeout,
        max_pool_connections=connection.connections,
        retries={"total_max_attempts": 1, "mode": "standard"},
        tcp_keepalive=True,
    )
    try:
        with translated(service), _MAKING:
            made = cast(Any, boto3).client(name, endpoint_url=connection.endpoint_url, config=config)
    except ValueError as error:  # an endpoint that is no URL
        raise MisconfiguredError(f"{service.title} cannot be called: {error}") from error
    made.meta.events.register("provide-client-params", _hurried)
    return made


def _hurried(params: dict[str, Any], context: dict[str, Any], **_: object) -> None:
    """A request's own timeout goes where botocore looks for it: https://github.com/boto/botocore/pull/3770."""
    if READ_TIMEOUT in params:
        context["read_timeout"] = params.pop(READ_TIMEOUT)


@contextmanager
def translated(service: Service, what: str = "") -> Iterator[None]:
    """What boto3 raises as ours; `what` is named in the message: the service, unless a person knows it better."""
    what = what or service.title
    try:
        yield
    except ClientError as error:  # EventStreamError, which a stream raises, is one
        raise _of_response(service, what, error) from error
    except (NoCredentialsError, PartialCredentialsError) as error:
        raise MisconfiguredError(f"there are no AWS credentials for {what}: {error}") from error
    except (HTTPClientError, BotoConnectionError, HTTPError, OSError) as error:
        raise UnavailableError(f"{what} cannot be reached ({type(error).__name__}): try again") from error
    except (FrameError, ResponseParserError) as error:
        raise UnavailableError(f"{what} sent half an answer ({type(error).__name__}): try again") from error
    except BotoCoreError as error:
        raise MisconfiguredError(f"{what} cannot be called: {error}") from error


def reasons(error: ClientError) -> frozenset[str]:
    """Why it says no: of a cancelled DynamoDB transaction for each of its actions, "None" for those that were well."""
    stated = cast(dict[str, Any], error.response).get("CancellationReasons", [])
    found = {str(each.get("Code", "None")).lower() for each in stated} - {"none"}
    return frozenset(found or {_code(error).lower()})


def _of_response(service: Service, what: str, error: ClientError) -> SupportBotError:
    found, metadata = reasons(error), cast(dict[str, Any], error.response).get("ResponseMetadata", {})
    message, status = error.response["Error"].get("Message", ""), metadata.get("HTTPStatusCode", 0)
    named = ", ".join(sorted(found)) if "CancellationReasons" in error.response else _code(error) or status
    untold = not status and not _code(error)
    # reasons may be of several kinds
    if untold or found & (TEMPORARY | service.temporary) or status == 429 or status >= 500:
        asked = _seconds(metadata.get("HTTPHeaders", {}).get("retry-after"))
        return UnavailableError(f"{what} is busy ({named or 'it does not say why'}): try again", retry_after=asked)
    if service.refused is None or found & (REFUSED | service.refused):
        return MisconfiguredError(f"{what} may not be used ({named}): {service.advice or message}")
    return RejectedError(f"{what} refused the request ({named})")


def _code(error: ClientError) -> str:
    """Without the namespace that some services write before it."""
    return error.response["Error"].get("Code", "").rpartition("#")[2]


def _seconds(value: str | None) -> float | None:
    return float(value) if value and value.replace(".", "", 1).isdecimal() else None
