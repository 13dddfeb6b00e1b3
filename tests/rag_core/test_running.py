"""Every ingestion is on record, and one at a time a source."""

import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from rag_core.backends.sqlite.records import RECORDS, SqliteRecords
from rag_core.domain import PersonId, Record, SourceName
from rag_core.errors import (
    AlreadyRunningError,
    CancelledRunError,
    MisconfiguredError,
    RejectedError,
    UnavailableError,
)
from rag_core.living import gone, here
from rag_core.recording import KEPT, LATEST, NAMED, Book, Held
from rag_core.running import PATIENCE, OnProgress, Runs
from rag_core.runs import Failure, IngestionRun, Progress, RunId, RunRecord, RunState
from tests.making import NOON

DOCS, WIKI = SourceName("/docs"), SourceName("/wiki")
ADA, BOB = PersonId("ada"), PersonId("bob")
MINUTE = timedelta(minutes=1)
SOON = 5.0


class Hands:
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


def result(source: SourceName = DOCS, failures: int = 0, skipped: int = 0) -> IngestionRun:
    failed = tuple(Failure(f"{n}.md", "x" * 1000) for n in range(failures))
    return IngestionRun(source, 3, 2, 1, failed, tuple(f"{n}.png" for n in range(skipped)), 7, None, 0.5)


def until(holds: Callable[[], object]) -> None:
    ends = time.monotonic() + SOON
    while not holds():
        assert time.monotonic() < ends, "it never came to hold"
        time.sleep(0.005)


@contextmanager
def under_way(runs: Runs, source: SourceName = DOCS, by: PersonId = ADA) -> Iterator[None]:
    """A run by a thread of its own, as far as 1 of 9, until the block ends."""
    begun, go_on = threading.Event(), threading.Event()

    def ingest(tell: OnProgress) -> IngestionRun:
        tell(Progress("reading", 1, 9, "a.md"))
        begun.set()
        assert go_on.wait(SOON)
        return result(source)

    with ThreadPoolExecutor(1) as pool:
        run = pool.submit(runs.record, source, by, ingest)
        assert begun.wait(SOON)
        try:
            yield
        finally:
            go_on.set()
        run.result()


class Broken:
    """Records that cannot be reached while `down`."""

    def __init__(self, records: SqliteRecords) -> None:
        self._records, self.down = records, False

    def __getattr__(self, name: str) -> object:
        if self.down:
            raise UnavailableError("the records are down")
        return getattr(self._records, name)


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
def records(tmp_path: Path) -> Iterator[SqliteRecords]:
    with SqliteRecords(tmp_path) as records:
        yield records


@pytest.fixture
def runs(records: SqliteRecords, clock: Hands) -> Runs:
    return Runs(records, clock=clock, every=0.01)


