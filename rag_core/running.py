"""Every ingestion on record: who began it, when, how far it is, what it changed; one at a time a source.

A run holds its source for as long as it is heard of: one whose process died is told as failed, and holds up nobody.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from secrets import token_hex

from rag_core.domain import PersonId, SourceName
from rag_core.errors import (
    AlreadyRunningError,
    CancelledRunError,
    RejectedError,
    SupportBotError,
    UnavailableError,
)
from rag_core.living import gone, here
from rag_core.ports import Records
from rag_core.recording import Book, Held, outlined
from rag_core.runs import IngestionRun, Progress, RunId, RunRecord, RunState
from rag_core.telling import Voice

LEASE = timedelta(seconds=60)  # without a word, after which a run of another machine counts as dead
PATIENCE = timedelta(minutes=30)  # that a queue may take to deliver what was asked for
BETWEEN = timedelta(hours=2)  # two words of a run of many workers: a killed one's message comes again after 90 minutes
TRIES = 20  # against others who begin, cancel or tell their progress at the same moment
DIED = "its process ended without a word: start it again; what answered before still answers"
NEVER_BEGUN = "nobody began it in time: start it again, and check that a worker is running"
OnProgress = Callable[[Progress], None]
Ingest = Callable[[OnProgress], IngestionRun]


class Runs:
    """The runs of one installation; safe to share between threads. `every`: seconds between two words of a run."""

    def __init__(
        self,
        records: Records,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        every: float = 1.0,
        lease: timedelta = LEASE,
    ) -> None:
        self._book, self._clock, self._every, self._lease = Book(records), clock, every, lease

    def request(
        self, source: SourceName, by: PersonId, *, run: RunId, full: bool = False, survives: bool = True
    ) -> RunRecord:
        """Hold the source for a run that a queue will deliver; a second request of one run finds the first.

        One that was withdrawn is asked for again. `survives`: the queue outlives this process. Raises
        AlreadyRunningError.
        """
        known = self.find(source, run)
        if known and not known.withdrawn:
            return known
        asked = known or RunRecord(run, source, by, self._clock(), full)
        asked = replace(asked, state=RunState.WAITING, ended=None, reason="")
        held = self._take(Held(asked, self._clock() + PATIENCE, "" if survives else here()))
        if known:
            self._book.forget(known)
        return held.run

    def take(self, source: SourceName, run: RunId) -> RunRecord | None:
        """A run that was requested begins, or is under way already; None: it is none of this source's any more."""
        for _ in range(TRIES):
            seen, held = self._book.latest(source)
            if held is None or held.run.id != run:
                return None
            if held.run.state is not RunState.WAITING:
                return held.run
            begun = replace(held.run, state=RunState.RUNNING, begun=self._clock())
            if self._book.hold(Held(begun, self._clock() + BETWEEN), seen=seen):
                return begun
        raise UnavailableError(f"the ingestion of {source} cannot be begun now: try again")

    def current(self, source: SourceName, run: RunId) -> RunRecord | None:
        """As it is kept, cancelled or ended; None: another run has taken its place."""
        _, held = self._book.latest(source)
        return held.run if held and held.run.id == run else None

    def heard(self, run: RunRecord, progress: Progress | None = None) -> RunRecord | None:
        """A word of a run that many workers do: it is alive for as long as a message may take."""
        return self._speak(run, progress, BETWEEN)

    def has_turn(self, run: RunRecord) -> bool:
        """Whether this run may make the next version of the index; the turn is another's until that has ended."""
        seen = self._book.turn()
        if seen and seen[1] == (run.source, run.id):
            return True
        if seen:
            _, held = self._book.latest(SourceName(seen[1][0]))
            if held and held.run.id == seen[1][1] and self._alive(held):
                return False
        return self._book.take_turn((run.source, run.id), seen=seen[0] if seen else None)

    def revive(self, source: SourceName) -> RunRecord:
        """A run that failed, or died, goes on under its own id. Raises RejectedError, AlreadyRunningError."""
        seen, held = self._book.latest(source)
        if held is None or held.run.state in (RunState.DONE, RunState.CANCELLED):
            raise RejectedError(f"no ingestion of {source} is left half done: start a new one")
        if self._alive(held) and held.process:  # of one process, which is at it
            raise _already(held.run)
        alive = replace(held.run, state=RunState.RUNNING, ended=None, reason="", cancelled_by=None)
        if not self._book.hold(Held(alive, self._clock() + BETWEEN), seen=seen):
            raise UnavailableError(f"the ingestion of {source} cannot be resumed now: try again")
        self._book.forget(held.run)
        return alive

    def end(self, run: RunRecord) -> None:
        """Told once, whoever tells it again."""
        self._end(run)

    def withdraw(self, run: RunRecord, reason: str) -> None:
        """A request that no queue took; one that began all the same goes on."""
        _, held = self._book.latest(run.source)
        if held is None or not _same(held.run, run) or held.run.state is RunState.WAITING:
            self._end(replace(run, state=RunState.FAILED, ended=self._clock(), reason=reason))

    def record(
        self,
        source: SourceName,
        by: PersonId,
        ingest: Ingest,
        *,
        run: RunId | None = None,
        full: bool = False,
        progress: OnProgress = lambda _: None,
    ) -> IngestionRun:
        """What `ingest` gives, on record from the beginning to its end, whichever that is.

        Raises AlreadyRunningError, and CancelledRunError out of `ingest` at its next progress.
        """
        now = self._clock()
        began = RunRecord(run or RunId(token_hex(8)), source, by, now, full, begun=now)
        held = self._take(Held(began, self._clock() + self._lease, here()))
        with self._told(held.run, progress) as tell:
            result = ingest(tell)
        self._end(
            replace(
                held.run,
                state=RunState.DONE,
                ended=self._clock(),
                result=result,
                failed=len(result.failures),
                skipped=len(result.skipped),
            )
        )
        return result

    def cancel(self, source: SourceName, by: PersonId) -> RunRecord:
        """Ask the run to stop, which it does between two documents. Raises RejectedError when none is under way."""
        for _ in range(TRIES):
            seen, held = self._book.latest(source)
            if held is None or not self._alive(held):
                raise RejectedError(f"nothing is being ingested from {source} now")
            if held.run.cancelled_by:
                return held.run
            asked = replace(held.run, cancelled_by=by)
            if asked.state is RunState.WAITING:
                asked = replace(asked, state=RunState.CANCELLED, ended=self._clock())
            if self._book.hold(Held(asked, held.until, held.process), seen=seen):
                if asked.state.over:
                    self._book.archive(asked)
                return asked
        raise UnavailableError(f"the ingestion of {source} cannot be told to stop now: try again")

    def latest(self) -> list[RunRecord]:
        """One a source, the newest first."""
        return sorted(map(self._shown, self._book.all_latest()), key=lambda run: run.started, reverse=True)

    def history(self, source: SourceName) -> list[RunRecord]:
        """The last runs, the newest first, with the one under way."""
        ended, (_, held) = self._book.ended(source), self._book.latest(source)
        told = {(run.id, run.started) for run in ended}
        return ended if held is None or (held.run.id, held.run.started) in told else [self._shown(held), *ended]

    def find(self, source: SourceName, run: RunId) -> RunRecord | None:
        return next((each for each in self.history(source) if each.id == run), None)

    def knowledge_as_of(self) -> datetime | None:
        """When the index was last brought up to date with a source; None: not since runs are on record."""
        found = self._book.as_of()
        return found and min(found, self._clock())

    def rolled_back(self, to: datetime | None) -> None:
        """What answers now is as old as that, whatever has been read since; None: nobody knows."""
        self._book.set_back(to)

    def _take(self, wanted: Held) -> Held:
        for _ in range(TRIES):
            seen, held = self._book.latest(wanted.run.source)
            if held and self._alive(held) and not _asked_for(held, wanted):
                raise _already(held.run)
            if held and held.run.id == wanted.run.id and held.run.state is RunState.CANCELLED:
                raise CancelledRunError(f"{held.run.cancelled_by} cancelled it: nothing was changed")
            if held and not held.run.state.over and not _asked_for(held, wanted):
                self._book.archive(self._shown(held), unless_told=True)
            if self._book.hold(wanted, seen=seen):
                return wanted
        raise UnavailableError(f"several ingestions of {wanted.run.source} begin at once: try again")

    @contextmanager
    def _told(self, run: RunRecord, progress: OnProgress) -> Iterator[OnProgress]:
        """While it lasts others are told how far the run is, and it is told when one of them cancels it."""
        voice = Voice(run, self._speak, self._every)

        def tell(reached: Progress) -> None:
            progress(reached)
            voice.progress(reached)

        try:
            with voice:
                yield tell
        except BaseException as error:
            try:
                self._end(_failed(replace(run, ended=self._clock(), cancelled_by=voice.cancelled_by), error))
            except SupportBotError as second:
                error.add_note(f"and the run's end could not be recorded: {second}")
            raise

    def _speak(self, mine: RunRecord, progress: Progress | None, lease: timedelta | None = None) -> RunRecord | None:
        """Tell how far the run is, and give it as others see it; None: another has taken its place."""
        seen, held = self._book.latest(mine.source)
        if held is None or not _same(held.run, mine) or held.run.state.over:
            return None
        told = held.run
        if progress:
            told = replace(
                told, stage=progress.stage, done=progress.done, total=progress.total, current=progress.name[-200:]
            )
        lease = lease or self._lease
        until = self._clock() + lease
        if told != held.run or until - held.until > lease / 4:
            self._book.hold(Held(told, until, held.process), seen=seen)  # refused: said with the next word
        return told

    def _end(self, run: RunRecord) -> None:
        run = replace(run, stage="", done=0, total=0, current="") if run.state is RunState.DONE else run
        if run.state is RunState.DONE and run.ended:
            self._book.brought_up_to_date(run.ended, now=self._clock())
        self._book.archive(run)
        for _ in range(TRIES):
            seen, held = self._book.latest(run.source)
            if held is None or not _same(held.run, run):
                return
            if self._book.hold(Held(outlined(run), self._clock()), seen=seen):
                return
        raise UnavailableError(f"the end of the ingestion of {run.source} cannot be told now")

    def _alive(self, held: Held) -> bool:
        return not held.run.state.over and self._clock() < held.until and not gone(held.process)

    def _shown(self, held: Held) -> RunRecord:
        """As a person is told of it."""
        if held.run.state.over or self._alive(held):
            return held.run
        reason = NEVER_BEGUN if held.run.state is RunState.WAITING else DIED
        return replace(held.run, state=RunState.FAILED, ended=min(held.until, self._clock()), reason=reason)


