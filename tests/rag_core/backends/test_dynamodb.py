"""Claims and the log in DynamoDB, over the wire to moto: exact under retries, conflicts and throttling."""

import json
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import boto3
import pytest

from rag_core.backends.dynamodb.claims import DynamoClaims
from rag_core.backends.dynamodb.client import Connection, Table
from rag_core.backends.dynamodb.countdown import DynamoCountdown
from rag_core.backends.dynamodb.feedback import DynamoFeedbackLog
from rag_core.backends.dynamodb.items import CUT
from rag_core.backends.dynamodb.records import DynamoRecords
from rag_core.backends.dynamodb.table import SHARDS, tally_key
from rag_core.calling import Patience
from rag_core.domain import (
    Answer,
    Citation,
    DocumentId,
    Outcome,
    PersonId,
    Question,
    QuestionId,
    Rating,
    SourceName,
    Usage,
    Use,
)
from rag_core.errors import MisconfiguredError, RejectedError, UnavailableError
from rag_core.ports import Claims, Countdown, FeedbackLog, Records
from rag_core.tallies import Tally
from tests.contracts.acceptances import AcceptanceContract
from tests.contracts.breakdown import BreakdownContract
from tests.contracts.claims import HOUR, ClaimsContract, Hands
from tests.contracts.countdown import CountdownContract
from tests.contracts.durations import DurationsContract
from tests.contracts.feedback import DAY, TODAY, FeedbackContract, accept, ask, dislike, gaps, listed, rating, whole
from tests.contracts.records import RecordsContract, add_one
from tests.fakes.aws_wire import Fault, Wire, cancelled, create_table, laid, lost, refused, reset
from tests.making import NOON, SOURCE, answer, question
from tests.services.aws import REGION
from tests.services.ports import free_port

NAME = "supportbot"
QUICK = Patience(first_wait=0.01, longest_wait=0.02, spare_retries=50)
AGAIN = Patience(
    attempts=20, first_wait=0.005, longest_wait=0.05, spare_retries=float("inf"), failures=10**9, retry_share=0.0
)
WRITE = "TransactWriteItems"
THROTTLED = [
    refused("ProvisionedThroughputExceededException"),
    refused("ThrottlingException"),
    refused("InternalServerError", 500),
    refused("", 503),
    reset,
]
CANCELLED_BY_OTHERS = [
    cancelled("TransactionConflict", "None"),
    cancelled("None", "TransactionConflict"),
    cancelled("ConditionalCheckFailed", "TransactionConflict"),
    cancelled("ProvisionedThroughputExceeded", "None"),
    cancelled("ThrottlingError", "TransactionConflict"),
    refused("TransactionInProgressException"),
]
Make = Callable[..., Table]


@pytest.fixture
def wire(aws_url: str) -> Iterator[Wire]:
    with laid("dynamodb") as wire:
        create_table(aws_url, NAME)
        yield wire
    for name, request in wire.requests:
        for part in request.get("TransactItems", [{name: request}]):
            check(next(iter(part.values())))


def check(action: dict[str, Any]) -> None:
    """What DynamoDB refuses and moto takes: a name or a value that no expression uses."""
    used = set(re.findall(r"[:#]\w+", " ".join(value for name, value in action.items() if name.endswith("Expression"))))
    stated = {*action.get("ExpressionAttributeNames", ()), *action.get("ExpressionAttributeValues", ())}
    assert used == stated


@pytest.fixture
def clock() -> Hands:
    return Hands(NOON.timestamp())


@pytest.fixture
def table(aws_url: str, wire: Wire, clock: Hands) -> Make:  # noqa: ARG001 - laid before a client is made
    def made(patience: Patience = QUICK, **how: Any) -> Table:
        return Table(how.pop("name", NAME), Connection(REGION, aws_url, **how), patience, clock=clock)

    return made


@pytest.fixture
def log(table: Make) -> DynamoFeedbackLog:
    return DynamoFeedbackLog(table(longest=30), contention=AGAIN)


@pytest.fixture
def nowhere() -> Table:
    return Table(NAME, Connection(REGION, f"http://127.0.0.1:{free_port()}"), QUICK)


