"""Many tickets, each delivered several times in any order; workers die, responses are lost, agents write meanwhile.

From the queue through the worker to what stands in the simulated account.
"""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import requests

from bot.local.account.account import Account
from bot.local.account.desk import Ticket
from bot.local.account.faults import Kind
from integrations.zendesk.addressing import Site
from integrations.zendesk.authorizing import ApiToken
from integrations.zendesk.client import Zendesk
from integrations.zendesk.deciding import question_id
from integrations.zendesk.drafts import Drafts
from integrations.zendesk.policy import Policy
from integrations.zendesk.working import ZendeskWorker
from rag_core.domain import Answer, Deadline, Outcome, Question
from rag_core.errors import UnavailableError
from rag_core.jobs import Job, JobId, JobKind
from tests.integrations.slack.dying import Deaths
from tests.integrations.slack.queueing import Queue
from tests.integrations.zendesk.office import ACCOUNT, PAGE, StubCore

WORKERS = 8
SECONDS = 25.0  # that a delivery has, as by default
NOTE = "PUT tickets/{id}"


@dataclass(frozen=True, slots=True)
class Weather:
    """How bad it is; shares of what there is, unless said otherwise."""

    most_deliveries: int = 6
    dying: float = 0.2  # of the deliveries
    steps: int = 14  # within which a worker dies; one that has done with fewer dies before it can say so
    conflicts: float = 0.05  # 409s of notes
    limiting: float = 0.05  # 429s of all calls
    losing: float = 0.02  # responses of all calls
    breaking: float = 0.01  # 503s of all calls
    declined: float = 0.2  # of the questions have no answer
    meddling: float = 0.3  # of the tickets are changed by an agent at some time, and a customer writes more
    replying: float = 0.5  # of the answered get a reply in the end


@dataclass(slots=True)
class Toll:
    """What came of it."""

    tickets: int
    deliveries: int = 0
    killed: int = 0
    again: int = 0
    aside: int = 0
    calls: Counter[str] = field(default_factory=Counter)  # by what came of them
    seconds: float = 0.0
    sent: int = 0  # comments that were sent to Zendesk by us
    compared: int = 0
    without: list[int] = field(default_factory=list)
    twice: list[int] = field(default_factory=list)
    public: list[int] = field(default_factory=list)
    untagged: list[int] = field(default_factory=list)
    unrecorded: list[int] = field(default_factory=list)
    unlearned: list[int] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    @property
    def wrong(self) -> dict[str, int]:
        names = ("without", "twice", "public", "untagged", "unrecorded", "unlearned", "broken")
        return {name: len(getattr(self, name)) for name in names}


class Canned(StubCore):
    """Answers by what the question says; each log entry is a step at which its worker may die."""

    def __init__(self, home: Path, deaths: Deaths) -> None:
        super().__init__(home)
        self.log, self.claims, self.records = map(deaths.around, (self.log, self.claims, self.records))
        self._deaths = deaths

    def answer(self, question: Question, *, deadline: Deadline) -> Answer:
        answered = "declined" not in question.text
        text = f"The answer to {question.id}: open Settings, then Billing, and choose it there. [1]"
        outcome = Outcome.ANSWERED if answered else Outcome.UNSUPPORTED
        answer = Answer(question.id, outcome, text if answered else "I don't know.", (PAGE,), (), 0.6)
        self.log.record_answer(question, answer)
        return answer

    def accepted(self, acceptance: Any) -> None:
        with self._deaths.step():
            super().accepted(acceptance)


@contextmanager
def calling(deaths: Deaths, calls: Counter[str]) -> Iterator[None]:
    """While it is open every call by requests, as zenpy makes them, is a step."""
    send = requests.Session.send

    def sent(self: requests.Session, request: Any, **options: Any) -> requests.Response:
        with deaths.step():
            try:
                response = send(self, request, **options)
                calls[str(response.status_code)] += 1
                return response
            except requests.RequestException:
                calls["lost"] += 1
                raise

    requests.Session.send = sent  # type: ignore[method-assign]
    try:
        yield
    finally:
        requests.Session.send = send  # type: ignore[method-assign]