class TestOnRecord:
    def test_who_began_it_when_and_what_it_changed(self, runs: Runs, clock: Hands) -> None:
        def ingest(_: OnProgress) -> IngestionRun:
            clock.now += MINUTE
            return result()

        assert runs.record(DOCS, ADA, ingest, full=True) == result()
        (run,) = runs.history(DOCS)
        assert (run.by, run.started, run.ended, run.full, run.state) == (ADA, NOON, NOON + MINUTE, True, RunState.DONE)
        assert run.result == result()
        assert [each.source for each in runs.latest()] == [DOCS]

    @pytest.mark.parametrize(
        ("error", "state", "reason"),
        [
            (MisconfiguredError("there is no such folder"), RunState.FAILED, "there is no such folder"),
            (OSError(28, "No space left on device", "index"), RunState.FAILED, "No space left"),
            (ValueError("words of a customer"), RunState.FAILED, "flaw of this program (ValueError)"),
            (KeyboardInterrupt(), RunState.CANCELLED, ""),
        ],
    )
    def test_one_that_fails_says_why(self, runs: Runs, error: BaseException, state: RunState, reason: str) -> None:
        def ingest(_: OnProgress) -> IngestionRun:
            raise error

        with pytest.raises(type(error)):
            runs.record(DOCS, ADA, ingest)
        (run,) = runs.history(DOCS)
        assert run.state is state
        assert reason in run.reason
        assert "customer" not in run.reason
        assert run.cancelled_by == (ADA if state is RunState.CANCELLED else None)
        runs.record(DOCS, BOB, lambda _: result())  # it holds up nobody

    def test_the_last_fifty_are_kept_newest_first(self, runs: Runs, clock: Hands, tmp_path: Path) -> None:
        for _ in range(KEPT + 3):
            clock.now += MINUTE
            runs.record(DOCS, ADA, lambda _: result())
        kept = runs.history(DOCS)
        assert len(kept) == KEPT
        assert [run.started for run in kept] == [NOON + (KEPT + 3 - n) * MINUTE for n in range(KEPT)]
        with closing(sqlite3.connect(tmp_path / RECORDS)) as db:
            assert db.execute("SELECT count(*) FROM record WHERE space LIKE 'runs#%'").fetchone() == (KEPT,)

    def test_a_run_with_many_failures_names_the_first_and_counts_all(self, runs: Runs) -> None:
        runs.record(DOCS, ADA, lambda _: result(failures=50_000, skipped=50_000))
        (run,) = runs.history(DOCS)
        assert (run.failed, run.skipped) == (50_000, 50_000)
        assert run.result
        assert [failure.document for failure in run.result.failures] == [f"{n}.md" for n in range(NAMED)]
        (latest,) = runs.latest()
        assert (latest.failed, latest.state) == (50_000, RunState.DONE)

    def test_the_knowledge_is_as_of_the_last_success(self, runs: Runs, clock: Hands) -> None:
        assert runs.knowledge_as_of() is None
        runs.record(DOCS, ADA, lambda _: result())
        clock.now += MINUTE
        runs.record(WIKI, ADA, lambda _: result(WIKI))
        clock.now += MINUTE
        with pytest.raises(MisconfiguredError):
            runs.record(DOCS, ADA, lambda _: _raise(MisconfiguredError("no")))
        assert runs.knowledge_as_of() == NOON + MINUTE
        clock.now = NOON + MINUTE - timedelta(seconds=1)  # another machine's clock is behind
        assert runs.knowledge_as_of() == clock.now

    def test_rolled_back_the_knowledge_is_as_old_as_what_answers(self, runs: Runs, clock: Hands) -> None:
        runs.record(DOCS, ADA, lambda _: result())
        clock.now += MINUTE
        runs.record(DOCS, ADA, lambda _: result())
        runs.rolled_back(NOON)
        assert runs.knowledge_as_of() == NOON
        runs.rolled_back(None)
        assert runs.knowledge_as_of() is None
        clock.now += MINUTE
        runs.record(DOCS, ADA, lambda _: result())
        assert runs.knowledge_as_of() == NOON + 2 * MINUTE

    def test_what_cannot_be_read_is_said(self, runs: Runs, records: SqliteRecords) -> None:
        runs.record(DOCS, ADA, lambda _: result())
        ((name, _),) = records.list(LATEST)
        records.put(LATEST, name, b"{}")
        with pytest.raises(MisconfiguredError, match="damaged"):
            runs.latest()

    def test_a_run_whose_own_error_cannot_be_recorded_raises_it_all_the_same(self, records: SqliteRecords) -> None:
        broken = Broken(records)
        runs = Runs(broken, every=10)  # type: ignore[arg-type]

        def ingest(_: OnProgress) -> IngestionRun:
            broken.down = True
            raise RejectedError("the first")

        with pytest.raises(RejectedError, match="the first") as raised:
            runs.record(DOCS, ADA, ingest)
        assert "could not be recorded" in raised.value.__notes__[0]

    def test_a_clock_that_was_ahead_tells_nobody_of_the_future(self, records: SqliteRecords, clock: Hands) -> None:
        Runs(records, clock=lambda: NOON + 5 * MINUTE).record(DOCS, ADA, lambda _: result())
        runs = Runs(records, clock=clock)
        assert runs.knowledge_as_of() == NOON
        runs.record(WIKI, ADA, lambda _: result(WIKI))
        clock.now += MINUTE
        assert runs.knowledge_as_of() == NOON

    def test_how_long_it_took_is_by_the_clock_of_who_did_it(self, records: SqliteRecords, clock: Hands) -> None:
        Runs(records, clock=lambda: NOON + 5 * MINUTE).request(DOCS, ADA, run=RunId("r1"))
        worker = Runs(records, clock=clock)
        begun = worker.take(DOCS, RunId("r1"))
        assert begun is not None
        assert replace(begun, ended=NOON + MINUTE).took == MINUTE