def raw(aws_url: str) -> list[dict[str, Any]]:
    """Everything in the table; a test may scan."""
    return list(boto3.client("dynamodb", endpoint_url=aws_url).scan(TableName=NAME)["Items"])


def used(model: str = "m1", cost: float = 0.1, **tokens: int) -> Usage:
    return Usage(model, cost_usd=cost, **tokens)


class TestDynamoClaims(ClaimsContract):
    @pytest.fixture
    def claims(self, table: Make, clock: Hands) -> Claims:
        return DynamoClaims(table())

    @pytest.fixture
    def unavailable(self, nowhere: Table) -> Claims:
        return DynamoClaims(nowhere)

    def test_one_whose_response_was_lost_has_won(self, table: Make, wire: Wire) -> None:
        claims = DynamoClaims(table())
        wire.fail("PutItem", lost, 2)
        assert claims.claim("q1", ttl=HOUR)
        assert wire.count("PutItem") == 3
        assert not claims.claim("q1", ttl=HOUR)

    def test_one_that_never_heard_is_told_when_it_comes_again(self, table: Make, wire: Wire) -> None:
        claims = DynamoClaims(table())
        wire.fail("PutItem", lost, 3)
        with pytest.raises(UnavailableError):
            claims.claim("q1", ttl=HOUR, owner="delivery 7")
        assert not claims.claim("q1", ttl=HOUR, owner="delivery 8")
        assert claims.claim("q1", ttl=HOUR, owner="delivery 7")

    @pytest.mark.parametrize("fault", [*THROTTLED, refused("TransactionConflictException")])
    def test_trouble_is_waited_out(self, table: Make, wire: Wire, fault: Fault) -> None:
        claims = DynamoClaims(table())
        wire.fail("PutItem", fault, 2)
        assert claims.claim("q1", ttl=HOUR)
        wire.fail("DeleteItem", fault, 2)
        claims.release("q1")
        assert claims.claim("q1", ttl=HOUR)
        assert wire.count("PutItem") == 4  # boto3 retried none by itself

    def test_claims_that_are_lost_are_no_failures(self, table: Make) -> None:
        claims = DynamoClaims(table(Patience(failures=2)))
        assert [claims.claim("q1", ttl=HOUR) for _ in range(9)] == [True] + [False] * 8

    def test_ttl_is_on_and_ends_no_claim_too_soon(self, table: Make, aws_url: str, clock: Hands) -> None:
        stated = boto3.client("dynamodb", endpoint_url=aws_url).describe_time_to_live(TableName=NAME)
        assert stated["TimeToLiveDescription"] == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"}
        clock.now += 0.25
        DynamoClaims(table()).claim("q1", ttl=HOUR)
        assert int(raw(aws_url)[0]["expires"]["N"]) - clock.now == 3600.75

    @pytest.mark.parametrize("name", ["missing", "not/a/name"])
    def test_a_wrong_name_is_no_reason_to_wait(self, table: Make, wire: Wire, name: str) -> None:
        with pytest.raises((MisconfiguredError, RejectedError)):
            DynamoClaims(table(name=name)).claim("q1", ttl=HOUR)
        assert wire.count("PutItem") <= 1


class TestDynamoCountdown(CountdownContract):
    @pytest.fixture
    def counts(self, table: Make, clock: Hands) -> Countdown:
        return DynamoCountdown(table(longest=30))

    @pytest.fixture
    def unavailable(self, nowhere: Table) -> Countdown:
        return DynamoCountdown(nowhere)

    @pytest.mark.parametrize("fault", [lost, reset])
    def test_a_response_that_was_lost_counts_once_and_ends_it(self, table: Make, wire: Wire, fault: Fault) -> None:
        counts = DynamoCountdown(table())
        counts.done("run", 0, of=2)
        wire.fail("UpdateItem", fault, 2)
        wire.fail("PutItem", fault)
        assert counts.done("run", 1, of=2)
        assert counts.count("run") == 2


