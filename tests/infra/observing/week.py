"""A week of an invented company: its questions as the real telemetry tells them, and AWS's own metrics beside.

On Thursday from 10 to 13 the model is throttled and the worker falls behind; from Saturday on every ingestion fails.
"""

import json
from collections.abc import Iterator
from contextlib import redirect_stdout
from datetime import UTC, datetime, timedelta
from io import StringIO
from random import Random

from bot.metrics import NAMESPACE
from bot.observability import Telemetry
from rag_core.domain import (
    Acceptance,
    Answer,
    AnswerRecord,
    Audience,
    Cached,
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
from rag_core.errors import UnavailableError
from rag_core.runs import IngestionRun, RunId, RunRecord, RunState
from tests.infra.observing.metering import Store
from tests.infra.observing.template import GIVEN, STAGE

BEGIN = datetime(2026, 11, 16, tzinfo=UTC)  # a Monday
HOURS = 7 * 24
ALL = f"supportbot-{STAGE}"
BROKEN = 5 * 24 + 2  # hours until ingestions begin to fail
SOURCES = ("help-center", "handbook", "release-notes")
CHANNELS = ("slack", "zendesk", "api")
HAIKU, PRICE = "haiku", (0.10e-6, 0.50e-6, 0.01e-6)


def busy(hour: int) -> float:
    """Questions of an hour, by the clock of an office; little on a weekend."""
    day, clock = divmod(hour, 24)
    return (0.2 if day > 4 else 1.0) * (34 if 8 <= clock < 18 else 9 if 6 <= clock < 22 else 2)


def throttled(hour: int) -> bool:
    return 3 * 24 + 10 <= hour < 3 * 24 + 13


class Week:
    """Gives lines of logs and lines of metrics."""

    def __init__(self, seed: int = 7) -> None:
        self._random, self.logs, self.metrics = Random(seed), list[str](), list[str]()  # noqa: S311
        self._number = 0
        for hour in range(HOURS):
            self._hour(hour, BEGIN + timedelta(hours=hour))

    def _hour(self, hour: int, at: datetime) -> None:
        for minute in range(0, 60, 5):
            logged, counted = StringIO(), StringIO()
            telemetry = Telemetry(STAGE, stream=logged, plain=True)
            moment = at + timedelta(minutes=minute)
            with redirect_stdout(counted):
                for _ in range(self._about(busy(hour) / 12)):
                    self._question(telemetry, hour, moment)
                telemetry.knowledge((((hour - 2) % 24 if hour < BROKEN else hour - BROKEN + 24) + minute / 60) * 3600)
                if (hour % 24, minute) == (2, 0):
                    self._ingestion(telemetry, hour, moment)
                telemetry.flush()
            self.logs += [_dated(line, timestamp=moment.isoformat()) for line in logged.getvalue().splitlines()]
            self.metrics += [_stamped(line, moment) for line in counted.getvalue().splitlines()]

    def _about(self, mean: float) -> int:
        whole = int(mean)
        return whole + (self._random.random() < mean - whole)

    def _question(self, telemetry: Telemetry, hour: int, at: datetime) -> None:
        some, self._number = self._random, self._number + 1
        name = QuestionId(f"q{self._number:05}")
        channel = some.choices(CHANNELS, (6, 3, 1))[0]
        slow = 4.0 if throttled(hour) else 1.0
        if throttled(hour) and some.random() < 0.14:
            with telemetry.about(job_id=f"j{name}"):
                telemetry.unanswered(name, UnavailableError("Bedrock is throttled"), channel=channel)
                telemetry.job("Failed")
            return
        outcome = some.choices(tuple(Outcome), (80, 12, 8))[0]
        cached = some.choices((None, *Cached), (78, 13, 7, 2))[0] if outcome is Outcome.ANSWERED else None
        answer = self._answer(name, outcome, cached, slow)
        telemetry.answered(answer, channel=channel)
        if channel != "api":
            telemetry.job("Done", some.lognormvariate(5.3, 0.5) * (60 if throttled(hour) else 1))
        if outcome is Outcome.ANSWERED and some.random() < 0.3:
            self._verdict(telemetry, name, channel, at)
        if channel == "zendesk" and some.random() < 0.7:
            use = some.choices(tuple(Use), (35, 45, 20))[0]
            telemetry.accepted(Acceptance(name, use, 0.6, False, at), channel=channel)

    def _answer(self, name: QuestionId, outcome: Outcome, cached: Cached | None, slow: float) -> Answer:
        some = self._random
        if cached:
            spent = some.lognormvariate(2.5, 0.6)
            return Answer(
                name, outcome, "", (), (), 0.8, {"cache": spent, "total": spent}, cached=cached, first_ms=spent
            )
        times = {"embed": some.lognormvariate(4.5, 0.3), "retrieve": some.lognormvariate(4.7, 0.4), "judge": 1.0}
        usage: tuple[Usage, ...] = ()
        if outcome is not Outcome.NO_EVIDENCE:
            times |= {"rerank": some.lognormvariate(5.2, 0.3), "draft": some.lognormvariate(7.7, 0.35) * slow}
            tokens = some.randint(2600, 4200), some.randint(120, 420), some.choice((0, 1800))
            usage = (Usage(HAIKU, *tokens, cost_usd=sum(n * price for n, price in zip(tokens, PRICE, strict=True))),)
        total = sum(times.values()) * 1.01
        first = total - times["draft"] * 0.6 if outcome is Outcome.ANSWERED else total
        without = ("rerank",) if some.random() < 0.004 * slow else ()
        timed = times | {"total": total}
        return Answer(name, outcome, "", (), (), 0.8, timed, usage=usage, degraded=without, first_ms=first)

    def _verdict(self, telemetry: Telemetry, name: QuestionId, channel: str, at: datetime) -> None:
        some = self._random
        source = some.choices(SOURCES, (6, 3, 1))[0]
        helpful = some.random() < {"help-center": 0.88, "handbook": 0.8, "release-notes": 0.6}[source]
        asked = Question(name, "", Audience.PUBLIC, PersonId("x"), channel, at)
        cited = (Citation("", "", SourceName(source), DocumentId("d")),)
        reason = "" if helpful else some.choice(("wrong", "outdated", "incomplete"))
        record = AnswerRecord(asked, Outcome.ANSWERED, "", cited, 0.8)
        telemetry.rated(Rating(name, PersonId("x"), helpful, at, reason), record)

    def _ingestion(self, telemetry: Telemetry, hour: int, at: datetime) -> None:
        for source in SOURCES:
            run = RunRecord(RunId(f"{source}-{hour}"), SourceName(source), PersonId("schedule"), at, ended=at)
            if hour >= BROKEN:
                telemetry.ran(RunRecord(run.id, run.source, run.by, at, state=RunState.FAILED, ended=at))
                continue
            written, removed = self._random.randint(2, 14), self._random.randint(0, 3)
            done = IngestionRun(run.source, written, 400, removed, (), (), 4000, HAIKU, 40.0)
            failed = int(hour == 50 and source == "handbook")
            telemetry.ran(
                RunRecord(run.id, run.source, run.by, at, state=RunState.DONE, ended=at, result=done, failed=failed)
            )


def _dated(line: str, **more: str) -> str:
    return json.dumps(json.loads(line) | more)


def _stamped(line: str, at: datetime) -> str:
    found = json.loads(line)
    found["_aws"]["Timestamp"] = int(at.timestamp() * 1000)
    return json.dumps(found)


def store(week: Week, seed: int = 7) -> Store:
    """With what AWS says of its own parts in such a week."""
    made, some = Store().read(week.metrics), Random(seed)  # noqa: S311
    for minute in range(0, HOURS * 60, 5):
        at = (BEGIN + timedelta(minutes=minute)).timestamp()
        for space, name, dimensions, value in _of_aws(minute // 60, minute % 60, some):
            made.put(space, name, dimensions, at, value)
    return made


def _of_aws(hour: int, minute: int, some: Random) -> Iterator[tuple[str, str, dict[str, str], float]]:
    """Of five minutes; the age of the queue as if it were of one."""
    function, model, api = (
        {"FunctionName": f"{ALL}-worker"},
        {"ModelId": GIVEN["AnswerModel"]},
        {"ApiId": GIVEN["ApiId"]},
    )
    jobs, ingestions, dead = ({"QueueName": f"{ALL}-{name}"} for name in ("jobs", "ingestions", "jobs-dead"))
    bad, age, visible = throttled(hour), "ApproximateAgeOfOldestMessage", "ApproximateNumberOfMessagesVisible"
    yield "AWS/SQS", age, jobs, some.uniform(60, 95) if bad else some.uniform(0, 3)
    yield "AWS/SQS", age, ingestions, some.uniform(20, 60) if (hour % 24, minute) == (2, 0) else 0.0
    yield "AWS/SQS", visible, dead, 2.0 if 3 * 24 + 13 <= hour < 3 * 24 + 16 else 0.0
    yield "AWS/SQS", visible, {"QueueName": f"{ALL}-ingestions-dead"}, 0.0
    yield "AWS/Lambda", "Throttles", function, some.randint(0, 2) if bad else 0.0
    yield "AWS/Lambda", "Invocations", function, busy(hour) / 12
    yield "AWS/Lambda", "Errors", function, 0.0
    yield "AWS/Bedrock", "InvocationThrottles", model, some.randint(11, 24) if bad else 0.0
    yield "AWS/ApiGateway", "Count", api, busy(hour) / 4
    yield "AWS/ApiGateway", "5xx", api, float(bad and some.random() < 0.2)
    yield f"{NAMESPACE}/{STAGE}", "Refused", {}, float(hour in (34, 35, 82) and some.random() < 0.5)
