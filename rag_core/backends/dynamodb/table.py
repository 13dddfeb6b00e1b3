"""The table's definition, its keys, and its items as DynamoDB writes values.

What stands here is in the data: SHARDS may be raised, never lowered, and a key's form never changes.
"""

from binascii import crc32
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from rag_core.domain import PersonId, QuestionId

Item = Mapping[str, Mapping[str, Any]]  # {"name": {"S": "text"}}

SHARDS = 32  # of a day's counters
WORST, DECLINED = "worst", "declined"
TTL = "expires"  # seconds since the epoch
STEP = 10**16  # in `standing` one dislike; what is below it is `asked`, in microseconds

# The arguments of create_table, but for TableName; update_time_to_live takes TTL. For the template too.
TABLE: dict[str, Any] = {
    "BillingMode": "PAY_PER_REQUEST",
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    "AttributeDefinitions": [
        {"AttributeName": name, "AttributeType": kind}
        for name, kind in {
            "pk": "S",
            "sk": "S",
            "disliked_day": "S",
            "standing": "N",
            "declined_day": "S",
            "asked": "N",
        }.items()
    ],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": WORST,
            "KeySchema": [
                {"AttributeName": "disliked_day", "KeyType": "HASH"},
                {"AttributeName": "standing", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        },
        {
            "IndexName": DECLINED,
            "KeySchema": [
                {"AttributeName": "declined_day", "KeyType": "HASH"},
                {"AttributeName": "asked", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["question", "outcome", TTL]},
        },
    ],
}


def text(value: str) -> dict[str, str]:
    return {"S": value}


def number(value: float | str) -> dict[str, str]:
    return {"N": str(value)}


def claim_key(key: str) -> dict[str, Any]:
    return {"pk": text(f"claim#{key}"), "sk": text("claim")}


def record_key(group: str, name: str) -> dict[str, Any]:
    return {"pk": text(f"record#{group}"), "sk": text(name)}


def count_key(name: str, place: str) -> dict[str, Any]:
    return {"pk": text(f"count#{name}"), "sk": text(place)}


def answer_key(question_id: QuestionId) -> dict[str, Any]:
    return {"pk": text(f"question#{question_id}"), "sk": text("answer")}


def rating_key(question_id: QuestionId, person: PersonId) -> dict[str, Any]:
    return {"pk": text(f"question#{question_id}"), "sk": text(f"rating#{person}")}


def acceptance_key(question_id: QuestionId) -> dict[str, Any]:
    return {"pk": text(f"question#{question_id}"), "sk": text("sent")}


def tally_key(question_id: QuestionId, day: date) -> dict[str, Any]:
    return {"pk": text(f"tally#{crc32(question_id.encode()) % SHARDS}"), "sk": text(day.isoformat())}


def question_id(item: Item) -> QuestionId:
    return QuestionId(str(item["pk"]["S"]).removeprefix("question#"))


def microseconds(moment: datetime) -> int:
    """Exactly, which a float of seconds is not."""
    passed = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (passed.days * 86_400 + passed.seconds) * 1_000_000 + passed.microseconds


def day_of(item: Item) -> date:
    """In UTC, the day an answer's question was asked."""
    return datetime.fromtimestamp(int(item["asked"]["N"]) // 1_000_000, UTC).date()


def lives(item: Item, now: float) -> bool:
    """Whether it is there, and has not ended: TTL deletes within days."""
    return bool(item) and float(item[TTL]["N"]) > now


def unchanged(item: Item) -> dict[str, Any]:
    """The condition under which what was read, or its absence, is replaced."""
    if not item:
        return {"ConditionExpression": "attribute_not_exists(pk)"}
    return {"ConditionExpression": "rev = :rev", "ExpressionAttributeValues": {":rev": dict(item["rev"])}}


def next_rev(item: Item) -> dict[str, str]:
    return number(int(item["rev"]["N"]) + 1 if item else 1)
