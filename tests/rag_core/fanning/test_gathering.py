"""A web site that takes longer to read than a worker lives, on a clock that only the pauses move."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rag_core.backends.opensearch.target import Engine, Target
from rag_core.backends.web.fetching import Fetcher
from rag_core.backends.web.noting import Notes
from rag_core.backends.web.site import Limits, Site
from rag_core.backends.web.source import WebSource
from rag_core.domain import Audience, SourceName
from rag_core.fanning.gathering import MOST
from rag_core.fanning.plans import Opened, Plan, Step
from rag_core.fanning.steps import Steps
from rag_core.jobs import Job
from rag_core.messaging import read
from rag_core.runs import RunId, RunRecord, RunState
from rag_core.timing import Deadline
from tests.fakes.website import Website, website
from tests.rag_core.fanning.crew import ADA, TRIES, Crew, KilledError, Lottery

NAME, RUN = SourceName("site"), RunId("r1")
LIFE = 900.0  # seconds, of a function


@dataclass
class Reading:
    """Workers of one run; each `killed` is a number of pauses after which the one that is at it is no more."""

    crew: Crew
    site: Website
    limits: Limits
    killed: list[int] = field(default_factory=list)
    now: float = 0.0
    born: float = 0.0
    pauses: list[float] = field(default_factory=list)
    asked: int = 0
    start: datetime = field(default_factory=lambda: datetime.now(UTC))
    steps: Steps = field(init=False)

    def __post_init__(self) -> None:
        parts = replace(self.crew.parts, source=lambda _: Opened(self._source(), Audience.PUBLIC))
        self.steps = Steps(self.crew.runs, parts, clock=lambda: self.start + timedelta(seconds=self.now))

    def _source(self) -> WebSource:
        where = Site(self.site.url)
        fetcher = Fetcher(where, self.limits, private=True, clock=lambda: self.now, sleep=self._sleep)
        return WebSource(NAME, where, Notes(self.crew.parts.records, NAME), limits=self.limits, fetcher=fetcher)

    def _sleep(self, seconds: float) -> None:
        assert len(self.site.asked) - self.asked <= 1  # two requests without a pause between them
        self.asked = len(self.site.asked)
        self.now += seconds
        self.pauses.append(seconds)
        if self.now - self.born > LIFE or len(self.pauses) in self.killed:
            raise KilledError

    def plan(self, most: int = 99) -> int:
        """Until the documents can be read, at most so many deliveries; gives how many there were."""
        waiting = self.crew.lottery.waiting
        for delivery in range(most):
            if not waiting or read(waiting[0].body).payload["step"] != Step.PLAN:
                return delivery
            message = waiting.pop(0)
            message.received += 1
            self.born = self.now
            try:
                self.steps.work(read(message.body), message.received >= TRIES, Deadline.within(LIFE))
            except KilledError:
                assert message.received < TRIES
                waiting.append(message)
        return most

    @property
    def pages(self) -> list[str]:
        return self.site.pages_asked()

    def left(self) -> list[Job]:
        return [read(message.body) for message in self.crew.lottery.waiting]

    def run(self) -> RunRecord:
        found = self.crew.runs.current(NAME, RUN)
        assert found is not None
        return found


@pytest.fixture
def crew(opensearch_url: str, index_prefix: str, tmp_path: Path) -> Crew:
    target = Target(opensearch_url, alias=f"{index_prefix}docs", engine=Engine.LUCENE, visible_within=20)
    return Crew(target, tmp_path / "home", tmp_path / "docs", Lottery(random.Random(1)))  # noqa: S311


@pytest.fixture
def site() -> Iterator[Website]:
    with website() as made:
        yield made


def reading(crew: Crew, site: Website, pages: int, **more: object) -> Reading:
    paths = [f"/p{number}" for number in range(pages)]
    for path in paths:
        site.write(path, f"All about {path}.")
    site.lists(*paths)
    site.pages["/p1"].status = 404
    found = Reading(crew, site, Limits(**more))  # type: ignore[arg-type]
    found.steps.begin(NAME, ADA, run=RUN)
    return found


def test_it_is_read_in_several_steps_and_no_page_twice(crew: Crew, site: Website) -> None:
    long = reading(crew, site, 1_200)
    assert long.plan() == 2
    assert sorted(long.pages) == sorted(f"/p{number}" for number in range(1_200))
    assert len(long.left()) == 1_199
    token = long.left()[0].payload["token"]
    plan = long.steps._store.get(RUN, f"{token}/plan", Plan)
    assert (plan.documents, [each.document for each in plan.failures]) == (1_199, ["/p1"])
    assert plan.listed == long.start  # what changed since then may have been listed before
    assert Notes(crew.parts.records, NAME).get("/p1199") is not None
    crew.lottery.waiting[10:] = []
    with long.steps:
        crew.lottery.run(long.steps.work)
    assert len(long.pages) == 1_200  # workers read what is staged


def test_one_that_is_killed_loses_little_and_nothing_else(crew: Crew, site: Website) -> None:
    long = reading(crew, site, 500, pause=3.0)
    long.killed = [150, 333, 450]
    long.plan()
    assert len(long.left()) == 499
    assert set(long.pages) == {f"/p{number}" for number in range(500)}
    assert len(long.pages) <= 500 + 3 * (MOST + 1)


def test_what_robots_asks_for_and_the_time_of_a_run_hold_over_all_steps(crew: Crew, site: Website) -> None:
    site.lay("/robots.txt", b"User-agent: *\nCrawl-delay: 10", "text/plain")
    long = reading(crew, site, 400, seconds=2_000.0)
    assert long.plan() == 3
    assert set(long.pauses) == {1.0, 10.0}
    assert long.pauses.count(1.0) == 1  # behind robots.txt itself, once
    assert (long.run().state, 150 < len(long.pages) < 200) == (RunState.FAILED, True)
    assert "longer than 33.3333 minutes, with 10 s between two pages: allow more `minutes`" in long.run().reason
    long.limits = replace(long.limits, seconds=9_000.0)
    long.steps.resume(NAME, ADA)
    long.plan()
    assert (len(long.left()), len(long.pages)) == (399, 400)


def test_the_next_run_asks_in_several_steps_as_well_and_reads_what_is_another(crew: Crew, site: Website) -> None:
    long = reading(crew, site, 160, pause=1.0)
    with long.steps:
        long.plan()
        crew.lottery.run(long.steps.work)
    assert long.run().state is RunState.DONE
    site.asked.clear()
    site.write("/p7", "All new.")
    del site.pages["/p0"]
    again = Reading(crew, site, Limits(pause=12.0))
    again.steps.begin(NAME, ADA, run=RunId("r2"))
    assert again.plan() == 3
    assert [each.payload["step"] for each in again.left()] == [Step.DOCUMENT]
    assert site.pages_asked(200) == ["/p7"]
    assert (len(site.pages_asked(304)), len(set(site.pages_asked(304)))) == (157, 157)
    token = again.left()[0].payload["token"]
    plan = again.steps._store.get(RunId("r2"), f"{token}/plan", Plan)
    assert (plan.gone, plan.unchanged) == (["/p0"], 157)


def test_it_is_cancelled_between_two_steps(crew: Crew, site: Website) -> None:
    long = reading(crew, site, 300, pause=6.0)
    assert long.plan(1) == 1
    read_so_far = len(long.pages)
    assert [each.payload["step"] for each in long.left()] == [Step.PLAN]
    long.steps.cancel(NAME, ADA)
    crew.lottery.run(long.steps.work)
    assert (long.run().state, len(long.pages)) == (RunState.CANCELLED, read_so_far)


def test_of_two_that_read_for_one_run_one_leaves(crew: Crew, site: Website) -> None:
    long = reading(crew, site, 300)
    order = long.left()[0]
    by_second = list[int]()

    def sleep(seconds: float, own=long._sleep) -> None:  # type: ignore[no-untyped-def]
        if len(long.pauses) == MOST + 20 and not by_second:
            by_second.append(-len(long.pages))
            long.steps.work(order, last=False, deadline=Deadline.within(180))  # the same once more, meanwhile
            by_second.append(len(long.pages))
            own(seconds)
            long.asked += 1  # for the first, whose pause is over long ago
        else:
            own(seconds)

    long._sleep = sleep  # type: ignore[method-assign]
    assert long.plan(1) == 1
    assert 20 < sum(by_second) < 2 * MOST
    assert len(long.pages) == 2 * MOST + sum(by_second)  # the first one has met the other's note with its own, and left
    long.plan()
    assert {each.payload["step"] for each in long.left()} == {Step.DOCUMENT}
    assert len(long.left()) == 299
    assert set(long.pages) == {f"/p{number}" for number in range(300)}
    assert len(long.pages) == 300 + MOST  # from where the second one stopped, whose note stands


def test_a_pause_that_is_longer_than_a_worker_lives_is_told(crew: Crew, site: Website) -> None:
    site.lay("/robots.txt", b"User-agent: *\nCrawl-delay: 1000", "text/plain")
    long = reading(crew, site, 3, seconds=86_400.0)
    assert long.plan() <= TRIES
    assert long.run().state is RunState.FAILED
    assert "asks for 1000 s between two requests, longer than a worker has" in long.run().reason