class TestDynamoRecords(RecordsContract):
    @pytest.fixture
    def records(self, table: Make, clock: Hands) -> Records:
        return DynamoRecords(table())

    @pytest.fixture
    def unavailable(self, nowhere: Table) -> Records:
        return DynamoRecords(nowhere)

    def test_nothing_that_ends_outlives_the_longest(self, table: Make, clock: Hands) -> None:
        records = DynamoRecords(table(), longest=HOUR)
        records.put("group", "turn", b"", ttl=30 * HOUR)
        assert records.change("group", "note", b"", seen=None, ttl=30 * HOUR)
        records.put("group", "stays", b"")
        clock.move(HOUR)
        assert [name for name, _ in records.list("group")] == ["stays"]

    @pytest.mark.parametrize("times", [1, 2])
    def test_a_change_whose_response_was_lost_has_taken_place(self, table: Make, wire: Wire, times: int) -> None:
        records = DynamoRecords(table())
        for _ in range(3):
            wire.fail("PutItem", lost, times)
            add_one(records)
        assert getattr(records.get("group", "count"), "value", b"") == b"3"
        assert wire.count("PutItem") == 3 * (times + 1)

    def test_it_has_taken_place_also_when_others_built_upon_it(self, table: Make, wire: Wire) -> None:
        records, other = DynamoRecords(table()), DynamoRecords(table())

        def build_upon() -> None:
            for _ in range(5):
                add_one(other)

        add_one(records)
        wire.fail("PutItem", lost)
        wire.meanwhile("PutItem", lambda: None)
        wire.meanwhile("PutItem", build_upon)
        add_one(records)
        assert getattr(records.get("group", "count"), "value", b"") == b"7"

    @pytest.mark.parametrize("fault", THROTTLED)
    def test_trouble_is_waited_out(self, table: Make, wire: Wire, fault: Fault) -> None:
        records = DynamoRecords(table())
        for operation in ("PutItem", "GetItem", "Query", "DeleteItem"):
            wire.fail(operation, fault, 2)
        add_one(records)
        assert len(records.list("group")) == 1
        records.remove("group", "count")
        assert records.get("group", "count") is None

    def test_what_was_written_is_read_in_the_next_line(self, table: Make, wire: Wire) -> None:
        records = DynamoRecords(table())
        add_one(records)
        records.list("group")
        assert {request["ConsistentRead"] for name, request in wire.requests if name in ("GetItem", "Query")} == {True}


class TestDynamoFeedbackLog(FeedbackContract, AcceptanceContract, DurationsContract, BreakdownContract):
    @pytest.fixture
    def log(self, log: DynamoFeedbackLog) -> FeedbackLog:
        return log


