"""Do a run's jobs one by one, each as often as it is delivered, and send what comes next.

Before each the run is looked up: one that was cancelled, has ended, or is another's by now has nothing left to do.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Self

import msgspec

from rag_core.domain import NEVER, Deadline, PersonId, SourceName
from rag_core.errors import BusyError, CancelledRunError, HeldError, PausedError, SupportBotError, UnavailableError
from rag_core.extracting.isolating import IsolatedExtractor
from rag_core.fanning import building, documents, outcomes, planning, scanned
from rag_core.fanning.plans import Layout, Note, Opened, Order, Parts, Plan, Step, Store, counted, missing
from rag_core.jobs import Job, JobId, JobKind
from rag_core.recognizing import Pending
from rag_core.running import Runs
from rag_core.runs import Progress, RunId, RunRecord, RunState
from rag_core.scans import RecognitionId

TURN = 20.0  # seconds until a run looks again whether another one has left the index
EVERY = 2.0  # seconds between two words of a run


class Steps:
    """What an ingest worker does, a context manager. `ended`: told of a run that has, and what its order hands on."""

    def __init__(
        self,
        runs: Runs,
        parts: Parts,
        *,
        ended: Callable[[RunRecord, dict[str, str]], None] = lambda *_: None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._runs, self._parts, self._ended, self._clock = runs, parts, ended, clock
        self._store, self._extractor, self._told = Store(parts.staging), IsolatedExtractor(), 0.0
        self._opened: tuple[RunId, Opened] | None = None
        self._deadline = NEVER

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._extractor.__exit__()

    def begin(
        self,
        source: SourceName,
        by: PersonId,
        *,
        run: RunId,
        full: bool = False,
        agreed: bool = False,
        more: dict[str, str] | None = None,
    ) -> RunRecord:
        """Hold the source and queue its first step; once more is the same. Raises AlreadyRunningError."""
        record = self._runs.request(source, by, run=run, full=full)
        if record.state is RunState.WAITING:
            try:
                self._send([Order(Step.PLAN, source, run, by, full=full, agreed=agreed, more=more or {})])
            except SupportBotError as error:
                self._runs.withdraw(record, str(error))
                raise
        return record

    def resume(self, source: SourceName, by: PersonId, *, agreed: bool = False) -> RunRecord:
        """Go on with a run that failed or died, from what is staged and counted. Raises RejectedError."""
        record = self._runs.revive(source)
        order = Order(Step.PLAN, source, record.id, by, full=record.full, agreed=agreed)
        try:
            token = planning.known(self._parts, order)
            self._send(planning.left(self._parts, self._store, replace(order, token=token)) if token else [order])
        except SupportBotError as error:  # else it would hold its source, and nobody be at it
            self._fail(order, str(error))
            raise
        return record

    def cancel(self, source: SourceName, by: PersonId) -> RunRecord:
        """Between two jobs; one more makes sure that there is one. Raises RejectedError when none is under way."""
        record = self._runs.cancel(source, by)
        if not record.state.over:
            order = Order(Step.FINISH, source, record.id, by)
            self._send([replace(order, token=planning.known(self._parts, order) or "")])
        return record

    def work(self, job: Job, last: bool, deadline: Deadline = NEVER) -> None:
        """Raises UnavailableError for what is to be delivered again."""
        self._deadline = deadline
        self._work(Order.of(job), last)

    def recognised(self, recognition: RecognitionId, key: str, last: bool) -> None:
        """A recognition is over, well or not: its document goes on. Raises UnavailableError as `work` does."""
        pending = self._parts.recognition and self._parts.recognition.taken(key)
        if not pending or not self._parts.recognition:
            return
        order = Order.of(Job(JobId(key), JobKind.RUN, self._clock(), pending.about))
        if self._held(order) is None:
            self._parts.recognition.done(key)
        else:
            self._work(order, last, replace(pending, recognition=recognition))

    def _work(self, order: Order, last: bool, over: Pending | None = None) -> None:
        if (record := self._held(order)) is None:
            return
        try:
            self._do(order, record, last, over)
        except UnavailableError as error:
            if isinstance(error, BusyError):  # no try: the run is alive for as long as it waits for a limit
                self._runs.heard(record)
            elif last:
                self._fail(order, str(error))
                return
            raise
        except CancelledRunError:
            self._held(order)
        except SupportBotError as error:
            self._fail(order, str(error))
        except Exception as error:  # a flaw of ours: the log says more, and the run is not waited for
            if last:
                self._fail(order, f"a flaw of this program ({type(error).__name__}): its log says more")
            raise

    def _held(self, order: Order) -> RunRecord | None:
        """The run as it is under way, if it still is."""
        find = self._runs.take if order.step is Step.PLAN else self._runs.current
        record = find(order.source, order.run)
        if record is None or record.state.over:
            return None
        if record.cancelled_by:
            self._over(order, replace(record, state=RunState.CANCELLED, ended=self._clock()))
            return None
        return record

    def _do(self, order: Order, record: RunRecord, last: bool, over: Pending | None) -> None:
        match order.step:
            case Step.PLAN:
                self._plan(order, record)
            case Step.DOCUMENT:
                self._document(order, record, last)
            case Step.SCAN:
                self._scan(order, record, last, over)
            case Step.PACK:
                self._pack(order, record)
            case Step.PART:
                self._part(order, record)
            case Step.FINISH:
                self._finish(order, record)

    def _plan(self, order: Order, record: RunRecord) -> None:
        if not self._runs.has_turn(record):  # an index has one next version at a time
            self._runs.heard(record)
            self._send([order], delay=TURN)
            return
        try:
            told = partial(self._heard, record)
            token, plan = planning.planned(self._parts, self._store, order, self._clock(), told, self._deadline)
        except PausedError:  # its source goes on in a message of its own: that is no try
            self._send([order])
            return
        except HeldError:
            return  # who is at it has a message too
        order = replace(order, token=token)
        if plan.documents:
            self._send(planning.left(self._parts, self._store, order))
        else:  # where nothing changed this message is the run's only one
            self._pack(order, record)

    def _heard(self, record: RunRecord, reached: Progress) -> None:
        """Raises CancelledRunError."""
        if time.monotonic() - self._told < EVERY:
            return
        self._told = time.monotonic()
        seen = self._runs.heard(record, reached)
        if seen is None or seen.cancelled_by:
            raise CancelledRunError("it was cancelled")

    def _tell(self, record: RunRecord, stage: str, name: str, of: int) -> None:
        """How many are done, now and then; that it cannot be told keeps nothing up."""
        if time.monotonic() - self._told < EVERY:
            return
        with suppress(SupportBotError):
            self._heard(record, Progress(stage, self._parts.counts.count(name), of))

    def _source(self, order: Order) -> Opened:
        """One of these for all documents of a run that this worker reads."""
        if self._opened is None or self._opened[0] != order.run:
            self._opened = order.run, self._parts.source(order.source)
        return self._opened[1]

    def _send(self, orders: Sequence[Order], delay: float = 0.0) -> None:
        jobs = [
            Job(JobId(f"{each.run}-{each.step}-{each.unit}"), JobKind.RUN, self._clock(), each.payload())
            for each in orders
        ]
        self._parts.queue.send_all(jobs, delay=delay)

    def _document(self, order: Order, record: RunRecord, last: bool) -> None:
        plan = self._store.get(order.run, f"{order.token}/plan", Plan)
        name = counted(order, "documents")
        note = b""
        if self._parts.counts.note(name, order.unit) is None:
            note = msgspec.json.encode(self._read(order, last))
        if self._parts.counts.done(name, order.unit, of=plan.documents, note=note):
            self._send([replace(order, step=Step.PACK, unit=0)])
        self._tell(record, "reading", name, plan.documents)

    def _read(self, order: Order, last: bool) -> Note:
        if last:
            return documents.given_up(self._parts, self._store, order)
        try:
            return documents.read(self._parts, self._store, order, self._source(order), self._extractor)
        except UnavailableError as error:
            documents.postponed(self._parts, order, error)
            raise

    def _scan(self, order: Order, record: RunRecord, last: bool, over: Pending | None) -> None:
        name, of = counted(order, "scans"), len(scanned.scans(self._store, order).units)
        note = b""
        if self._parts.counts.note(name, order.unit) is None:
            found = scanned.tried(self._parts, self._store, order, last, over)
            if found is None:
                return
            note = msgspec.json.encode(found)
        if self._parts.counts.done(name, order.unit, of=of, note=note):
            self._send([replace(order, step=Step.PACK, unit=0)])
        scanned.done(self._parts, self._store, order)
        self._tell(record, "recognising", name, of)

    def _pack(self, order: Order, record: RunRecord) -> None:
        if scans := scanned.left(self._parts, self._store, order):
            self._send(scans)
            return
        layout = self._layout(order)
        units = missing(self._parts.counts, counted(order, "parts"), layout.parts) if layout else []
        if layout is None or units:  # once all is there the index takes no more: it may answer already
            layout = building.laid_out(self._parts, self._store, order)
            units = missing(self._parts.counts, counted(order, "parts"), layout.parts) if layout else []
        if layout is None:
            self._finish(order, record)
            return
        parts = [replace(order, step=Step.PART, unit=unit) for unit in units]
        self._send(parts or [replace(order, step=Step.FINISH)])

    def _part(self, order: Order, record: RunRecord) -> None:
        layout, name = self._store.get(order.run, f"{order.token}/layout", Layout), counted(order, "parts")
        if self._parts.counts.note(name, order.unit) is None:
            building.make(self._parts, self._store, order)
        if self._parts.counts.done(name, order.unit, of=layout.parts):
            self._send([replace(order, step=Step.FINISH, unit=0)])
        self._tell(record, "building", name, layout.parts)

    def _finish(self, order: Order, record: RunRecord) -> None:
        layout, chunks = self._layout(order), None
        if layout is not None:
            self._parts.assembly.check(layout.build)
            self._parts.assembly.publish(layout.build)
            self._parts.visible(order.source)
            chunks = layout.build.chunks
        self._over(order, outcomes.done(self._parts, self._store, order, record, chunks, self._clock()))

    def _layout(self, order: Order) -> Layout | None:
        """None: there was nothing to make."""
        if self._parts.staging.get(order.run, f"{order.token}/layout") is None:
            return None
        return self._store.get(order.run, f"{order.token}/layout", Layout)

    def _fail(self, order: Order, reason: str) -> None:
        """Unless the run is over meanwhile: then what failed was of no use to anybody."""
        if (record := self._runs.current(order.source, order.run)) is not None and not record.state.over:
            self._end(order, replace(record, state=RunState.FAILED, ended=self._clock(), reason=reason))

    def _over(self, order: Order, record: RunRecord) -> None:
        """Once it is told, what was staged goes; a worker that dies in between leaves that to the bucket's rule."""
        layout = self._layout(order) if order.token else None
        if record.state is RunState.CANCELLED and layout is not None:
            self._parts.assembly.discard(layout.build)
        self._end(order, record)
        self._parts.staging.remove(order.run)

    def _end(self, order: Order, record: RunRecord) -> None:
        self._runs.end(record)
        self._ended(record, order.more)