class TestOneAtATime:
    def test_a_second_is_told_who_began_and_when(self, runs: Runs) -> None:
        with under_way(runs):
            with pytest.raises(AlreadyRunningError, match=r"ada started it on 2026-11-02 at 12:00:00 UTC") as told:
                runs.record(DOCS, BOB, lambda _: result())
            assert (told.value.by, told.value.since) == (ADA, NOON)
            runs.record(WIKI, BOB, lambda _: result(WIKI))  # another source
        assert [run.by for run in runs.history(DOCS)] == [ADA]

    def test_of_many_at_the_same_moment_one_begins(self, runs: Runs) -> None:
        gate, first = threading.Barrier(6), threading.Event()

        def ingest(_: OnProgress) -> IngestionRun:
            assert first.wait(SOON)
            return result()

        def begin(_: int) -> bool:
            gate.wait()
            try:
                runs.record(DOCS, ADA, ingest)
            except AlreadyRunningError:
                return False
            return True

        with ThreadPoolExecutor(6) as pool:
            begun = [pool.submit(begin, number) for number in range(6)]
            until(lambda: sum(each.done() for each in begun) == 5)
            first.set()
        assert sum(each.result() for each in begun) == 1

    def test_one_that_is_not_heard_of_is_told_as_failed_and_holds_up_nobody(
        self, records: SqliteRecords, clock: Hands
    ) -> None:
        silent = Runs(records, clock=clock, every=60)
        with under_way(silent):
            clock.now += MINUTE - timedelta(seconds=1)
            with pytest.raises(AlreadyRunningError):
                silent.record(DOCS, BOB, lambda _: result())
            clock.now += timedelta(seconds=2)
            assert [(run.state, run.ended) for run in silent.latest()] == [(RunState.FAILED, NOON + MINUTE)]
            silent.record(DOCS, BOB, lambda _: result())
            assert [(run.by, run.state) for run in silent.history(DOCS)] == [
                (BOB, RunState.DONE),
                (ADA, RunState.FAILED),
            ]
        # it lived after all, and its own word counts; it changes nothing of the other's
        assert [(run.by, run.state) for run in silent.history(DOCS)] == [(BOB, RunState.DONE), (ADA, RunState.DONE)]
        assert [run.by for run in silent.latest()] == [BOB]

    def test_one_that_died_after_it_had_told_its_end_is_told_as_it_ended(
        self, records: SqliteRecords, clock: Hands
    ) -> None:
        runs, book = Runs(records, clock=clock), Book(records)
        ended = RunRecord(RunId("r1"), DOCS, ADA, NOON, state=RunState.DONE, ended=NOON, result=result())
        book.archive(ended)
        book.hold(Held(replace(ended, state=RunState.RUNNING, result=None, ended=None), NOON), seen=None)
        assert runs.history(DOCS) == [ended]
        runs.record(DOCS, BOB, lambda _: result())
        assert [(run.by, run.state) for run in runs.history(DOCS)] == [(BOB, RunState.DONE), (ADA, RunState.DONE)]

    def test_one_that_is_heard_of_lives(self, runs: Runs, records: SqliteRecords, clock: Hands) -> None:
        with under_way(runs):
            for _ in range(4):
                clock.now += MINUTE / 2
                before = records.list(LATEST)
                until(lambda before=before: records.list(LATEST) != before)  # type: ignore[misc]
            with pytest.raises(AlreadyRunningError):
                runs.record(DOCS, BOB, lambda _: result())

    def test_one_that_lost_its_place_stops(self, runs: Runs, records: SqliteRecords, clock: Hands) -> None:
        def ingest(tell: OnProgress) -> IngestionRun:
            ((name, _),) = records.list(LATEST)
            records.remove(LATEST, name)
            until(lambda: tell(Progress("reading", 1, 9)))
            return result()

        with pytest.raises(UnavailableError, match="another ingestion of this source"):
            runs.record(DOCS, ADA, ingest)

    def test_a_run_bears_that_its_records_are_down_for_a_while(self, records: SqliteRecords, clock: Hands) -> None:
        broken = Broken(records)
        runs = Runs(broken, clock=clock, every=0.01)  # type: ignore[arg-type]

        def ingest(tell: OnProgress) -> IngestionRun:
            broken.down = True
            time.sleep(0.05)
            tell(Progress("reading", 1, 9))
            broken.down = False
            until(lambda: runs.latest()[0].done == 1)
            return result()

        runs.record(DOCS, ADA, ingest)
        assert runs.latest()[0].state is RunState.DONE

    def test_a_killed_process_holds_up_nobody_on_its_machine(self, tmp_path: Path) -> None:
        code = (
            "import sys, time; from pathlib import Path; from rag_core.backends.sqlite.records import SqliteRecords\n"
            "from rag_core.running import Runs\n"
            "Runs(SqliteRecords(Path(sys.argv[1]))).record('/docs', 'ada', lambda _: print('on', flush=True)"
            " or time.sleep(60))"
        )
        with (
            subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE) as process,
            SqliteRecords(tmp_path) as records,
        ):
            assert process.stdout
            process.stdout.readline()
            runs = Runs(records)
            with pytest.raises(AlreadyRunningError):
                runs.record(DOCS, BOB, lambda _: result())
            process.kill()
            process.wait()
            assert runs.latest()[0].state is RunState.FAILED
            runs.record(DOCS, BOB, lambda _: result())
            assert [run.state for run in runs.history(DOCS)] == [RunState.DONE, RunState.FAILED]


