"""A batch of the queue's messages, each for itself: one that fails takes no other with it.

Powertools' batch processor; what it is told of a failure has no text of the message.
"""

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from bot.api.limiting import MARGIN
from bot.observability import Telemetry
from bot.settings import Settings
from bot.working import Work, quoted
from rag_core.domain import Deadline
from rag_core.errors import HeldError, SupportBotError, UnavailableError
from rag_core.jobs import Job, JobKind

# Seconds until a job that failed for now is done again, by how often it was tried: a person waits for the first, the
# last must outlive an outage. The queue's own time is for a worker that was killed: it is six times a function's.
AGAIN = (2.0, 15.0, 60.0, 240.0)

Postpone = Callable[[str, float], None]  # a message by its receipt, and for how many seconds


class FailedError(Exception):
    """A record that is to be delivered again; why, stands in the log."""


class Batches:
    """One function's batches; `read` makes a job of a message's body, or raises RejectedError."""

    def __init__(
        self,
        settings: Settings,
        work: Work,
        read: Callable[[str], Job],
        telemetry: Telemetry,
        postpone: Postpone | None = None,
    ) -> None:
        self._settings, self._work, self._read, self._telemetry = settings, work, read, telemetry
        self._postpone = postpone

    def handle(self, event: dict[str, Any], context: Any) -> dict[str, Any]:
        """Which of the messages failed."""
        processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)

        def do(record: SQSRecord) -> None:  # the processor hands it over by this name
            self._do(record, context)

        with self._telemetry.traced("batch"):
            failed = process_partial_response(event, do, processor, context)
        self._telemetry.flush()
        return dict(failed)

    def _do(self, record: SQSRecord, context: Any) -> None:
        quoting: tuple[str, ...] = ()
        received = record.attributes.approximate_receive_count
        last = int(received) >= self._settings.deliveries
        try:
            job = self._read(record.body)
            quoting = quoted(job)
            self._work(job, self._deadline(job, context.get_remaining_time_in_millis()), last)
        except Exception as error:  # noqa: BLE001 - whatever one message does, the next is read
            if isinstance(error, HeldError) and not last:  # its twin is at it; behind the last one it is put aside
                self._telemetry.log("job met its twin", message_id=record.message_id, received=received)
                self._telemetry.job("Held")
            else:
                self._telemetry.failed("job failed", error, quoting, message_id=record.message_id, received=received)
                self._telemetry.job("Failed")
            if isinstance(error, UnavailableError) and self._postpone:
                self._again(self._postpone, record.receipt_handle, int(received), error)
            raise FailedError(record.message_id) from None
        self._telemetry.job("Done")

    def _again(self, postpone: Postpone, receipt: str, received: int, error: UnavailableError) -> None:
        wait = AGAIN[min(received, len(AGAIN)) - 1]
        try:
            postpone(receipt, max(wait, error.retry_after or 0.0))
        except SupportBotError as trouble:  # then it comes when the queue says
            self._telemetry.failed("job not postponed", trouble)

    def _deadline(self, job: Job, left_ms: int) -> Deadline:
        """An ingestion may take what Lambda leaves; nobody waits longer for an answer than for any other."""
        left = max(left_ms / 1000 - MARGIN, 0.0)
        return Deadline.within(
            left if job.kind in (JobKind.INGEST, JobKind.RUN) else min(self._settings.deadline, left)
        )
