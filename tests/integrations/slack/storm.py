"""Many questions, each delivered many times in any order and in parallel; workers die, responses are lost.

From the signed request through the ingress, a queue and the worker to what stands in the simulated Slack.
"""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from random import Random

from bot.app import App
from bot.local.workspace.nouns import Message
from bot.local.workspace.workspace import Workspace
from bot.observability import Telemetry
from bot.settings import Settings
from bot.slack import SlackCore
from integrations.slack.calling import Pace
from integrations.slack.identifying import FixedInstallation
from integrations.slack.ingress import Desk, Ingress
from integrations.slack.interacting import Interactions
from integrations.slack.listening import SlackWorker
from integrations.slack.needs import OnStage, OnText
from integrations.slack.opening import Opener
from integrations.slack.starting import Starts
from rag_core.backends.sqlite.claims import SqliteClaims
from rag_core.backends.sqlite.feedback import SqliteFeedbackLog
from rag_core.backends.sqlite.records import SqliteRecords
from rag_core.domain import NEVER, Answer, Citation, Deadline, DocumentId, Outcome, Question, QuestionId, SourceName
from rag_core.jobs import Job
from tests.integrations.slack.counting import Toll, count
from tests.integrations.slack.dying import Deaths
from tests.integrations.slack.office import OpenAccess
from tests.integrations.slack.queueing import Queue
from tests.integrations.slack.sending import signed
from tests.shared import DEMO

DOCS = SourceName("docs")
PAGE = Citation("Single sign-on", "https://help.example/sso", DOCS, DocumentId("sso"), "reset")
LONG = tuple(f"Paragraph {number} of QUESTION. {'word ' * 150}[1]\n\n" for number in range(20))
PARTS = {"short": ("On QUESTION. [1]",), "long": LONG, "streamed": ("On QUESTION. ", "Two. ", "Three. [1]")}
WORKERS, SENDERS = 8, 2  # threads
SECONDS = 25.0  # that a delivery has, as by default


@dataclass(frozen=True, slots=True)
class Weather:
    """How bad it is; shares of what there is, unless said otherwise."""

    most_deliveries: int = 28  # of an event by Slack
    in_a_row: int = 6  # of them at most come at once
    dying: float = 0.1  # of the deliveries by the queue
    steps: int = 20  # within which a worker dies; one that has done with fewer dies before it can say so
    losing: float = 0.02  # of Slack's responses
    limiting: float = 0.005
    refusing: float = 0.01  # of what the queue is sent
    repeating: float = 0.02  # of what the queue holds
    following: float = 0.3  # of the questions stand in the thread of another
    unshown: float = 0.2  # of what is said beside a reply, and of the streams: refused
    streams: int = 600  # a minute that the worker starts


class Canned:
    """The product: of the small help center's extracts some, and answers of every shape that are there at once."""

    def __init__(self, home: Path, deaths: Deaths) -> None:
        self._app = App(Settings(home=str(home), embedding_model="none"))
        self._app.ingest(DEMO / "help-center")
        self.claims, self.records = deaths.around(SqliteClaims(home)), deaths.around(SqliteRecords(home))
        self.log = deaths.around(SqliteFeedbackLog(home))
        self._app.log, self._app.records, self._app.claims = self.log, self.records, self.claims
        real = SlackCore(self._app, Telemetry("storm", plain=True, metrics=False, stream=StringIO()))
        self._real, self.question, self.rate, self.week = real, real.question, real.rate, real.week
        self.knowledge_as_of, self.sources = real.knowledge_as_of, real.sources
        self.given_up: list[str] = []

    def answer(self, question: Question, *, on_stage: OnStage, on_text: OnText, deadline: Deadline = NEVER) -> Answer:
        shape, _, _ = question.text.partition(" ")
        if shape not in (*PARTS, "declined"):
            return self._real.answer(question, on_stage=on_stage, on_text=on_text, deadline=deadline)
        parts = [part.replace("QUESTION", question.text) for part in PARTS.get(shape, ())]
        lost: Exception | None = None
        for part in parts:
            try:
                if lost is None:
                    on_text(part, (PAGE,))
            except Exception as error:  # noqa: BLE001 - as the core does: the draft goes on for the log
                lost = error
        outcome = Outcome.ANSWERED if parts else Outcome.NO_EVIDENCE
        answer = Answer(question.id, outcome, "".join(parts) or f"I don't know of {question.text}", (PAGE,), (), 0.9)
        self.log.record_answer(question, answer)
        if lost:
            raise lost
        return answer

    def failed(self, question_id: QuestionId, error: Exception, quoting: Sequence[str] = ()) -> None:
        self.given_up.append(f"{question_id}: {error!r}")