class TestProgressAndCancelling:
    def test_others_see_how_far_it_is(self, runs: Runs) -> None:
        with under_way(runs):
            until(lambda: runs.latest()[0].done)
            (run,) = runs.latest()
            assert (run.state, run.stage, run.done, run.total, run.current) == (
                RunState.RUNNING,
                "reading",
                1,
                9,
                "a.md",
            )
            assert runs.history(DOCS) == [run]

    def test_progress_is_written_seldom_however_often_it_is_told(self, records: SqliteRecords) -> None:
        writes: list[Record | None] = []

        class Counting(Broken):
            def __getattr__(self, name: str) -> object:
                if name == "change":
                    writes.append(None)
                return super().__getattr__(name)

        def ingest(tell: OnProgress) -> IngestionRun:
            for number in range(5000):
                tell(Progress("reading", number, 5000))
            return result()

        Runs(Counting(records), every=0.2).record(DOCS, ADA, ingest)  # type: ignore[arg-type]
        assert len(writes) < 10

    def test_it_stops_between_two_documents_when_somebody_asks(self, runs: Runs) -> None:
        def ingest(tell: OnProgress) -> IngestionRun:
            assert runs.cancel(DOCS, BOB).cancelled_by == BOB
            runs.cancel(DOCS, PersonId("cyd"))  # the first one counts
            until(lambda: tell(Progress("reading", 1, 9)))
            return result()

        with pytest.raises(CancelledRunError, match="bob"):
            runs.record(DOCS, ADA, ingest)
        (run,) = runs.history(DOCS)
        assert (run.state, run.cancelled_by, run.result) == (RunState.CANCELLED, BOB, None)
        assert runs.knowledge_as_of() is None

    def test_there_must_be_something_to_stop(self, runs: Runs) -> None:
        with pytest.raises(RejectedError, match="nothing is being ingested"):
            runs.cancel(DOCS, BOB)
        runs.record(DOCS, ADA, lambda _: result())
        with pytest.raises(RejectedError, match="nothing is being ingested"):
            runs.cancel(DOCS, BOB)


