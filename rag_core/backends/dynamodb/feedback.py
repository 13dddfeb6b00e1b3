"""What was asked and rated, in DynamoDB.

A write and the counters it changes are one transaction: they cannot drift.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from itertools import groupby, islice
from secrets import token_hex
from typing import Any, TypeVar

from rag_core.backends.dynamodb import counting
from rag_core.backends.dynamodb.client import WHAT, Table
from rag_core.backends.dynamodb.items import (
    acceptance_item,
    answer_item,
    declined_of,
    outcome_of,
    rating_item,
    record_of,
)
from rag_core.backends.dynamodb.table import (
    DECLINED,
    SHARDS,
    STEP,
    WORST,
    Item,
    acceptance_key,
    answer_key,
    day_of,
    lives,
    next_rev,
    number,
    question_id,
    rating_key,
    tally_key,
    text,
    unchanged,
)
from rag_core.calling import Dependency, Patience
from rag_core.domain import (
    Acceptance,
    Answer,
    AnswerRecord,
    Deadline,
    Declined,
    Outcome,
    PersonId,
    Question,
    QuestionId,
    Rating,
    Usage,
)
from rag_core.errors import RejectedError, UnavailableError
from rag_core.tallies import Tally

RETENTION = timedelta(days=15)  # as long as claims, and longer than a queue redelivers
AT_ONCE = 8  # queries of a report
# Somebody else wrote to the same item at the same moment: DynamoDB is well, so no budget and no rest, only time.
CONTENTION = Patience(
    attempts=20, first_wait=0.02, longest_wait=0.5, spare_retries=float("inf"), failures=10**9, retry_share=0.0
)
One = TypeVar("One")
Round = Callable[[Deadline], bool]


class DynamoFeedbackLog:
    """FeedbackLog; safe to share between threads. All but counters ends `retention` after its question was asked.

    Of an answer or a comment too long for an item the end is cut off, with a sign.
    """

    def __init__(self, table: Table, *, retention: timedelta = RETENTION, contention: Patience = CONTENTION) -> None:
        self._table, self._retention = table, retention
        self._contention = Dependency(WHAT, contention)

    def record_answer(self, question: Question, answer: Answer) -> None:
        self._settle(lambda deadline: self._record(question, answer, deadline))

    def record_rating(self, rating: Rating) -> None:
        self._settle(lambda deadline: self._rate(rating, deadline))

    def record_acceptance(self, acceptance: Acceptance) -> None:
        self._settle(lambda deadline: self._accept(acceptance, deadline))

    def answer(self, question_id: QuestionId) -> AnswerRecord:
        pk, now = answer_key(question_id)["pk"], self._table.clock()
        found = [each for each in self._table.find("pk = :pk", {":pk": pk}, ConsistentRead=True) if lives(each, now)]
        if not found or found[0]["sk"]["S"] != "answer":  # which sorts before what came of it
            raise RejectedError(_unknown(question_id))
        return record_of(found[0], found[1:])

    def tally(self, since: date | None = None) -> list[Tally]:
        return [counting.tally(day, counts) for day, counts in self._counts(since).items()]

    def usage(self, since: date | None = None) -> Mapping[date, tuple[Usage, ...]]:
        days = {day: counting.usage(counts) for day, counts in self._counts(since).items()}
        return {day: taken for day, taken in days.items() if taken}

    def worst(self, since: date | None = None, *, limit: int) -> list[AnswerRecord]:
        if limit < 1:
            return []
        days = _each(lambda day: self._disliked(day, limit), self._days(since))
        found = sorted(days, key=lambda item: (-int(item["standing"]["N"]), str(item["pk"]["S"])))
        return list(islice(self._still_bad(map(question_id, found)), limit))

    def declined(self, since: date | None = None, *, limit: int) -> list[Declined]:
        return [declined_of(item) for item in islice(self._declined(since, limit), max(limit, 0))]

    def every(self) -> Iterator[AnswerRecord]:
        now = self._table.clock()
        found = self._table.scan("begins_with(pk, :pk)", {":pk": answer_key(QuestionId(""))["pk"]})
        for _, items in groupby(found, lambda item: str(item["pk"]["S"])):
            living = [each for each in items if lives(each, now)]
            if living and living[0]["sk"]["S"] == "answer":
                yield record_of(living[0], living[1:])

    def forget(self, question_id: QuestionId) -> None:
        """The answer first: nothing more can be said of it from then on."""
        self._table.delete(answer_key(question_id), self._table.deadline())
        pk = answer_key(question_id)["pk"]
        for item in self._table.find("pk = :pk", {":pk": pk}, ConsistentRead=True):
            self._table.delete({"pk": item["pk"], "sk": item["sk"]}, self._table.deadline())

    def forget_rater(self, question_id: QuestionId, person: PersonId) -> None:
        self._settle(lambda deadline: self._unname(rating_key(question_id, person), deadline))

    def _unname(self, key: dict[str, Any], deadline: Deadline) -> bool:
        found = self._table.get(key, deadline)
        if not found:
            return True
        nobody = rating_key(question_id(found), PersonId(f"forgotten {token_hex(8)}"))
        item = {**found, **nobody, "comment": text("")}
        return self._table.write([("Delete", {"Key": key, **unchanged(found)}), ("Put", {"Item": item})], deadline)

    def _record(self, question: Question, answer: Answer, deadline: Deadline) -> bool:
        found = self._table.get(answer_key(question.id), deadline)
        former = found if lives(found, self._table.clock()) else {}
        item = answer_item(question, answer, former, self._retention) | {"rev": next_rev(found)}
        changes = counting.difference(counting.of_answer(item), counting.of_answer(former))
        actions = [("Put", {"Item": item, **unchanged(found)})]
        return self._table.write(actions + counting.update(tally_key(question.id, day_of(item)), changes), deadline)

    def _rate(self, rating: Rating, deadline: Deadline) -> bool:
        now, key = self._table.clock(), rating_key(rating.question_id, rating.person)
        answer, found = self._table.get(answer_key(rating.question_id), deadline), self._table.get(key, deadline)
        if not lives(answer, now):
            raise RejectedError(_unknown(rating.question_id))
        former = found if lives(found, now) else {}
        item = rating_item(rating, found, answer)
        changes = counting.difference(counting.of_rating(item), counting.of_rating(former))
        actions = [("Put", {"Item": item, **unchanged(found)})]
        actions += counting.update(tally_key(rating.question_id, day_of(answer)), changes)
        return self._table.write(actions + _standing(answer, _disliking(item) - _disliking(former)), deadline)

    def _accept(self, acceptance: Acceptance, deadline: Deadline) -> bool:
        now, name = self._table.clock(), acceptance.question_id
        answer, found = (self._table.get(key(name), deadline) for key in (answer_key, acceptance_key))
        if not lives(answer, now):
            raise RejectedError(_unknown(name))
        item = acceptance_item(acceptance, found, answer)
        former = found if lives(found, now) else {}
        changes = counting.difference(counting.of_acceptance(item), counting.of_acceptance(former))
        actions = [("Put", {"Item": item, **unchanged(found)})]
        return self._table.write(actions + counting.update(tally_key(name, day_of(answer)), changes), deadline)

    def _settle(self, attempt: Round) -> None:
        """Rounds of reading and writing, until nobody came between."""
        deadline = self._table.deadline()
        error = self._contention.call(lambda _: _once(attempt, deadline), timeout=1.0, deadline=deadline)
        if error is not None:
            raise error

    def _counts(self, since: date | None) -> Mapping[date, counting.Counts]:
        first = text(since.isoformat() if since else "0")
        shards = [text(f"tally#{shard}") for shard in range(SHARDS)]
        found = _each(lambda pk: self._table.find("pk = :pk AND sk >= :first", {":pk": pk, ":first": first}), shards)
        return counting.summed(found)

    def _days(self, since: date | None) -> list[date]:
        """That a living answer may be of, newest first; another machine's clock may be ahead."""
        now = datetime.fromtimestamp(self._table.clock(), UTC)
        first, last = (now - self._retention).date(), (now + timedelta(days=1)).date()
        first = max(first, since) if since else first
        return [last - timedelta(days=age) for age in range((last - first).days + 1)]

    def _disliked(self, day: date, limit: int) -> Iterable[Item]:
        values = {":day": text(day.isoformat()), ":once": number(STEP)}
        how = {"IndexName": WORST, "ScanIndexForward": False, "Limit": limit}
        return islice(self._table.find("disliked_day = :day AND standing >= :once", values, **how), limit)

    def _still_bad(self, found: Iterable[QuestionId]) -> Iterator[AnswerRecord]:
        """The index may be moments behind, and TTL days."""
        for name in found:
            try:
                record = self.answer(name)
            except RejectedError:
                continue
            if record.outcome is Outcome.ANSWERED and not all(rating.helpful for rating in record.ratings):
                yield record

    def _declined(self, since: date | None, limit: int) -> Iterator[Item]:
        how = {"IndexName": DECLINED, "ScanIndexForward": False, "Limit": max(limit, 1)}
        for day in self._days(since):
            found = self._table.find("declined_day = :day", {":day": text(day.isoformat())}, **how)
            yield from (item for item in found if lives(item, self._table.clock()))