@dataclass
class Storm:
    """`run` it, and see what came of it."""

    slack: Workspace
    home: Path
    seed: int
    weather: Weather
    deaths: Deaths = field(default_factory=Deaths)
    events: list[bytes] = field(default_factory=list)
    answers: Counter[int] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.chance, weather = Random(self.seed), self.weather  # noqa: S311
        self.core = Canned(self.home, self.deaths)
        self.queue = Queue(self.chance, refusing=weather.refusing, repeating=weather.repeating)
        desk = Desk(self.queue, Opener(lambda _: self.slack.token, self.slack.url), Interactions(lambda: [DOCS]))
        self.ingress = Ingress(self.slack.signing_secret, desk)
        self.worker = SlackWorker(
            self.core,
            FixedInstallation(self.slack.token),
            OpenAccess(),
            base_url=self.slack.url,
            pace=Pace(0.0),
            starts=Starts(weather.streams),
        )

    def run(self, questions: int) -> Toll:
        asked = self._asked(questions)
        self._cloud_over()
        pending, began = self._deliveries(), time.monotonic()
        with self.deaths.calling(), ThreadPoolExecutor(WORKERS + SENDERS) as pool:
            workers = [pool.submit(self.queue.run, self._work, self._bury) for _ in range(WORKERS)]
            slacks = [pool.submit(self._deliver, pending) for _ in range(SENDERS)]
            for each in slacks:
                each.result()
            self.queue.settle()
            aside = len(self.queue.aside)
            while self.queue.redrive():
                self.queue.settle()
            self.queue.close()
            for each in workers:
                each.result()
        toll = count(self.slack, self.core, asked)
        toll.seconds, toll.aside, toll.calls = time.monotonic() - began, aside, self.deaths.calls
        toll.lost_responses = self.deaths.lost
        toll.signed, toll.refused = sum(self.answers.values()), self.answers[503]
        toll.deliveries, toll.killed, toll.again = self.queue.delivered, self.queue.killed, self.queue.again
        toll.broken = [repr(each) for each in self.queue.broken] + self.core.given_up
        toll.broken += [f"status {status}" for status in self.answers if status not in (200, 503)]
        return toll

    def _asked(self, questions: int) -> list[Message]:
        def taken(_: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
            self.events.append(body)
            return 200, b""

        self.slack.deliver_to(taken)
        chance, demo = self.chance, _demo()
        people = [self.slack.add_person(f"Person {number}") for number in range(10)]
        channels = [self.slack.add_channel(f"c{number}", *people) for number in range(20)]
        asked = list[Message]()
        for number in range(questions):
            [shape] = chance.choices(["short", "streamed", "long", "declined", "demo"], [30, 40, 4, 10, 16])
            text = f"{shape} question {number}?" if shape != "demo" else chance.choice(demo)
            by, mention = chance.choice(people), f"<@{self.slack.bot.id}> {text}"
            if chance.random() < 0.1:
                asked.append(self.slack.say(self.slack.direct(by), by, text))
            elif asked and chance.random() < self.weather.following:
                root = chance.choice(asked)
                where = self.slack.world.channels[root.channel]
                by = self.slack.world.users[root.user] if where.id.startswith("D") else by
                asked.append(self.slack.say(where, by, mention, thread=root))
            else:
                asked.append(self.slack.say(chance.choice(channels), by, mention))
        return asked

    def _deliveries(self) -> Iterator[bytes]:
        """Every event so often as Slack may bring it; some of them come at once, all in any order."""
        batches = list[tuple[int, int]]()
        for number in range(len(self.events)):
            left = self.chance.randint(1, self.weather.most_deliveries)
            while left:
                at_once = self.chance.randint(1, min(left, self.weather.in_a_row))
                batches.append((number, at_once))
                left -= at_once
        self.chance.shuffle(batches)
        return (self.events[number] for number, at_once in batches for _ in range(at_once))

    def _cloud_over(self) -> None:
        faults, weather = self.slack.faults, self.weather
        for method in ("agents.sessions.setStatus", "chat.startStream"):
            faults.error(method, "not_allowed", None, probability=weather.unshown)
        faults.limit("*", None, probability=weather.limiting, retry_after=0.1)
        faults.lose("*", None, probability=weather.losing)

    def _deliver(self, bodies: Iterator[bytes], lock: threading.Lock = threading.Lock()) -> None:  # noqa: B008
        """As Slack does: what is not taken comes again."""
        while True:
            with lock:
                body = next(bodies, None)
            if body is None:
                return
            status = 0
            while status != 200:
                status = self.ingress.handle(signed(body, self.slack.signing_secret), body).status
                self.answers[status] += 1

    def _work(self, job: Job, number: int, last: bool) -> None:
        fate = Random(f"{self.seed} {job.id} {number} {self.chance.random()}")  # noqa: S311
        dies = fate.random() < self.weather.dying
        with self.deaths.within(fate.randint(1, self.weather.steps) if dies else None, after=fate.random() < 0.5):
            self.worker.work(job.event or "", Deadline.within(SECONDS), last)

    def _bury(self) -> Callable[[], None]:
        """What becomes of the claims of whoever died in this thread: in the end they end."""
        left = self.deaths.estate

        def end() -> None:
            for key, owner in left:
                self.core.claims.release(key, owner=owner)

        return end


def _demo() -> Sequence[str]:
    return [json.loads(line)["text"] for line in (DEMO / "questions.jsonl").read_text("utf-8").splitlines()]


def storm(home: Path, questions: int, *, seed: int = 0, weather: Weather | None = None) -> Toll:
    with Workspace(limits=False, echo=False, seed=seed) as slack:
        return Storm(slack, home, seed, weather or Weather()).run(questions)
