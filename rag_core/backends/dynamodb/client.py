"""Requests to one DynamoDB table, and its errors as ours."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from botocore.exceptions import ClientError

from rag_core.backends import boto
from rag_core.backends.dynamodb.table import Item
from rag_core.calling import Dependency, Patience
from rag_core.domain import Deadline

# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html, and the reasons for which
# a transaction is cancelled: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
DYNAMODB = boto.Service(
    "DynamoDB",
    temporary=boto.codes(
        """ProvisionedThroughputExceededException ProvisionedThroughputExceeded LimitExceededException
        TransactionInProgressException TransactionConflictException"""
    ),
    refused=boto.codes("ResourceNotFoundException"),
)
CONTENDED = boto.codes("ConditionalCheckFailed ConditionalCheckFailedException TransactionConflict")
WHAT, PATIENCE = DYNAMODB.title, Patience()


@dataclass(frozen=True, slots=True)
class Connection(boto.Connection):
    """How DynamoDB is reached; times in seconds."""

    longest: float = 5.0  # that one claim, one record or one page of a list may take, retries included


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
        self._client = boto.client(DYNAMODB, "dynamodb", connection)
        self._dependency = Dependency(WHAT, patience)
        self._timeout, self._longest = connection.timeout, connection.longest

    def deadline(self) -> Deadline:
        return Deadline.within(self._longest)

    def get(self, key: Item, deadline: Deadline) -> Item:
        """As it was last written; empty where there is none."""
        found = self._ask("get_item", deadline, TableName=self._name, Key=key, ConsistentRead=True)
        return cast(Item, (found or {}).get("Item", {}))

    def put(self, item: Item, deadline: Deadline, **condition: Any) -> bool:
        """False when the condition does not hold."""
        return self._ask("put_item", deadline, TableName=self._name, Item=item, **condition) is not None

    def update(self, key: Item, deadline: Deadline, **change: Any) -> Item:
        """The whole item, as it is then."""
        found = self._ask("update_item", deadline, TableName=self._name, Key=key, ReturnValues="ALL_NEW", **change)
        return cast(Item, (found or {})["Attributes"])

    def delete(self, key: Item, deadline: Deadline, **condition: Any) -> bool:
        return self._ask("delete_item", deadline, TableName=self._name, Key=key, **condition) is not None

    def write(self, actions: Sequence[tuple[str, Mapping[str, Any]]], deadline: Deadline) -> bool:
        """All of them or, when a condition does not hold or others write to the same items at this moment, none."""
        items = [{kind: {"TableName": self._name, **action}} for kind, action in actions]
        return self._ask("transact_write_items", deadline, TransactItems=items) is not None

    def find(self, condition: str, values: Item, **how: Any) -> Iterator[Item]:
        """The items of a query, page by page as they are asked for."""
        return self._pages("query", {"KeyConditionExpression": condition, "ExpressionAttributeValues": values, **how})

    def scan(self, condition: str, values: Item) -> Iterator[Item]:
        """The items of the whole table that fit, page by page; what does not fit is read, and paid, all the same.

        Those of one partition key come one after another, in the order of their sort key.
        """
        fitting = {"FilterExpression": condition, "ExpressionAttributeValues": values}
        return self._pages("scan", {"ConsistentRead": True, **fitting})

    def _pages(self, operation: str, request: dict[str, Any]) -> Iterator[Item]:
        more: dict[str, Any] = {}
        while True:
            page = self._ask(operation, self.deadline(), TableName=self._name, **request, **more) or {}
            yield from page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            more = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    def _ask(self, operation: str, deadline: Deadline, **request: Any) -> dict[str, Any] | None:
        """None when the write's condition does not hold: an answer like others, and no failure."""

        def attempt(_seconds: float) -> dict[str, Any] | None:
            with boto.translated(DYNAMODB):
                try:
                    return cast(dict[str, Any], getattr(self._client, operation)(**request))
                except ClientError as error:
                    if contended(error):
                        return None
                    raise

        return self._dependency.call(attempt, timeout=self._timeout, deadline=deadline)


def contended(error: ClientError) -> bool:
    """Somebody else wrote, and nothing is wrong with the table; else a transaction may be tried as it is."""
    return boto.reasons(error) <= CONTENDED