class TestExactCounters:
    """Whatever happens on the way, a question counts once."""

    def test_twenty_threads_record_and_none_is_lost_or_doubled(self, log: DynamoFeedbackLog) -> None:
        usage = (used(cost=0.0001, input_tokens=10, output_tokens=3),)

        def record(number: int) -> None:
            asked = question("Why?", name=f"q{number % 40}")  # each by two
            log.record_answer(asked, replace(answer(asked), usage=usage))

        with ThreadPoolExecutor(20) as pool:
            list(pool.map(record, range(80)))
        assert whole(log) == [Tally(TODAY, {Outcome.ANSWERED: 40})]
        assert log.usage() == {TODAY: (used(cost=0.004, input_tokens=400, output_tokens=120),)}

    def test_eight_threads_rate_one_answer_and_change_their_minds(self, log: DynamoFeedbackLog) -> None:
        ask(log, "q1")

        def rate(number: int) -> None:
            for helpful in (True, False, number % 2 == 0):
                log.record_rating(rating(f"p{number}", helpful=helpful, reason="" if helpful else "wrong"))

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(rate, range(8)))
        assert whole(log) == [Tally(TODAY, {Outcome.ANSWERED: 1}, helpful=4, not_helpful={"wrong": 4})]
        (worst,) = log.worst(limit=5)
        assert sum(not given.helpful for given in worst.ratings) == 4

    def test_recording_and_rating_at_once(self, log: DynamoFeedbackLog) -> None:
        ask(log, "q1", Outcome.NO_EVIDENCE)

        def act(number: int) -> None:
            if number % 2:
                dislike(log, "q1", f"p{number}")
            else:
                ask(log, "q1", Outcome.ANSWERED if number % 4 else Outcome.UNSUPPORTED)

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(act, range(24)))
        ask(log, "q1", Outcome.ANSWERED)
        assert whole(log) == [Tally(TODAY, {Outcome.ANSWERED: 1}, not_helpful={"": 12})]
        assert (listed(log), gaps(log)) == (["q1"], [])

    @pytest.mark.parametrize("fault", [lost, *THROTTLED, *CANCELLED_BY_OTHERS])
    def test_a_fault_on_the_way_counts_nothing_twice(self, log: DynamoFeedbackLog, wire: Wire, fault: Fault) -> None:
        wire.fail(WRITE, fault, 2)
        ask(log, "q1")
        wire.fail(WRITE, fault, 2)
        dislike(log, "q1", "ada")
        wire.fail(WRITE, fault, 2)
        log.record_rating(rating("ada", helpful=True))
        assert whole(log) == [Tally(TODAY, {Outcome.ANSWERED: 1}, helpful=1)]
        assert wire.count(WRITE) <= 12

    @pytest.mark.parametrize("fault", [lost, *THROTTLED, *CANCELLED_BY_OTHERS])
    def test_no_acceptance_counts_twice_either(self, log: DynamoFeedbackLog, wire: Wire, fault: Fault) -> None:
        ask(log, "q1")
        for kept in (0.1, 0.7):
            wire.fail(WRITE, fault, 2)
            accept(log, "q1", Use.EDITED, kept)
        assert whole(log) == [Tally(TODAY, {Outcome.ANSWERED: 1}, uses={Use.EDITED: 1}, kept=0.7)]
        assert wire.count(WRITE) <= 9

    def test_an_acceptance_that_was_told_it_failed_comes_again(self, log: DynamoFeedbackLog, wire: Wire) -> None:
        ask(log, "q1")
        wire.fail(WRITE, lost, 3)
        with pytest.raises(UnavailableError):
            accept(log, "q1", Use.EDITED, 0.5)
        accept(log, "q1", Use.EDITED, 0.5)
        wire.meanwhile(WRITE, lambda: accept(log, "q1", Use.UNUSED))
        accept(log, "q1", Use.AS_IS, 1.0)
        assert whole(log) == [Tally(TODAY, {Outcome.ANSWERED: 1}, uses={Use.AS_IS: 1})]

    def test_one_that_was_told_it_failed_comes_again_weeks_later(
        self, log: DynamoFeedbackLog, wire: Wire, clock: Hands
    ) -> None:
        wire.fail(WRITE, lost, 3)
        with pytest.raises(UnavailableError):
            ask(log, "q1")
        clock.move(14 * DAY)
        ask(log, "q1")
        assert whole(log) == [Tally(TODAY, {Outcome.ANSWERED: 1})]

    def test_another_came_between_reading_and_writing(self, log: DynamoFeedbackLog, wire: Wire) -> None:
        wire.meanwhile(WRITE, lambda: ask(log, "q1", Outcome.UNSUPPORTED))
        ask(log, "q1", Outcome.ANSWERED)
        assert (whole(log), gaps(log)) == ([Tally(TODAY, {Outcome.ANSWERED: 1})], [])
        wire.meanwhile(WRITE, lambda: dislike(log, "q1", "ada"))
        log.record_rating(rating("ada", helpful=False, reason="wrong"))
        assert whole(log) == [Tally(TODAY, {Outcome.ANSWERED: 1}, not_helpful={"wrong": 1})]
        wire.meanwhile(WRITE, lambda: ask(log, "q1", Outcome.UNSUPPORTED))
        dislike(log, "q1", "bob")  # of what is no answer any more
        assert (listed(log), gaps(log)) == ([], ["q1"])
        wire.meanwhile(WRITE, lambda: dislike(log, "q1", "cyd"))
        ask(log, "q1", Outcome.ANSWERED)
        assert (listed(log), gaps(log)) == (["q1"], [])
        assert whole(log) == [Tally(TODAY, {Outcome.ANSWERED: 1}, not_helpful={"wrong": 1, "": 2})]

    def test_a_first_dislike_and_a_first_answer_that_cross_are_listed(self, log: DynamoFeedbackLog, wire: Wire) -> None:
        ask(log, "q1", Outcome.NO_EVIDENCE)
        wire.meanwhile(WRITE, lambda: ask(log, "q1", Outcome.ANSWERED))
        dislike(log, "q1", "ada")
        ask(log, "q2", Outcome.NO_EVIDENCE)
        wire.meanwhile(WRITE, lambda: dislike(log, "q2", "ada"))
        ask(log, "q2", Outcome.ANSWERED)
        assert (listed(log), gaps(log)) == (["q1", "q2"], [])
        log.record_rating(rating("ada", helpful=True, name="q1"))
        assert listed(log) == ["q2"]

    def test_conflicts_that_do_not_end_are_said_in_time(self, table: Make, wire: Wire) -> None:
        log = DynamoFeedbackLog(table(longest=0.5))
        wire.fail(WRITE, cancelled("TransactionConflict", "None"), 100)
        started = time.monotonic()
        with pytest.raises(UnavailableError, match=r"at once|in the time"):
            ask(log, "q1")
        assert time.monotonic() - started < 2

    def test_conflicts_do_not_make_the_table_rest(self, log: DynamoFeedbackLog, wire: Wire) -> None:
        wire.fail(WRITE, cancelled("TransactionConflict", "None"), 15)
        ask(log, "q1")
        assert whole(log) == [Tally(TODAY, {Outcome.ANSWERED: 1})]

    def test_one_failure_is_not_multiplied_by_two_layers(self, log: DynamoFeedbackLog, wire: Wire) -> None:
        wire.fail(WRITE, reset, 100)
        with pytest.raises(UnavailableError, match="cannot be reached"):
            ask(log, "q1")
        assert wire.count(WRITE) == 3

    def test_what_dynamodb_never_takes_is_rejected_unquoted(self, log: DynamoFeedbackLog, wire: Wire) -> None:
        wire.fail(WRITE, cancelled("ValidationError", "None"))
        with pytest.raises(RejectedError, match="validationerror"):
            ask(log, "q1")
        assert wire.count(WRITE) == 1

    def test_it_cannot_be_told_without_a_table(self, nowhere: Table) -> None:
        log = DynamoFeedbackLog(nowhere)
        for act in (lambda: ask(log, "q1"), lambda: log.answer(QuestionId("q1")), log.tally):
            with pytest.raises(UnavailableError):
                act()


