"""Records as items, changed by conditional writes.

DynamoDB deletes expired items late, so expiry is compared, not assumed.
"""

from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from math import ceil
from secrets import token_hex
from typing import Any

from rag_core.backends.dynamodb.client import Table
from rag_core.backends.dynamodb.table import TTL, Item, number, record_key, text
from rag_core.domain import LARGEST_RECORD, Record
from rag_core.errors import RejectedError

KNOWN = 8  # writes that a revision names, the last one first
LIVES, ENDED = f"(attribute_not_exists({TTL}) OR {TTL} > :now)", f"{TTL} <= :now"


class DynamoRecords:
    """Records; they end on whole seconds, rounded up.

    A response that was lost says nothing of the write, so a revision names the writes that led to it: a change finds
    itself there, also when others have built upon it since, and has taken place.
    """

    def __init__(self, table: Table, *, longest: timedelta = timedelta.max) -> None:
        """`longest`: what ends at all ends by then."""
        self._table, self._longest = table, longest

    def get(self, group: str, name: str) -> Record | None:
        return self._record(self._table.get(record_key(group, name), self._table.deadline()))

    def put(self, group: str, name: str, value: bytes, *, ttl: timedelta | None = None) -> None:
        self._table.put(self._item(group, name, value, token_hex(8), ttl), self._table.deadline())

    def change(self, group: str, name: str, value: bytes, *, seen: Record | None, ttl: timedelta | None = None) -> bool:
        me, deadline = token_hex(8), self._table.deadline()
        revision = ".".join([me, *(seen.revision.split(".")[: KNOWN - 1] if seen else ())])
        values = {":now": number(self._table.clock())} | ({":seen": text(seen.revision)} if seen else {})
        as_seen = f"revision = :seen AND {LIVES}" if seen else f"attribute_not_exists(pk) OR {ENDED}"
        if self._table.put(
            self._item(group, name, value, revision, ttl),
            deadline,
            ConditionExpression=as_seen,
            ExpressionAttributeValues=values,
        ):
            return True
        found = self._record(self._table.get(record_key(group, name), deadline))
        return found is not None and me in found.revision.split(".")

    def remove(self, group: str, name: str) -> None:
        self._table.delete(record_key(group, name), self._table.deadline())

    def list(self, group: str, *, limit: int = 1000) -> list[tuple[str, Record]]:
        if limit < 1:
            return []
        items = self._table.find("pk = :pk", {":pk": record_key(group, "")["pk"]}, ConsistentRead=True, Limit=limit)
        found = ((str(item["sk"]["S"]), self._record(item)) for item in items)
        return list(islice(((name, record) for name, record in found if record), limit))

    def every(self, beginning: str) -> Iterator[tuple[str, str, Record]]:
        before = str(record_key("", "")["pk"]["S"])
        for item in self._table.scan("begins_with(pk, :pk)", {":pk": record_key(beginning, "")["pk"]}):
            if record := self._record(item):
                yield str(item["pk"]["S"]).removeprefix(before), str(item["sk"]["S"]), record

    def _record(self, item: Item) -> Record | None:
        if not item or (TTL in item and float(item[TTL]["N"]) <= self._table.clock()):
            return None
        return Record(bytes(item["value"]["B"]), str(item["revision"]["S"]))

    def _item(self, group: str, name: str, value: bytes, revision: str, ttl: timedelta | None) -> dict[str, Any]:
        if len(value) > LARGEST_RECORD:
            raise RejectedError(f"a record of {len(value)} bytes is too large: at most {LARGEST_RECORD}")
        item = record_key(group, name) | {"value": {"B": value}, "revision": text(revision)}
        if ttl is None:
            return item
        return item | {TTL: number(ceil(self._table.clock() + min(ttl, self._longest).total_seconds()))}
