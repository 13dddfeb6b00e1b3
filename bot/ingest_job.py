"""The job that brings the index up to date with a source, and the runs as Slack's admins ask for them.

Whatever becomes of a job, its message says so: a run that waits, dies or is delivered again ends in one summary.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime

from bot import fanning
from bot.app import App
from bot.working import Work
from integrations.slack import summarising
from integrations.slack.messages import Message, notice
from integrations.slack.needs import Calls
from integrations.slack.progressing import EVERY, ProgressMessage
from rag_core.domain import Audience, Deadline, PersonId, SourceName
from rag_core.errors import AlreadyRunningError, MisconfiguredError, RejectedError, SupportBotError, UnavailableError
from rag_core.jobs import Job, JobKind
from rag_core.ports import JobQueue
from rag_core.runs import RunId, RunRecord, RunState

WHERE = ("team", "channel", "ts")  # the message stands that tells of it
FIELDS = ("source", "by", *WHERE)


class SlackIngestions:
    """What `/supportbot` takes of the app. `queue` carries its jobs; `survives`: also beyond this process's end."""

    def __init__(self, app: App, queue: JobQueue, *, survives: bool) -> None:
        self._app, self._queue, self._survives = app, queue, survives

    def sources(self, *, audience: Audience | None = None) -> Mapping[SourceName, int]:
        try:
            return self._app.index.sources(audience=audience)
        except MisconfiguredError:  # no index yet
            return {}

    def offered(self) -> Sequence[SourceName]:
        return self._app.sources.offered()

    def request(self, source: SourceName, by: PersonId, *, run: RunId, full: bool) -> RunRecord:
        if reason := self._app.sources.elsewhere(source):
            raise RejectedError(reason)
        return self._app.runs.request(source, by, run=run, full=full, survives=self._survives)

    def begin(self, job: Job) -> None:
        if job.kind is JobKind.ROLLBACK:
            fanning.queue(self._app).send(job)
        else:
            self._queue.send(job)

    def withdraw(self, run: RunRecord, reason: str) -> None:
        self._app.runs.withdraw(run, reason)

    def cancel(self, source: SourceName, by: PersonId) -> RunRecord:
        if fanning.is_shared(self._app, source):
            with fanning.steps(self._app) as steps:
                return steps.cancel(source, by)
        return self._app.runs.cancel(source, by)

    @property
    def rolls_back(self) -> bool:
        """Where workers ingest only they may move what answers."""
        return not self._app.settings.ingest_queue_url

    def roll_back(self, once: str) -> None:
        fanning.roll_back(self._app, once)

    def latest(self) -> Sequence[RunRecord]:
        return self._app.runs.latest()

    def knowledge_as_of(self) -> datetime | None:
        return self._app.runs.knowledge_as_of()