class TestEnding:
    def test_answers_end_and_counters_stay(self, log: DynamoFeedbackLog, clock: Hands) -> None:
        ask(log, "q1")
        ask(log, "q2", Outcome.NO_EVIDENCE)
        dislike(log, "q1", "ada")
        clock.move(15 * DAY - timedelta(seconds=2))
        assert (listed(log), gaps(log)) == (["q1"], ["q2"])
        clock.move(timedelta(seconds=3))  # TTL has deleted nothing yet
        assert (listed(log), gaps(log)) == ([], [])
        with pytest.raises(RejectedError, match="no answer"):
            log.answer(QuestionId("q1"))
        with pytest.raises(RejectedError, match="no answer"):
            dislike(log, "q1", "bob")
        assert whole(log) == [Tally(TODAY, {Outcome.ANSWERED: 1, Outcome.NO_EVIDENCE: 1}, not_helpful={"": 1})]

    def test_one_that_ended_begins_anew(self, log: DynamoFeedbackLog, clock: Hands) -> None:
        ask(log, "q1")
        dislike(log, "q1", "ada")
        accept(log, "q1", Use.AS_IS, 1.0)
        clock.move(20 * DAY)
        with pytest.raises(RejectedError, match="no answer"):
            accept(log, "q1", Use.UNUSED)
        ask(log, "q1", at=NOON + 20 * DAY)
        kept = log.answer(QuestionId("q1"))
        assert (kept.ratings, kept.acceptance, listed(log)) == ((), None, [])
        log.record_rating(rating("ada", helpful=True))
        accept(log, "q1", Use.EDITED, 0.5)
        assert whole(log) == [
            Tally(TODAY, {Outcome.ANSWERED: 1}, not_helpful={"": 1}, uses={Use.AS_IS: 1}),
            Tally(TODAY + 20 * DAY, {Outcome.ANSWERED: 1}, helpful=1, uses={Use.EDITED: 1}, kept=0.5),
        ]

    def test_everything_but_counters_ends(self, log: DynamoFeedbackLog, aws_url: str) -> None:
        ask(log, "q1")
        dislike(log, "q1", "ada")
        accept(log, "q1", Use.AS_IS, 1.0)
        ends = {item["sk"]["S"]: item.get("expires") for item in raw(aws_url)}
        fifteen_days = {"N": str(int((NOON + 15 * DAY).timestamp()))}
        assert ends == {
            "answer": fifteen_days,
            "rating#ada": fifteen_days,
            "sent": fifteen_days,
            TODAY.isoformat(): None,
        }

    def test_how_long_is_a_setting(self, table: Make, clock: Hands) -> None:
        log = DynamoFeedbackLog(table(), retention=timedelta(days=90))
        ask(log, "q1", Outcome.NO_EVIDENCE)
        clock.move(89 * DAY)
        assert gaps(log) == ["q1"]


