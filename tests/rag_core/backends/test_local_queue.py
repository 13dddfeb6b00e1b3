import threading
from collections.abc import Iterator

import pytest

from rag_core.backends.local_queue import LocalQueue
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
        with LocalQueue(done.append, unexpected) as queue:
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

        def work(_: Job) -> None:
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

        def work(each: Job) -> None:
            tried.append(each.id)
            if each.id != "good":
                raise {"busy": UnavailableError, "bad": RejectedError, "bug": KeyError}[each.id]("no")

        with LocalQueue(work, lambda each, error: failed.append((each.id, type(error).__name__)), workers=1) as queue:
            for name in ("busy", "bad", "bug", "good"):
                queue.send(job(name))
        assert tried == ["busy", "busy", "bad", "bug", "good"]
        assert failed == [("busy", "UnavailableError"), ("bad", "RejectedError"), ("bug", "KeyError")]

    def test_one_that_is_closed_takes_no_more(self) -> None:
        with LocalQueue(print, unexpected) as queue:
            pass
        queue.close()
        with pytest.raises(UnavailableError, match="stopping"):
            queue.send(job())