class IngestJobs:
    """Does jobs of the kind INGEST; `calls` gives a team's Slack for as long as a deadline leaves."""

    def __init__(
        self,
        app: App,
        calls: Callable[[str, Deadline], Calls],
        *,
        report_url: str = "",
        every: float = EVERY,
        on_end: Callable[[RunRecord], None] = lambda _: None,
    ) -> None:
        """`on_end`: told of each run that has ended here."""
        self._app, self._calls, self._report_url, self._every = app, calls, report_url, every
        self._on_end = on_end
        self._turn = threading.Lock()  # an index has one writer: a second source waits here rather than fails there

    def work(self, job: Job, _deadline: Deadline, last: bool) -> None:
        """An ingestion takes the time it takes. Raises UnavailableError for one that is to be delivered again."""
        message = self._message(job)
        run = self._found(job)
        if run is None or run.state not in (RunState.DONE, RunState.CANCELLED):
            try:
                if not self._is_over(job, message):
                    return
            except AlreadyRunningError as error:
                if error.run != job.id:
                    source = SourceName(job.payload["source"])
                    message.end(notice(summarising.already(source, PersonId(error.by), error.since)))
                elif not last:  # another delivery of this job is at it; should it die, this one comes again
                    raise
                return
            except UnavailableError as error:
                if not last:
                    self._postpone(job, message, str(error))
                    raise
            except (SupportBotError, OSError) as error:
                self._recorded(job, str(error))
            except Exception:  # a flaw of ours: whoever waits is told, and the log too
                self._tell(job, message)
                raise
        self._tell(job, message)

    def _is_over(self, job: Job, message: ProgressMessage) -> bool:
        """Once it was done here, or handed on to workers that do it together: the last of them tells how it ended."""
        given = job.payload
        if not fanning.is_shared(self._app, given["source"]):
            with self._turn, message:
                self._ended(job, message)
            return True
        where = {name: given[name] for name in WHERE}
        source, by = SourceName(given["source"]), PersonId(given["by"])
        full, agreed = bool(given.get("full")), bool(given.get("agreed"))
        begun = fanning.begin(self._app, source, by, RunId(job.id), full=full, agreed=agreed, more=where)
        return begun.state.over

    def _ended(self, job: Job, message: ProgressMessage) -> None:
        """Told also of a run that raises: its record says how it ended."""
        try:
            self._ingest(job, message)
        finally:
            with suppress(SupportBotError):
                if (run := self._found(job)) and run.state.over:
                    self._on_end(run)

    def _ingest(self, job: Job, message: ProgressMessage) -> None:
        given = job.payload
        source = SourceName(given["source"])
        if reason := self._app.sources.elsewhere(source):
            raise RejectedError(reason)
        self._app.ingest(
            source,
            by=PersonId(given["by"]),
            run=RunId(job.id),
            full=bool(given.get("full")),
            progress=message.progress,
        )

    def _message(self, job: Job) -> ProgressMessage:
        given = job.payload
        if not all(given.get(name) for name in FIELDS):
            raise RejectedError("a job for an ingestion names its source, who asked for it, and where that is told")

        def calls(until: Deadline) -> Calls:
            return self._calls(given["team"], until)

        source, by = SourceName(given["source"]), PersonId(given["by"])
        return ProgressMessage(calls, given["channel"], given["ts"], source, by, every=self._every)

    def _found(self, job: Job) -> RunRecord | None:
        return self._app.runs.find(SourceName(job.payload["source"]), RunId(job.id))

    def _tell(self, job: Job, message: ProgressMessage) -> None:
        if run := self._found(job):
            message.end(summarising.ended(run, self._report_url))

    def _postpone(self, job: Job, message: ProgressMessage, reason: str) -> None:
        source, by = SourceName(job.payload["source"]), PersonId(job.payload["by"])
        with suppress(SupportBotError):  # what counts is that the job comes again
            message.end(summarising.waiting(source, by, full=bool(job.payload.get("full")), reason=reason))

    def _recorded(self, job: Job, reason: str) -> None:
        """One that failed before it began is no longer waited for."""
        run = self._found(job)
        if run and run.state is RunState.WAITING:
            self._app.runs.withdraw(run, reason)


def work(
    app: App,
    calls: Callable[[str, Deadline], Calls],
    report_url: str = "",
    on_end: Callable[[RunRecord], None] = lambda _: None,
) -> Work:
    """As the queue's worker calls it."""
    return IngestJobs(app, calls, report_url=report_url, on_end=on_end).work


class Told:
    """Tells in Slack what workers elsewhere have done, in the message that was placed when it was asked for."""

    def __init__(self, calls: Callable[[str, Deadline], Calls], report_url: str = "") -> None:
        self._calls, self._report_url = calls, report_url

    def run(self, run: RunRecord, where: Mapping[str, str]) -> None:
        self._end(where, summarising.ended(run, self._report_url), run.source, run.by)

    def rollback(self, why_not: str, where: Mapping[str, str]) -> None:
        self._end(where, summarising.rolled_back(why_not), SourceName(""), PersonId(""))

    def _end(
        self,
        where: Mapping[str, str],
        message: Message,
        source: SourceName,
        by: PersonId,
    ) -> None:
        if not all(where.get(name) for name in WHERE):
            return

        def calls(until: Deadline) -> Calls:
            return self._calls(where["team"], until)

        ProgressMessage(calls, where["channel"], where["ts"], source, by).end(message)
