"""What the ingest function does: it begins runs, whoever asks for one, and does their steps.

A change in a bucket begins one too. Changes that come while a run is under way wait for its end, one for all of them.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote_plus

import msgspec

from bot import aws, fanning, recognition
from bot.app import App
from bot.working import Work
from rag_core.domain import Deadline, PersonId, SourceName
from rag_core.errors import AlreadyRunningError, CancelledRunError, RejectedError
from rag_core.fanning.steps import Steps
from rag_core.jobs import Job, JobId, JobKind
from rag_core.ports import Fanout
from rag_core.runs import RunId, RunState
from rag_core.scans import RecognitionId

BUCKET = PersonId("a change in the bucket")
TOLD = ("team", "channel", "ts")  # where Slack shows how a run ended
SKEW = timedelta(seconds=2)  # by which S3's clock may be ahead
FOLLOWING = timedelta(hours=3)  # longer than a run that died counts as alive
AFTER = 10.0  # seconds until who waits for the end of a run looks again
TEST = "s3:TestEvent"  # which S3 sends once, when the notification is set up


def read(body: str) -> Job:
    """A job, S3's word that objects have changed, or Textract's that a document is recognised. Raises RejectedError."""
    return _changes(body) or recognition.over(body) or aws.job(body)


def _changes(body: str) -> Job | None:
    try:
        message = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return None
    if not isinstance(message, dict) or not (message.get("Event") == TEST or "Records" in message):
        return None
    records = message.get("Records", [])
    try:
        keys = sorted({(each["s3"]["bucket"]["name"], unquote_plus(each["s3"]["object"]["key"])) for each in records})
        latest = max((each["eventTime"] for each in records), default="")
    except (KeyError, TypeError) as error:
        raise RejectedError(f"a message is no notification of S3 ({type(error).__name__})") from None
    changed = {"changed": latest, "objects": msgspec.json.encode(keys).decode()}
    name = hashlib.sha256(body.encode()).hexdigest()[:16]
    return Job(JobId(f"change-{name}"), JobKind.INGEST, datetime.now(UTC), changed)


class IngestWorker:
    """Does jobs of the kinds RUN and INGEST."""

    def __init__(self, app: App, steps: Steps, queue: Fanout) -> None:
        self._app, self._steps, self._queue = app, steps, queue

    def work(self, job: Job, deadline: Deadline, last: bool) -> None:
        if recognition.OVER in job.payload:
            self._steps.recognised(RecognitionId(job.payload[recognition.OVER]), job.payload["key"], last)
        elif job.kind is JobKind.RUN:
            self._steps.work(job, last, deadline)
        elif "objects" in job.payload:
            for source in self._holding(job.payload["objects"]):
                self._changed(job, source, datetime.fromisoformat(job.payload["changed"]))
        elif job.kind is JobKind.INGEST:
            self._begin(job)
        else:
            raise RejectedError(f"the ingest function does no jobs of the kind {job.kind}")

    def _begin(self, job: Job) -> None:
        """As the schedule, Slack or a program asks for it."""
        given = job.payload
        source, by = SourceName(given.get("source", "")), PersonId(given.get("by", "schedule"))
        if source not in self._app.sources.offered():
            raise RejectedError(fanning.UNSTATED.format(source))
        more, agreed = {name: given[name] for name in TOLD if name in given}, bool(given.get("agreed"))
        try:
            self._steps.begin(source, by, run=RunId(job.id), full=bool(given.get("full")), agreed=agreed, more=more)
        except (AlreadyRunningError, CancelledRunError):
            return  # the run that is under way is on record, and so is who cancelled this one

    def _changed(self, job: Job, source: SourceName, changed: datetime) -> None:
        last = next(iter(self._app.runs.history(source)), None)
        if last and last.started >= changed + SKEW and last.state not in (RunState.FAILED, RunState.CANCELLED):
            return  # it lists what changed, or has listed it
        if last and not last.state.over:
            if self._app.claims.claim(f"following:{last.id}", ttl=FOLLOWING, owner=job.id):
                self._queue.send_all([job], delay=AFTER)
            return
        run = RunId(f"{job.id}-{source}")
        try:
            self._steps.begin(source, BUCKET, run=run)
        except AlreadyRunningError:  # another change was faster
            self._queue.send_all([job], delay=AFTER)

    def _holding(self, objects: str) -> Sequence[SourceName]:
        changed: list[tuple[str, str]] = msgspec.json.decode(objects, type=list[tuple[str, str]])
        stated: Mapping[SourceName, Any] = self._app.sources.stated
        return [
            name
            for name, each in stated.items()
            if any(bucket == getattr(each, "bucket", None) and key.startswith(each.prefix) for bucket, key in changed)
        ]


def work(app: App, ended: fanning.Ended = lambda *_: None) -> Work:
    """Raises RejectedError where the settings name no queue for it."""
    return IngestWorker(app, fanning.steps(app, ended), fanning.queue(app)).work