@dataclass
class Storm:
    """`run` it, and see what came of it."""

    zendesk: Account
    home: Path
    seed: int
    weather: Weather
    deaths: Deaths = field(default_factory=Deaths)

    def __post_init__(self) -> None:
        self.chance, own = Random(self.seed), self.zendesk.authority  # noqa: S311
        self.zendesk.limits.updates = 10**9
        self.core = Canned(self.home, self.deaths)
        client = Zendesk(Site.of("", self.zendesk.url), ApiToken(own.email, own.token), lambda _: None)
        self.worker = ZendeskWorker(self.core, client, ACCOUNT, Policy())
        self.bob = self.zendesk.desk.add_user("Bob", "bob@example.com", "agent")

    def run(self, tickets: int) -> Toll:
        people = [self.zendesk.desk.add_user(f"Person {number}", f"p{number}@example.org") for number in range(10)]
        asked = [self._ask(self.chance.choice(people), number) for number in range(tickets)]
        self._cloud_over()
        toll, began = Toll(tickets), time.monotonic()
        self._deliver(toll, asked, meddling=True)
        answered = [each for each in asked if self.chance.random() < self.weather.replying]
        for ticket in answered:
            self.zendesk.people.reply(self.bob, ticket, "<p>Open Settings, then Billing, and choose it there.</p>")
        self._deliver(toll, answered, meddling=False)
        toll.seconds = time.monotonic() - began
        self._count(toll, asked, answered)
        return toll

    def _ask(self, person: dict[str, Any], number: int) -> Ticket:
        word = "declined" if self.chance.random() < self.weather.declined else "answered"
        return self.zendesk.people.write(person, f"Question {number}", f"A {word} question, the {number}th?")

    def _cloud_over(self) -> None:
        faults, weather = self.zendesk.faults, self.weather
        faults.add(Kind.FAIL, NOTE, None, value=409, probability=weather.conflicts)
        faults.add(Kind.LIMIT, "*", None, value=0.02, probability=weather.limiting)
        faults.add(Kind.LOSE, "*", None, probability=weather.losing / 2)
        faults.add(Kind.HALF, "*", None, probability=weather.losing / 2)
        faults.add(Kind.FAIL, "*", None, value=503, probability=weather.breaking)

    def _deliver(self, toll: Toll, tickets: list[Ticket], *, meddling: bool) -> None:
        """Each so often as the webhook may; in any order, while others change some of them."""
        queue = Queue(self.chance, refusing=0.01, repeating=0.02)
        deliveries = [each for each in tickets for _ in range(self.chance.randint(1, self.weather.most_deliveries))]
        self.chance.shuffle(deliveries)
        with calling(self.deaths, toll.calls), ThreadPoolExecutor(WORKERS) as pool:
            workers = [pool.submit(queue.run, self._work, self._bury) for _ in range(WORKERS)]
            for number, ticket in enumerate(deliveries):
                _send(queue, ticket, number)
                if meddling and self.chance.random() < self.weather.meddling / self.weather.most_deliveries:
                    self._meddle(self.chance.choice(tickets))
            queue.settle()
            toll.aside += len(queue.aside)
            while queue.redrive():
                queue.settle()
            queue.close()
            for each in workers:
                each.result()
        toll.deliveries, toll.killed = toll.deliveries + queue.delivered, toll.killed + queue.killed
        toll.again += queue.again
        toll.broken += [repr(each) for each in queue.broken]

    def _meddle(self, ticket: Ticket) -> None:
        if self.chance.random() < 0.5:
            self.zendesk.people.reply(self.bob, ticket, "<p>I look at it.</p>", public=False)
        else:
            customer = self.zendesk.desk.users[ticket.requester_id]
            self.zendesk.people.follow(customer, ticket, "I mean the new one.")

    def _work(self, job: Job, number: int, last: bool) -> None:
        fate = Random(f"{self.seed} {job.id} {number} {self.chance.random()}")  # noqa: S311
        dies = fate.random() < self.weather.dying
        step = fate.randint(1, self.weather.steps) if dies else None
        with self.deaths.within(step, after=fate.random() < 0.5):
            self.worker.work(job.payload["ticket"], Deadline.within(SECONDS), last)

    def _bury(self) -> Callable[[], None]:
        left = self.deaths.estate

        def end() -> None:
            for key, owner in left:
                self.core.claims.release(key, owner=owner)

        return end

    def _count(self, toll: Toll, asked: list[Ticket], answered: list[Ticket]) -> None:
        drafts, replied = Drafts(self.core.records, ACCOUNT), {each.id for each in answered}
        for ticket in asked:
            named = question_id(ACCOUNT, ticket.id, ticket.comments[0].id)
            ours = [each for each in ticket.comments if each.author_id == self.zendesk.bot["id"]]
            notes = [each for each in ours if f"supportbot:{named}" in each.plain]
            declined = "declined" in ticket.comments[0].plain
            tag = "supportbot_no_answer" if declined else "supportbot_drafted"
            recorded = drafts.of(ticket.id)
            toll.without += [ticket.id] * (not notes)
            toll.twice += [ticket.id] * (len(ours) > 1)
            toll.public += [ticket.id] * any(each.public for each in ours)
            toll.untagged += [ticket.id] * (tag not in ticket.tags or "supportbot_failed" in ticket.tags)
            toll.unrecorded += [ticket.id] * (len(recorded) != 1)
            if ticket.id in replied and not declined:
                toll.unlearned += [ticket.id] * (self.core.log.answer(named).acceptance is None)
                toll.compared += 1
        said = [json.loads(each.body) for each in self.zendesk.requests if self.zendesk.operation(each) == NOTE]
        toll.sent = len(said)
        toll.public += [each["ticket"]["id"] for each in said if each["ticket"]["comment"]["public"] is not False]


def _send(queue: Queue, ticket: Ticket, number: int) -> None:
    """As the webhook does: what is not taken comes again."""
    job = Job(JobId(f"{ticket.id}-{number}"), JobKind.ZENDESK, datetime.now(UTC), {"ticket": str(ticket.id)})
    while True:
        try:
            queue.send(job)
        except UnavailableError:
            continue
        return


def storm(home: Path, tickets: int, *, seed: int = 0, weather: Weather | None = None) -> Toll:
    with Account() as zendesk:
        zendesk.limits.plan = 10**9
        return Storm(zendesk, home, seed, weather or Weather()).run(tickets)
