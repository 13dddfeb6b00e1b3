"""Counts as sets of numbers: putting a number into a set once more changes nothing, so no write needs a condition.

A set of a hundred units, and above these the set of the full ones: an update costs one write unit, and a worker whose
response was lost does it again. One counter in a transaction with each unit would cancel those that come together.
"""

from typing import Any

from rag_core.backends.dynamodb.client import Table
from rag_core.backends.dynamodb.table import TTL, count_key, number

GROUP = 100  # units whose numbers stand in one item
KEPT = 14 * 24 * 3600  # seconds
UNIT, FULL, ALL = "unit#", "set#", "all"


class DynamoCountdown:
    """Countdown; safe to share between threads."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def done(self, name: str, unit: int, *, of: int, note: bytes = b"") -> bool:
        item = count_key(name, f"{UNIT}{unit:08}") | {"note": {"B": note}, TTL: self._ends()}
        self._table.put(item, self._table.deadline(), ConditionExpression="attribute_not_exists(pk)")
        group = unit // GROUP
        if self._added(name, f"{FULL}{group:06}", unit) < min(GROUP, of - group * GROUP):
            return False
        return self._added(name, ALL, group) >= -(-of // GROUP)

    def note(self, name: str, unit: int) -> bytes | None:
        found = self._table.get(count_key(name, f"{UNIT}{unit:08}"), self._table.deadline())
        return bytes(found["note"]["B"]) if found else None

    def notes(self, name: str) -> dict[int, bytes]:
        return {int(item["sk"]["S"].removeprefix(UNIT)): bytes(item["note"]["B"]) for item in self._all(name, UNIT)}

    def count(self, name: str) -> int:
        return sum(len(item["units"]["NS"]) for item in self._all(name, FULL))

    def _all(self, name: str, kind: str) -> Any:
        keys = {":pk": count_key(name, "")["pk"], ":kind": {"S": kind}}
        return self._table.find("pk = :pk AND begins_with(sk, :kind)", keys, ConsistentRead=True)

    def _added(self, name: str, place: str, unit: int) -> int:
        """How many numbers the set has with this one."""
        found = self._table.update(
            count_key(name, place),
            self._table.deadline(),
            UpdateExpression=f"ADD units :unit SET {TTL} = :ends",
            ExpressionAttributeValues={":unit": {"NS": [str(unit)]}, ":ends": self._ends()},
        )
        return len(found["units"]["NS"])

    def _ends(self) -> dict[str, str]:
        return number(int(self._table.clock()) + KEPT)
