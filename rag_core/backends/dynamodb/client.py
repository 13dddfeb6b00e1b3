"""Requests to one DynamoDB table, and its errors as ours.

boto3's own retries are off and its timeouts short: `calling` retries, and is the only one.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

import boto3
from botocore.config import Config
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

from rag_core.backends.dynamodb.table import Item
from rag_core.calling import Dependency, Patience
from rag_core.domain import Deadline
from rag_core.errors import MisconfiguredError, RejectedError, SupportBotError, UnavailableError

WHAT = "DynamoDB"
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html, and the reasons for which
# a transaction is cancelled: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
TEMPORARY = frozenset(
    """ProvisionedThroughputExceededException ProvisionedThroughputExceeded ThrottlingException ThrottlingError
    Throttling RequestLimitExceeded LimitExceededException InternalServerError InternalFailure ServiceUnavailable
    ServiceUnavailableException TransactionInProgressException TransactionConflictException RequestTimeout
    RequestTimeoutException""".lower().split()
)
CONTENDED = frozenset(("conditionalcheckfailed", "conditionalcheckfailedexception", "transactionconflict"))
REFUSED = frozenset(
    """AccessDeniedException UnrecognizedClientException ExpiredTokenException ExpiredToken InvalidSignatureException
    IncompleteSignatureException MissingAuthenticationTokenException MissingAuthenticationToken
    ResourceNotFoundException""".lower().split()
)
PATIENCE = Patience()


@dataclass(frozen=True, slots=True)
class Connection:
    """How DynamoDB is reached; times in seconds."""

    region: str
    endpoint_url: str | None = None  # of a VPC endpoint, or of a test
    connect_timeout: float = 1.0
    read_timeout: float = 2.0
    longest: float = 5.0  # that one claim, one record or one page of a list may take, retries included
    connections: int = 50  # open at once


class Table:
    """One table, by its name; safe to share between threads."""

    def __init__(
        self,
        name: str,
        connection: Connection,
        patience: Patience = PATIENCE,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._name, self.clock = name, clock
        self._client = client(connection)
        self._dependency = Dependency(WHAT, patience)
        self._timeout, self._longest = connection.connect_timeout + connection.read_timeout, connection.longest

    def deadline(self) -> Deadline:
        return Deadline.within(self._longest)

    def get(self, key: Item, deadline: Deadline) -> Item:
        """As it was last written; empty where there is none."""
        found = self._ask("get_item", deadline, TableName=self._name, Key=key, ConsistentRead=True)
        return cast(Item, (found or {}).get("Item", {}))

    def put(self, item: Item, deadline: Deadline, **condition: Any) -> bool:
        """False when the condition does not hold."""
        return self._ask("put_item", deadline, TableName=self._name, Item=item, **condition) is not None

    def delete(self, key: Item, deadline: Deadline, **condition: Any) -> bool:
        return self._ask("delete_item", deadline, TableName=self._name, Key=key, **condition) is not None

    def write(self, actions: Sequence[tuple[str, Mapping[str, Any]]], deadline: Deadline) -> bool:
        """All of them or, when a condition does not hold or others write to the same items at this moment, none."""
        items = [{kind: {"TableName": self._name, **action}} for kind, action in actions]
        return self._ask("transact_write_items", deadline, TransactItems=items) is not None

    def find(self, condition: str, values: Item, **how: Any) -> Iterator[Item]:
        """The items of a query, page by page as they are asked for."""
        request = {"KeyConditionExpression": condition, "ExpressionAttributeValues": values, **how}
        more: dict[str, Any] = {}
        while True:
            page = self._ask("query", self.deadline(), TableName=self._name, **request, **more) or {}
            yield from page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            more = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    def _ask(self, operation: str, deadline: Deadline, **request: Any) -> dict[str, Any] | None:
        """None when the write's condition does not hold: an answer like others, and no failure."""

        def attempt(_seconds: float) -> dict[str, Any] | None:
            with translated(WHAT):
                try:
                    return cast(dict[str, Any], getattr(self._client, operation)(**request))
                except ClientError as error:
                    if contended(error):
                        return None
                    raise

        return self._dependency.call(attempt, timeout=self._timeout, deadline=deadline)


def client(connection: Connection) -> Any:
    config = Config(
        region_name=connection.region,
        connect_timeout=connection.connect_timeout,
        read_timeout=connection.read_timeout,
        max_pool_connections=connection.connections,
        retries={"total_max_attempts": 1, "mode": "standard"},
        tcp_keepalive=True,
    )
    with translated(WHAT):
        return cast(Any, boto3).client("dynamodb", endpoint_url=connection.endpoint_url, config=config)


def contended(error: ClientError) -> bool:
    """Somebody else wrote, and nothing is wrong with the table; else a transaction may be tried as it is."""
    codes = _codes(error)
    return bool(codes) and codes <= CONTENDED


@contextmanager
def translated(what: str) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        raise _of_response(what, error) from error
    except (NoCredentialsError, PartialCredentialsError) as error:
        raise MisconfiguredError(f"there are no AWS credentials for {what}: {error}") from error
    except (HTTPClientError, BotoConnectionError, HTTPError, OSError) as error:
        raise UnavailableError(f"{what} cannot be reached ({type(error).__name__}): try again") from error
    except ResponseParserError as error:
        raise UnavailableError(f"{what} sent half an answer ({type(error).__name__}): try again") from error
    except BotoCoreError as error:
        raise MisconfiguredError(f"{what} cannot be called: {error}") from error


def _codes(error: ClientError) -> set[str]:
    """Why: of a cancelled transaction the reasons, which come one an action, "None" for those that were well."""
    reasons = cast(dict[str, Any], error.response).get("CancellationReasons", [])
    codes = {str(reason.get("Code", "None")).lower() for reason in reasons} - {"none"}
    return codes or {error.response["Error"].get("Code", "").lower()}


def _of_response(what: str, error: ClientError) -> SupportBotError:
    codes, status = _codes(error), error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    named = ", ".join(sorted(codes))
    if codes & TEMPORARY or status >= 500:  # a cancelled transaction's reasons may be of several kinds
        return UnavailableError(f"{what} is busy ({named}): try again")
    if codes & REFUSED:
        return MisconfiguredError(f"{what} may not be used ({named}): {error.response['Error'].get('Message', '')}")
    return RejectedError(f"{what} refused the request ({named})")  # its message may quote what was written
