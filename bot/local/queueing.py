"""The queue of one machine, and the worker that Lambda runs elsewhere: for every channel that is answered from here."""

from contextlib import suppress
from typing import Self

from bot.app import App
from bot.local.journalling import Journal
from bot.observability import Telemetry
from bot.working import Work, quoted, workers
from rag_core.backends.local_queue import ROOM, LocalQueue
from rag_core.domain import NEVER, Deadline
from rag_core.errors import HeldError, RejectedError, SupportBotError, UnavailableError
from rag_core.jobs import Job, JobKind

PAUSE = 1.0  # seconds before what failed for now is tried again; doubled with every try
DAY = 24 * 3600.0  # seconds that an ingestion may take
CLAIMED = 10.0  # seconds beyond an answer's deadline: by then what a killed process had claimed is free


class LocalJobs:
    """JobQueue of this process, and who does every kind of job that the settings ask for; a context manager.

    Ingestions have a queue of their own: minutes long, they would hold every worker while questions wait. `journal`:
    where jobs outlive the process; what it still has is sent again. `work`: instead of what the settings ask for.
    """

    def __init__(
        self, app: App, telemetry: Telemetry, journal: Journal | None = None, work: Work | None = None
    ) -> None:
        self._settings, self._telemetry, self._journal = app.settings, telemetry, journal
        tries = app.settings.deliveries
        self._left = journal.waiting() if journal else []
        room = ROOM + len(self._left)  # what was acknowledged is never too much to start with
        outlast = app.settings.deadline + CLAIMED
        self._questions = LocalQueue(self._do, self._failed, room=room, tries=tries, pause=PAUSE, outlast=outlast)
        self._ingestions = LocalQueue(self._do, self._failed, workers=1, tries=tries, pause=PAUSE)
        self._work = work or workers(app, telemetry, self)

    def __enter__(self) -> Self:
        for job in self._left:
            self.send(job)
        return self

    def __exit__(self, *_: object) -> None:
        self._ingestions.close()
        self._questions.close()

    def send(self, job: Job, *, deadline: Deadline = NEVER) -> None:
        queue = self._ingestions if job.kind is JobKind.INGEST else self._questions
        if self._journal:
            self._journal.keep(job)
        try:
            queue.send(job, deadline=deadline)
        except SupportBotError:
            self._forget(job)  # it was not acknowledged: Zendesk sends it again
            raise

    def _do(self, job: Job, last: bool) -> None:
        seconds = DAY if job.kind is JobKind.INGEST else self._settings.deadline
        try:
            self._work(job, Deadline.within(seconds), last)
        except (UnavailableError, RejectedError):
            raise
        except Exception as error:
            if last or job.kind is JobKind.INGEST:
                raise
            # as SQS does it with whatever fails: only the last try tells those who wait that nothing will come
            raise UnavailableError(f"it is tried again ({type(error).__name__})") from error
        self._forget(job)

    def _failed(self, job: Job, error: Exception) -> None:
        if isinstance(error, HeldError):  # whoever is at it ends it
            self._telemetry.log("job met its twin", job_id=job.id)
        else:
            self._telemetry.failed("job failed", error, quoted(job), job_id=job.id)
        self._forget(job)

    def _forget(self, job: Job) -> None:
        """What cannot be forgotten now is done once more after the next start, which finds it done."""
        if self._journal:
            with suppress(SupportBotError):
                self._journal.done(job)