class TestReading:
    def test_no_question_is_without_its_answer_in_the_next_line(self, log: DynamoFeedbackLog, wire: Wire) -> None:
        ask(log, "q1")
        log.answer(QuestionId("q1"))
        assert [request["ConsistentRead"] for name, request in wire.requests if name in ("GetItem", "Query")] == [
            True
        ] * 2

    def test_nothing_is_scanned_and_lists_read_no_more_than_they_show(
        self, log: DynamoFeedbackLog, wire: Wire, aws_url: str
    ) -> None:
        for number in range(8):
            ask(log, f"n{number}", Outcome.NO_EVIDENCE, NOON - number * timedelta(hours=1))
            ask(log, f"a{number}", at=NOON - number * timedelta(hours=1))
            dislike(log, f"a{number}", "ada")
        wire.requests.clear()
        assert gaps(log, limit=3) == ["n0", "n1", "n2"]
        assert wire.count("Query") <= 3
        assert listed(log, limit=3) == ["a0", "a1", "a2"]
        assert {request["Limit"] for name, request in wire.requests if "IndexName" in request} == {3}
        assert log.tally()
        assert wire.count("Scan") == 0
        assert wire.count("Query") <= 3 + 17 + 3 + SHARDS

    def test_a_long_list_is_read_page_by_page(self, log: DynamoFeedbackLog, wire: Wire) -> None:
        for number in range(30):
            asked = replace(question("?" * 500_000, name=f"q{number}"), asked_at=NOON - number * timedelta(minutes=1))
            log.record_answer(asked, answer(asked, Outcome.UNSUPPORTED))
        assert gaps(log, limit=100) == [f"q{number}" for number in range(30)]
        assert any("ExclusiveStartKey" in request for _, request in wire.requests)  # a page has 1 MB
        assert gaps(log, limit=0) == []
        assert listed(log, limit=0) == []

    def test_the_index_holds_only_what_its_list_may_show(self, log: DynamoFeedbackLog, aws_url: str) -> None:
        ask(log, "liked")
        log.record_rating(rating("ada", helpful=True, name="liked"))
        ask(log, "disliked")
        dislike(log, "disliked", "ada")
        ask(log, "declined", Outcome.NO_EVIDENCE)
        client = boto3.client("dynamodb", endpoint_url=aws_url)
        held = {
            index: {item["pk"]["S"] for item in client.scan(TableName=NAME, IndexName=index)["Items"]}
            for index in ("worst", "declined")
        }
        assert held == {"worst": {"question#disliked"}, "declined": {"question#declined"}}

    def test_counters_are_spread(self) -> None:
        shards = {str(tally_key(QuestionId(f"q{number}"), TODAY)["pk"]) for number in range(1000)}
        assert len(shards) == SHARDS


