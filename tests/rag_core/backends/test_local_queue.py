import threading
import time
from collections.abc import Iterator

import pytest

from rag_core.backends.local_queue import LocalQueue, pause_after
from rag_core.errors import RejectedError, UnavailableError
from rag_core.jobs import Job
from rag_core.ports import JobQueue
from tests.contracts.jobs import Delivered, JobsContract, job


def unexpected(_: Job, error: Exception) -> None:
    raise AssertionError from error


class TestLocalQueue(JobsContract):
    @pytest.fixture
    def done(self) -> list[Job]:
        return []

    @pytest.fixture
    def queue(self, done: list[Job]) -> Iterator[LocalQueue]:
        with LocalQueue(lambda each, _: done.append(each), unexpected) as queue:
            yield queue

    @pytest.fixture
    def delivered(self, queue: LocalQueue, done: list[Job]) -> Delivered:
        def wait(count: int) -> list[Job]:
            queue.close()
            assert len(done) == count
            return done

        return wait

    @pytest.fixture
    def unavailable(self) -> Iterator[JobQueue]:
        begun, go = threading.Event(), threading.Event()

        def work(_: Job, _last: bool) -> None:
            begun.set()
            go.wait(10)

        with LocalQueue(work, unexpected, workers=1, room=1) as queue:
            queue.send(job("under way"))
            assert begun.wait(10)
            queue.send(job("waits"))
            yield queue
            go.set()

    def test_one_that_fails_is_told_and_the_next_is_done(self) -> None:
        tried, failed = list[str](), list[tuple[str, str]]()

        def work(each: Job, last: bool) -> None:
            tried.append(each.id)
            assert last == (tried.count("busy") == 2 and each.id == "busy")
            if each.id != "good":
                raise {"busy": UnavailableError, "bad": RejectedError, "bug": KeyError}[each.id]("no")

        with LocalQueue(work, lambda each, error: failed.append((each.id, type(error).__name__)), workers=1) as queue:
            for name in ("busy", "bad", "bug", "good"):
                queue.send(job(name))
        assert sorted(tried) == ["bad", "bug", "busy", "busy", "good"]
        assert sorted(failed) == [("bad", "RejectedError"), ("bug", "KeyError"), ("busy", "UnavailableError")]

    def test_what_waits_for_its_next_try_holds_up_nobody_and_is_not_lost_at_the_end(self) -> None:
        done, times = list[str](), list[float]()

        def work(each: Job, last: bool) -> None:
            if each.id == "busy":
                times.append(time.monotonic())
                if not last:
                    raise UnavailableError("no")
            done.append(each.id)

        with LocalQueue(work, unexpected, workers=1, tries=3, pause=0.05) as queue:
            for name in ("busy", "good", "better"):
                queue.send(job(name))
        assert done == ["good", "better", "busy"]
        assert times[1] - times[0] >= 0.05
        assert times[2] - times[1] >= 0.1

    def test_it_waits_as_long_as_it_is_asked_to(self) -> None:
        times = list[float]()

        def work(_: Job, last: bool) -> None:
            times.append(time.monotonic())
            if not last:
                raise UnavailableError("no", retry_after=0.2)

        with LocalQueue(work, unexpected) as queue:
            queue.send(job())
        assert times[1] - times[0] >= 0.2

    def test_by_itself_it_pauses_longer_and_longer_and_as_long_as_it_is_asked_to_up_to_a_minute(self) -> None:
        assert [pause_after(number, 1.0, 0.0) for number in range(1, 7)] == [1.0, 2.0, 4.0, 8.0, 15.0, 15.0]
        assert [pause_after(1, 1.0, asked) for asked in (0.5, 40.0, 600.0)] == [1.0, 40.0, 60.0]

    def test_the_last_try_comes_when_what_a_dead_process_had_claimed_is_free(self) -> None:
        times = list[float]()

        def work(_: Job, _last: bool) -> None:
            times.append(time.monotonic())
            if times[-1] - times[0] < 0.4:
                raise UnavailableError("claimed", retry_after=0.01)

        with LocalQueue(work, unexpected, tries=3, outlast=0.5) as queue:
            queue.send(job())
        assert len(times) == 3
        assert times[1] - times[0] < 0.4

    def test_one_that_is_closed_takes_no_more(self) -> None:
        with LocalQueue(lambda _job, _last: None, unexpected) as queue:
            pass
        queue.close()
        with pytest.raises(UnavailableError, match="stopping"):
            queue.send(job())
