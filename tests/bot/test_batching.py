"""A batch of the queue's messages: each for itself, and what failed for now soon again."""

import io
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.batching import Batches
from bot.observability import Telemetry
from bot.settings import Settings
from rag_core.domain import Deadline
from rag_core.errors import AwayError, BusyError, HeldError, RejectedError, UnavailableError
from rag_core.jobs import Job, JobKind
from rag_core.messaging import read, written
from tests.contracts.jobs import job


class Context:
    """Lambda's, as far as it is asked."""

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


def batch(received: int = 1) -> Mapping[str, Any]:
    attributes = {"ApproximateReceiveCount": str(received)}
    record = {"messageId": "m1", "receiptHandle": "r1", "body": written(job()), "attributes": attributes}
    return {"Records": [record | {"eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:eu-central-1:1:jobs"}]}


def worked(error: Exception, received: int) -> str:
    """What the log says of a job that ended so."""
    log = io.StringIO()

    def work(_job: Job, _deadline: Deadline, _last: bool) -> None:
        raise error

    Batches(Settings(), work, read, Telemetry(stream=log, plain=True)).handle(dict(batch(received)), Context())
    return log.getvalue()


def postponed(error: Exception | None, received: int = 1, trouble: Exception | None = None) -> tuple[Any, Any]:
    """What was postponed, and what SQS is told."""
    asked: list[tuple[str, float]] = []

    def work(_job: Job, _deadline: Deadline, _last: bool) -> None:
        if error:
            raise error

    def postpone(receipt: str, seconds: float) -> None:
        asked.append((receipt, seconds))
        if trouble:
            raise trouble

    batches = Batches(Settings(), work, read, Telemetry(stream=io.StringIO()), postpone)
    return asked, batches.handle(dict(batch(received)), Context())["batchItemFailures"]


FAILED = [{"itemIdentifier": "m1"}]


@pytest.mark.parametrize(("received", "seconds"), [(1, 2.0), (2, 15.0), (4, 240.0), (9, 240.0)])
def test_what_failed_for_now_comes_again_soon_and_then_less_and_less_soon(received: int, seconds: float) -> None:
    [(receipt, wait)], failed = postponed(UnavailableError("down"), received)
    assert (receipt, failed) == ("r1", FAILED)
    assert seconds <= wait <= 1.5 * seconds


def test_who_failed_at_once_does_not_come_at_once() -> None:
    waits = {postponed(UnavailableError("down", retry_after=30.0))[0][0][1] for _ in range(50)}
    assert max(waits) - min(waits) > 5.0


def test_it_comes_no_sooner_than_it_was_asked_to() -> None:
    [(_, wait)], failed = postponed(UnavailableError("throttled", retry_after=30.0))
    assert (30.0 <= wait <= 45.0, failed) == (True, FAILED)


def test_what_is_done_or_will_never_be_is_not_postponed() -> None:
    assert postponed(None) == ([], [])
    assert postponed(RejectedError("no")) == ([], FAILED)


def test_a_job_that_meets_its_twin_is_no_error_and_comes_again() -> None:
    met = HeldError("another worker is at this ticket", retry_after=2.0)
    assert '"level": "INFO"' in (told := worked(met, received=1))
    assert "ERROR" not in told
    [(_, wait)], failed = postponed(met)
    assert (2.0 <= wait <= 3.0, failed) == (True, FAILED)
    assert '"level": "ERROR"' in worked(met, received=5)  # the queue puts it aside: somebody must look
    assert '"level": "ERROR"' in worked(UnavailableError("down"), received=1)


def test_a_queue_that_cannot_postpone_delivers_in_its_own_time() -> None:
    [(_, wait)], failed = postponed(UnavailableError("down"), trouble=UnavailableError("SQS is down"))
    assert (wait >= 2.0, failed) == (True, FAILED)


def waited(
    error: Exception,
    received: int = 1,
    age: float = 0.0,
    trouble: Exception | None = None,
    kind: JobKind = JobKind.ANSWER,
) -> tuple[Any, Any]:
    """What was put on the queue anew, and what SQS is told."""
    anew: list[tuple[str, float]] = []

    def work(_job: Job, _deadline: Deadline, _last: bool) -> None:
        raise error

    def again(job: Job, seconds: float) -> None:
        anew.append((job.id, seconds))
        if trouble:
            raise trouble

    asked = replace(job(), kind=kind, enqueued_at=datetime.now(UTC) - timedelta(seconds=age))
    batches = Batches(Settings(), work, lambda _: asked, Telemetry(stream=io.StringIO()), None, again)
    return anew, batches.handle(dict(batch(received)), Context())["batchItemFailures"]


BUSY = BusyError("as much as may be asked was asked", retry_after=30.0)


@pytest.mark.parametrize("received", [1, 5, 9])
def test_what_waits_for_a_limit_waits_as_often_as_it_takes(received: int) -> None:
    ((name, seconds),), failed = waited(BUSY, received)
    assert (name, failed) == (job().id, [])
    assert 30 <= seconds <= 45


def test_the_longer_it_waits_the_wider_it_spreads_and_one_day_it_has_failed() -> None:
    spreads = [waited(BUSY, age=3600.0)[0][0][1] for _ in range(50)]
    assert 30 <= min(spreads) < max(spreads) <= 630
    assert max(spreads) > 100
    assert waited(BUSY, age=7 * 3600.0) == ([], FAILED)


AWAY = AwayError("Slack did not answer")


@pytest.mark.parametrize("kind", [JobKind.SLACK, JobKind.ZENDESK])
def test_whoever_could_not_be_told_is_not_put_aside(kind: JobKind) -> None:
    assert waited(AWAY, received=4, kind=kind) == ([], FAILED)
    ((_, seconds),), failed = waited(AWAY, received=5, kind=kind)
    assert failed == []
    assert seconds >= 30
    assert waited(AWAY, received=5, age=7 * 3600.0, kind=kind) == ([], FAILED)


def test_a_job_that_nobody_waits_for_in_a_channel_is_put_aside_as_ever() -> None:
    assert waited(AWAY, received=5, kind=JobKind.RUN) == ([], FAILED)


def test_what_cannot_be_put_on_the_queue_anew_is_delivered_again() -> None:
    assert waited(BUSY, trouble=UnavailableError("SQS is down"))[1] == FAILED
    assert waited(UnavailableError("down")) == ([], FAILED)