class TestKeeping:
    def test_every_part_of_a_question_comes_back(self, log: DynamoFeedbackLog) -> None:
        asked = replace(
            question("And for teams?", previous="What does it cost?"),
            sources=frozenset({SOURCE, SourceName("zendesk")}),
            standalone="What does it cost for teams?",
            asked_at=NOON + timedelta(microseconds=1),
        )
        log.record_answer(asked, answer(asked))
        assert log.answer(asked.id).question == asked

    def test_what_is_too_long_is_cut_with_a_sign(self, log: DynamoFeedbackLog, aws_url: str) -> None:
        asked: Question = replace(question("é" * 300_000, previous="ß" * 300_000), standalone="語" * 300_000)
        cited = Citation("Page", "https://h.example/p", SOURCE, DocumentId("p"), "\x07語" * 20_000)
        given: Answer = replace(answer(asked, text="語" * 300_000), citations=(cited,) * 20)
        log.record_answer(asked, given)
        kept = log.answer(asked.id)
        assert kept.text.endswith(CUT)
        assert kept.question.text.endswith(CUT)
        assert len(kept.citations) == 20
        assert all(each.quote.endswith(CUT) and each.url == cited.url for each in kept.citations)
        log.record_rating(replace(rating("ada", helpful=False), comment="語" * 300_000))
        assert log.answer(asked.id).ratings[0].comment.endswith(CUT)
        assert max(len(json.dumps(item, ensure_ascii=False).encode()) for item in raw(aws_url)) < 400 * 1024

    def test_sources_that_are_too_many_become_fewer_never_all(self, log: DynamoFeedbackLog) -> None:
        asked = replace(question("Why?"), sources=frozenset(SourceName(f"{'s' * 500}{n}") for n in range(100)))
        log.record_answer(asked, replace(answer(asked), citations=()))
        kept = log.answer(asked.id).question.sources
        assert kept
        assert asked.sources
        assert kept < asked.sources

    def test_a_citation_that_fits_nowhere_is_left_out(self, log: DynamoFeedbackLog) -> None:
        cited = Citation("Page", "https://h.example/" + "p" * 500_000, SOURCE, DocumentId("p"), "So.")
        log.record_answer(question("Why?"), replace(answer(question("Why?")), citations=(cited,)))
        assert log.answer(QuestionId("q1")).citations == ()

    def test_usage_is_summed_by_day_and_model_and_moves_with_its_answer(self, log: DynamoFeedbackLog) -> None:
        arn = "arn:aws:bedrock:eu-central-1:123456789012:inference-profile/eu.m2"
        for name, usage in (
            ("q1", (used("m1", 0.1, input_tokens=1), used("m1", 0.2, input_tokens=2), used(arn, 0.000000004))),
            ("q2", (used("m1", 0.3, cache_read_tokens=5, cache_write_tokens=7),)),
        ):
            log.record_answer(question("Why?", name=name), replace(answer(question("Why?", name=name)), usage=usage))
        sums = (
            used(arn, 0.000000004),
            used("m1", 0.6, input_tokens=3, cache_read_tokens=5, cache_write_tokens=7),
        )
        assert log.usage(TODAY) == {TODAY: sums}
        assert log.usage(TODAY + DAY) == {}
        log.record_answer(question("Why?", name="q2"), answer(question("Why?", name="q2")))
        assert log.usage() == {TODAY: (sums[0], used("m1", 0.3, input_tokens=3))}

    def test_a_person_and_a_reason_of_any_form(self, log: DynamoFeedbackLog) -> None:
        ask(log, "q#1/é")
        given = Rating(QuestionId("q#1/é"), PersonId("rating#T1/ü #x"), False, NOON, "a reason: 100 %/b", "No.")
        log.record_rating(given)
        assert log.answer(given.question_id).ratings == (given,)
        assert log.tally()[0].not_helpful == {"a reason: 100 %/b": 1}
