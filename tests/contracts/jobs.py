"""What every JobQueue must do."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from rag_core.domain import Audience, SourceName
from rag_core.errors import UnavailableError
from rag_core.jobs import Job, JobId, JobKind
from rag_core.ports import JobQueue
from tests.making import NOON, question

Delivered = Callable[[int], list[Job]]


def job(name: str = "j1") -> Job:
    asked = replace(
        question('Straße? <b>"quoted"</b>\n— 🧾', audience=Audience.INTERNAL, previous="What does it cost?"),
        sources=frozenset({SourceName("/docs"), SourceName("zendesk")}),
        standalone="What does the refund cost?",
        instruction="Shorter",
    )
    return Job(JobId(name), JobKind.ANSWER, NOON, {"team": "T1", "thread": "1699.42"}, asked)


INGESTION = Job(JobId("i1"), JobKind.INGEST, NOON, {"source": "help-center"})


class JobsContract(ABC):
    """Inherit and give `queue`, `delivered` (waits for so many, in any order) and `unavailable`, full or down."""

    @pytest.fixture
    @abstractmethod
    def queue(self) -> JobQueue: ...

    @pytest.fixture
    @abstractmethod
    def delivered(self, queue: JobQueue) -> Delivered: ...

    @pytest.fixture
    @abstractmethod
    def unavailable(self) -> JobQueue: ...

    def test_a_job_is_delivered_as_it_was_sent(self, queue: JobQueue, delivered: Delivered) -> None:
        queue.send(job())
        queue.send(INGESTION)
        assert sorted(delivered(2), key=lambda each: each.id) == [INGESTION, job()]

    def test_of_many_at_once_none_is_lost(self, queue: JobQueue, delivered: Delivered) -> None:
        names = {f"j{number}" for number in range(100)}
        with ThreadPoolExecutor(20) as pool:
            list(pool.map(lambda name: queue.send(job(name)), sorted(names)))
        assert {each.id for each in delivered(100)} == names

    def test_what_was_not_taken_is_said(self, unavailable: JobQueue) -> None:
        with pytest.raises(UnavailableError):
            unavailable.send(job())
