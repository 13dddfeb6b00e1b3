"""A batch of the queue's messages, each for itself: one that fails takes no other with it.

Powertools' batch processor; what it is told of a failure has no text of the message.
"""

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from bot.api.answers import CHANNEL
from bot.api.callbacks import Callbacks
from bot.api.callers import Callers
from bot.api.limiting import deadline_of
from bot.api.parts import Parts
from bot.api.working import Worker
from bot.observability import Telemetry
from bot.settings import Settings
from rag_core.jobs import Job


class FailedError(Exception):
    """A record that is to be delivered again; why, stands in the log."""


class Batches:
    """One function's worker; `read` makes a job of a message's body, or raises RejectedError."""

    def __init__(
        self,
        settings: Settings,
        parts: Parts,
        callers: Callers,
        read: Callable[[str], Job],
        *,
        callbacks: Callbacks | None = None,
        telemetry: Telemetry | None = None,
    ) -> None:
        self._settings, self._read = settings, read
        self._telemetry = telemetry or Telemetry(tracing=settings.tracing)
        self._worker = Worker(
            parts, callers, callbacks or Callbacks(), lambda answer: self._telemetry.answered(answer, channel=CHANNEL)
        )

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
        try:
            job = self._read(record.body)
            quoting = (job.question.text, job.question.previous or "") if job.question else ()
            self._worker.work(job, deadline_of(self._settings.deadline, context.get_remaining_time_in_millis()))
        except Exception as error:  # noqa: BLE001 - whatever one message does, the next is read
            received = record.attributes.approximate_receive_count
            self._telemetry.failed("job failed", error, quoting, message_id=record.message_id, received=received)
            self._telemetry.job("Failed")
            raise FailedError(record.message_id) from None
        self._telemetry.job("Done")
