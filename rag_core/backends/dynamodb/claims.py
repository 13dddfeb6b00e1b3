"""Claims as conditional writes.

DynamoDB deletes expired items late, so expiry is compared, not assumed.
"""

from datetime import timedelta
from math import ceil
from secrets import token_hex

from rag_core.backends.dynamodb.client import Table
from rag_core.backends.dynamodb.table import TTL, claim_key, number, text


class DynamoClaims:
    """Claims; they end on whole seconds, rounded up.

    A response that was lost says nothing of the write, so every call has a holder's name: its own retry finds the claim
    held by itself, and has won.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    def claim(self, key: str, *, ttl: timedelta, owner: str = "") -> bool:
        now, me = self._table.clock(), text(owner or token_hex(16))
        item = claim_key(key) | {"holder": me, TTL: number(ceil(now + ttl.total_seconds()))}
        return self._table.put(
            item,
            self._table.deadline(),
            ConditionExpression="attribute_not_exists(pk) OR expires <= :now OR holder = :me",
            ExpressionAttributeValues={":now": number(now), ":me": me},
        )

    def release(self, key: str, *, owner: str = "") -> None:
        held = {"ConditionExpression": "holder = :me", "ExpressionAttributeValues": {":me": text(owner)}}
        self._table.delete(claim_key(key), self._table.deadline(), **(held if owner else {}))