def _once(attempt: Round, deadline: Deadline) -> UnavailableError | None:
    """What DynamoDB itself failed in comes back: it was tried again where that is known, and is not here."""
    try:
        written = attempt(deadline)
    except UnavailableError as error:
        return error
    if not written:
        raise UnavailableError("too many write to this answer at once: try again")
    return None


def _standing(answer: Item, change: int) -> list[tuple[str, dict[str, Any]]]:
    """The action that counts a dislike where the list sorts by it; others may do the same at the same time."""
    if not change:
        return []
    values = {":by": number(change * STEP), ":one": number(1), ":outcome": dict(answer["outcome"])}
    listing = ""
    if outcome_of(answer) is Outcome.ANSWERED:
        listing, values[":day"] = " SET disliked_day = :day", text(day_of(answer).isoformat())
    adding = {
        "Key": {"pk": answer["pk"], "sk": answer["sk"]},
        "UpdateExpression": f"ADD standing :by, rev :one{listing}",
        "ConditionExpression": "outcome = :outcome",
        "ExpressionAttributeValues": values,
    }
    return [("Update", adding)]


def _disliking(rating: Item) -> int:
    return int(bool(rating) and not rating["helpful"]["BOOL"])


def _each(query: Callable[[One], Iterable[Item]], of: Iterable[One]) -> list[Item]:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return [item for found in pool.map(lambda one: list(query(one)), of) for item in found]


def _unknown(question_id: QuestionId) -> str:
    return f"there is no answer with the id {question_id!r}: it was never recorded, or is older than answers are kept"