class TestAskedFor:
    def test_what_waits_in_a_queue_holds_its_source(self, runs: Runs) -> None:
        asked = runs.request(DOCS, ADA, run=RunId("r1"), full=True)
        assert asked == runs.request(DOCS, ADA, run=RunId("r1"), full=True)
        assert asked.state is RunState.WAITING
        for begin in (
            lambda: runs.request(DOCS, BOB, run=RunId("r2")),
            lambda: runs.record(DOCS, BOB, lambda _: result()),
        ):
            with pytest.raises(AlreadyRunningError, match="ada asked for it"):
                begin()
        runs.record(DOCS, ADA, lambda _: result(), run=RunId("r1"), full=True)
        assert [(run.id, run.state) for run in runs.history(DOCS)] == [("r1", RunState.DONE)]
        assert runs.request(DOCS, ADA, run=RunId("r1")).state is RunState.DONE  # delivered once more

    def test_it_can_be_cancelled_before_it_begins(self, runs: Runs) -> None:
        runs.request(DOCS, ADA, run=RunId("r1"))
        assert runs.cancel(DOCS, BOB).state is RunState.CANCELLED
        with pytest.raises(CancelledRunError, match="bob"):
            runs.record(DOCS, ADA, lambda _: result(), run=RunId("r1"))
        assert [(run.id, run.state) for run in runs.history(DOCS)] == [("r1", RunState.CANCELLED)]
        runs.record(DOCS, ADA, lambda _: result())

    def test_it_can_be_taken_back(self, runs: Runs) -> None:
        runs.withdraw(runs.request(DOCS, ADA, run=RunId("r1")), "the queue is full")
        assert [(run.state, run.reason) for run in runs.history(DOCS)] == [(RunState.FAILED, "the queue is full")]

    def test_taken_back_it_is_begun_when_it_is_asked_for_again(self, runs: Runs) -> None:
        run = RunId("r1")
        asked = runs.request(DOCS, ADA, run=run)
        runs.withdraw(asked, "the queue is full")
        assert runs.request(DOCS, ADA, run=run) == asked
        assert runs.find(DOCS, run) == asked
        begun = runs.take(DOCS, run)
        assert begun is not None
        runs.end(replace(begun, state=RunState.FAILED, ended=NOON, reason="the source is away"))
        assert runs.request(DOCS, ADA, run=run).reason == "the source is away"  # it had its try
        assert [each.state for each in runs.history(DOCS)] == [RunState.FAILED]

    def test_so_is_one_that_nobody_began_in_time(self, runs: Runs, clock: Hands) -> None:
        runs.request(DOCS, ADA, run=RunId("r1"))
        clock.now += PATIENCE + MINUTE
        assert runs.request(DOCS, ADA, run=RunId("r1")).state is RunState.WAITING
        assert runs.take(DOCS, RunId("r1")) is not None

    def test_what_began_all_the_same_is_not_taken_back(self, runs: Runs) -> None:
        asked = runs.request(DOCS, ADA, run=RunId("r1"))
        begun = runs.take(DOCS, RunId("r1"))
        runs.withdraw(asked, "the queue's answer was lost")
        assert runs.find(DOCS, RunId("r1")) == begun

    def test_one_that_failed_and_goes_on_is_seen_to(self, runs: Runs) -> None:
        runs.request(DOCS, ADA, run=RunId("r1"))
        begun = runs.take(DOCS, RunId("r1"))
        assert begun is not None
        runs.end(replace(begun, state=RunState.FAILED, ended=NOON, reason="the source is away"))
        alive = runs.revive(DOCS)
        assert runs.find(DOCS, RunId("r1")) == alive

    def test_one_that_nobody_begins_ends(self, runs: Runs, clock: Hands) -> None:
        runs.request(DOCS, ADA, run=RunId("r1"))
        clock.now += PATIENCE + MINUTE
        assert "nobody began it" in runs.latest()[0].reason
        runs.record(DOCS, BOB, lambda _: result())

    def test_one_that_died_begins_again_when_it_is_delivered_again(self, records: SqliteRecords, clock: Hands) -> None:
        runs = Runs(records, clock=clock, every=60)
        with under_way(runs):
            pass
        run = RunId("r1")

        def die(_: OnProgress) -> IngestionRun:
            clock.now += 2 * MINUTE
            return runs.record(DOCS, ADA, lambda _: result(), run=run)

        runs.record(DOCS, ADA, die, run=run)
        assert runs.latest()[0].started == NOON + 2 * MINUTE


def test_only_of_its_own_machine_a_process_is_known_to_be_gone() -> None:
    assert not gone(here())
    machine = here().rpartition("/")[0]
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    assert gone(f"{machine}/{process.pid}")
    assert not gone(f"another/{process.pid}")
    assert not gone("")
    assert not gone(f"{machine}/1") or os.getpid() == 1


def _raise(error: Exception) -> IngestionRun:
    raise error
