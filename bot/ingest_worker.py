"""What the ingest function does: it begins runs, whoever asks for one, does their steps, and rolls back.

A change in a bucket begins a run too. Of the changes that come while one is under way one waits for its end, whichever
that is, and then begins the next one for all of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import msgspec

from bot import aws, bucket_changes, fanning, recognition
from bot.app import App
from bot.working import SILENT, Ends, Work
from rag_core.domain import Deadline, PersonId, SourceName
from rag_core.errors import AlreadyRunningError, CancelledRunError, RejectedError, SupportBotError, UnavailableError
from rag_core.fanning.plans import Order
from rag_core.fanning.steps import Steps
from rag_core.jobs import Job, JobId, JobKind
from rag_core.ports import Fanout
from rag_core.runs import RunId, RunState
from rag_core.scans import RecognitionId

BUCKET = PersonId("a change in the bucket")
TOLD = ("team", "channel", "ts")  # where Slack shows how a run ended
SKEW = timedelta(seconds=2)  # by which S3's clock may be ahead of a worker's
FOLLOWING = timedelta(hours=3)  # longer than a run that died counts as alive
AFTER = 10.0  # seconds until who waits for the end of a run looks again


def read(body: str) -> Job:
    """A job, S3's word that objects have changed, or Textract's that a document is recognised. Raises RejectedError."""
    job = bucket_changes.changed(body) or recognition.over(body) or aws.job(body)
    try:
        _check(job)
    except (KeyError, ValueError, msgspec.DecodeError) as error:
        raise RejectedError(f"a job of the kind {job.kind} is incomplete ({type(error).__name__})") from None
    return job


def _check(job: Job) -> None:
    """What its work takes for granted."""
    if recognition.OVER in job.payload:
        job.payload["key"]
    elif job.kind is JobKind.RUN:
        Order.of(job)
    elif "objects" in job.payload:
        _objects(job), _when(job)
    elif "changed" in job.payload:
        job.payload["source"], _when(job)


def _objects(job: Job) -> Sequence[tuple[str, str]]:
    """By bucket and key."""
    return msgspec.json.decode(job.payload["objects"], type=list[tuple[str, str]])


def _when(job: Job) -> datetime:
    changed = datetime.fromisoformat(job.payload["changed"])
    if changed.tzinfo is None:
        raise ValueError("no time zone")
    return changed


class IngestWorker:
    """Does jobs of the kinds RUN, INGEST and ROLLBACK."""

    def __init__(self, app: App, steps: Steps, queue: Fanout, ends: Ends = SILENT) -> None:
        self._app, self._steps, self._queue, self._ends = app, steps, queue, ends

    def work(self, job: Job, deadline: Deadline, last: bool) -> None:
        if recognition.OVER in job.payload:
            self._steps.recognised(RecognitionId(job.payload[recognition.OVER]), job.payload["key"], last)
        elif job.kind is JobKind.RUN:
            self._steps.work(job, last, deadline)
        elif job.kind is JobKind.ROLLBACK:
            self._roll_back(job, last)
        elif job.kind is not JobKind.INGEST:
            raise RejectedError(f"the ingest function does no jobs of the kind {job.kind}")
        elif "objects" in job.payload:
            for source in self._holding(_objects(job)):
                # without the keys, which are many, and may have what no message of ours has
                payload = {"source": source, "changed": job.payload["changed"]}
                self._changed(replace(job, id=JobId(f"{job.id}-{source}"), payload=payload))
        elif "changed" in job.payload:
            self._changed(job)
        else:
            self._begin(job)

    def _begin(self, job: Job) -> None:
        """As the schedule, Slack or a program asks for it."""
        source, given = self._source(job), job.payload
        by = PersonId(given.get("by", "schedule"))
        more, agreed = {name: given[name] for name in TOLD if name in given}, bool(given.get("agreed"))
        try:
            self._steps.begin(source, by, run=RunId(job.id), full=bool(given.get("full")), agreed=agreed, more=more)
        except (AlreadyRunningError, CancelledRunError):
            return  # the run that is under way is on record, and so is who cancelled this one

    def _changed(self, job: Job) -> None:
        source = self._source(job)
        runs = self._app.runs.history(source)
        listed = [each.listed for each in runs if each.state is RunState.DONE and each.listed]
        if "follows" not in job.payload and any(at >= _when(job) + SKEW for at in listed):
            return
        before = next((each for each in runs if not each.state.over and each.id != RunId(job.id)), None)
        if before is None:
            self._follow_up(job, source)
        elif self._app.claims.claim(f"following:{before.id}", ttl=FOLLOWING, owner=job.id):
            # for those too that come later, so whatever that run has listed
            self._queue.send_all([replace(job, payload={**job.payload, "follows": "1"})], delay=AFTER)

    def _follow_up(self, job: Job, source: SourceName) -> None:
        try:
            self._steps.begin(source, BUCKET, run=RunId(job.id))
        except AlreadyRunningError:  # another change was faster
            self._queue.send_all([job], delay=AFTER)

    def _source(self, job: Job) -> SourceName:
        source = SourceName(job.payload.get("source", ""))
        if source not in self._app.sources.offered():
            raise RejectedError(fanning.UNSTATED.format(source))
        return source

    def _roll_back(self, job: Job, last: bool) -> None:
        reason = ""
        try:
            fanning.roll_back(self._app, job.id)
        except UnavailableError as error:
            if not last:
                raise
            reason = str(error)
        except SupportBotError as error:
            reason = str(error)
        self._ends.rollback(reason, job.payload)

    def _holding(self, objects: Sequence[tuple[str, str]]) -> Sequence[SourceName]:
        stated: Mapping[SourceName, Any] = self._app.sources.stated
        return [
            name
            for name, each in stated.items()
            if any(bucket == getattr(each, "bucket", None) and key.startswith(each.prefix) for bucket, key in objects)
        ]


def work(app: App, ends: Ends = SILENT) -> Work:
    """Raises RejectedError where the settings name no queue for it."""
    return IngestWorker(app, fanning.steps(app, ends.run), fanning.queue(app), ends).work