def _asked_for(held: Held, wanted: Held) -> bool:
    """Whether what is held is the request that is now begun."""
    return held.run.id == wanted.run.id and held.run.state is RunState.WAITING


def _same(one: RunRecord, other: RunRecord) -> bool:
    """A run that is delivered again has the same id."""
    return (one.id, one.started) == (other.id, other.started)


def _already(run: RunRecord) -> AlreadyRunningError:
    since = run.started.astimezone(UTC)
    begun = "asked for" if run.state is RunState.WAITING else "started"
    return AlreadyRunningError(
        f"{run.source} is being ingested already: {run.by} {begun} it on {since:%Y-%m-%d at %H:%M:%S} UTC",
        run=run.id,
        by=run.by,
        since=since,
    )


def _failed(run: RunRecord, error: BaseException) -> RunRecord:
    if isinstance(error, CancelledRunError):
        return replace(run, state=RunState.CANCELLED)
    if isinstance(error, KeyboardInterrupt):
        return replace(run, state=RunState.CANCELLED, cancelled_by=run.by)
    if isinstance(error, SupportBotError):
        reason = str(error)
    elif isinstance(error, OSError):
        reason = f"{error.filename or 'a file'} cannot be used: {error.strerror}"
    else:
        reason = f"a flaw of this program ({type(error).__name__}): its log says more"
    return replace(run, state=RunState.FAILED, reason=reason)
