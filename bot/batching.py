"""A batch of the queue's messages, each for itself: one that fails takes no other with it.

Powertools' batch processor; what it is told of a failure has no text of the message.
"""

import random
import time
from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from bot.api.limiting import MARGIN
from bot.observability import Telemetry
from bot.settings import Settings
from bot.working import Work, quoted
from rag_core.domain import Deadline
from rag_core.errors import AwayError, BusyError, HeldError, SupportBotError, UnavailableError
from rag_core.jobs import Job, JobKind

# Seconds until a job that failed for now is done again, by how often it was tried: a person waits for the first, the
# last must outlive an outage. The queue's own time is for a worker that was killed: it is six times a function's.
AGAIN = (2.0, 15.0, 60.0, 240.0)
APART = 1.5  # up to so many times as long: who failed at once must not come at once, each to a function of its own

# Of a job that waits for somebody's limit or for a channel that is away: up to half its age is added, so that those
# behind a rush spread.
SPREAD, SOON, LATEST = (15.0, 600.0), 30.0, 6 * 3600.0  # seconds; older than the last it counts as failed

CHANNELS = (JobKind.SLACK, JobKind.ZENDESK)  # in which whoever asked is told, too, that there is no answer

Postpone = Callable[[str, float], None]  # a message by its receipt, and for how many seconds
Again = Callable[[Job, float], None]  # a job once more from its first try, in so many seconds


class FailedError(Exception):
    """A record that is to be delivered again; why, stands in the log."""


class Batches:
    """One function's batches; `read` makes a job of a message's body, or raises RejectedError; `after` each batch."""

    def __init__(
        self,
        settings: Settings,
        work: Work,
        read: Callable[[str], Job],
        telemetry: Telemetry,
        postpone: Postpone | None = None,
        again: Again | None = None,
        *,
        after: Callable[[], None] = lambda: None,
    ) -> None:
        self._settings, self._work, self._read, self._telemetry = settings, work, read, telemetry
        self._postpone, self._anew, self._after = postpone, again, after

    def handle(self, event: dict[str, Any], context: Any) -> dict[str, Any]:
        """Which of the messages failed."""
        processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)

        def do(record: SQSRecord) -> None:  # the processor hands it over by this name
            self._do(record, context)

        with self._telemetry.traced("batch"):
            failed = process_partial_response(event, do, processor, context)
        self._after()
        self._telemetry.flush()
        return dict(failed)

    def _do(self, record: SQSRecord, context: Any) -> None:
        received = record.attributes.approximate_receive_count
        with self._telemetry.about(message_id=record.message_id, received=received):
            try:
                job = self._read(record.body)
            except Exception as error:  # noqa: BLE001 - whatever one message does, the next is read
                raise self._failed(record, error) from None
            with self._telemetry.about(job_id=job.id, kind=job.kind.value):
                try:
                    self._done(job, int(received), context.get_remaining_time_in_millis())
                except Exception as error:  # noqa: BLE001
                    if not (isinstance(error, UnavailableError) and self._waits(job, error, int(received))):
                        raise self._failed(record, error, quoted(job)) from None

    def _done(self, job: Job, received: int, left_ms: int) -> None:
        """With the line that ends the path of what was asked: it has been told."""
        wait_ms = max(_age(job) * 1000, 0.0)
        started = time.perf_counter()
        with self._telemetry.about(wait_ms=round(wait_ms, 1)):
            self._work(job, self._deadline(job, left_ms), received >= self._settings.deliveries)
            self._telemetry.log("job done", ms=round((time.perf_counter() - started) * 1000, 1))
        self._telemetry.job("Done", None if job.kind is JobKind.INGEST else wait_ms)

    def _waits(self, job: Job, error: UnavailableError, received: int) -> bool:
        """Whether it was put on the queue anew, which must end in no dead-letter queue.

        Waiting for a limit is no try; and behind the last one, with the channel away, whoever asked was not told.
        """
        untold = isinstance(error, AwayError) and job.kind in CHANNELS and received >= self._settings.deliveries
        if not (untold or isinstance(error, BusyError)):
            return False
        age = _age(job)
        if self._anew is None or age > LATEST:
            return False
        least, most = SPREAD
        spread = random.uniform(0.0, min(max(age / 2, least), most))  # noqa: S311 - no secret
        try:
            self._anew(job, (error.retry_after or SOON) + spread)
        except SupportBotError as trouble:  # then it is tried as what fails is
            self._telemetry.failed("job not put on the queue anew", trouble)
            return False
        if untold:
            self._telemetry.failed("job waits for its channel", error)
        else:
            self._telemetry.log("job waits for a limit")
        self._telemetry.job("Waiting")
        return True

    def _failed(self, record: SQSRecord, error: Exception, quoting: tuple[str, ...] = ()) -> FailedError:
        received = int(record.attributes.approximate_receive_count)
        last = received >= self._settings.deliveries
        if isinstance(error, HeldError) and not last:  # its twin is at it; behind the last one it is put aside
            self._telemetry.log("job met its twin")
            self._telemetry.job("Held")
        else:
            self._telemetry.failed("job failed", error, quoting)
            self._telemetry.job("Failed")
        if isinstance(error, UnavailableError) and self._postpone:
            self._again(self._postpone, record.receipt_handle, received, error)
        return FailedError(record.message_id)

    def _again(self, postpone: Postpone, receipt: str, received: int, error: UnavailableError) -> None:
        wait = AGAIN[min(received, len(AGAIN)) - 1]
        try:
            postpone(receipt, max(wait, error.retry_after or 0.0) * random.uniform(1.0, APART))  # noqa: S311
        except SupportBotError as trouble:  # then it comes when the queue says
            self._telemetry.failed("job not postponed", trouble)

    def _deadline(self, job: Job, left_ms: int) -> Deadline:
        """An ingestion may take what Lambda leaves; nobody waits longer for an answer than for any other."""
        left = max(left_ms / 1000 - MARGIN, 0.0)
        return Deadline.within(
            left if job.kind in (JobKind.INGEST, JobKind.RUN) else min(self._settings.deadline, left)
        )


def _age(job: Job) -> float:
    """Seconds since it was asked for; below zero where the clock of who asked is ahead."""
    return time.time() - job.enqueued_at.timestamp()
