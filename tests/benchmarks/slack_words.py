"""When the first words of an answer show in Slack, from the arrival of the signed event at the request URL.

Through the ingress, a queue of this process and the worker, to a simulated Slack in this process too, which answers in
about a millisecond. Our own share is what is left when the core's time for its first words is taken off.
"""

import logging
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median, quantiles

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
from integrations.slack.needs import Core, OnStage, OnText
from integrations.slack.opening import Opener
from integrations.slack.starting import Starts
from rag_core.backends.local_queue import LocalQueue
from rag_core.domain import NEVER, Answer, Citation, Deadline, Question, SourceName
from rag_core.jobs import Job
from tests.benchmarks.material import DEMO
from tests.benchmarks.speed import folder
from tests.integrations.slack.office import PAGE, OpenAccess, StubCore

RUNS = 30
WAIT = 20  # seconds
FIRST, APART = 0.6, 0.3  # seconds until a statement is there, and until the next one


class Slow(StubCore):
    """Statements that come one after another, as of a model."""

    def __init__(self, home: Path, count: int) -> None:
        super().__init__(home)
        self.texts = tuple(f"Statement {number} of the answer says how it is done. [1] " for number in range(count))
        self.parts = ("".join(self.texts),)

    def answer(self, question: Question, *, on_stage: OnStage, on_text: OnText, deadline: Deadline = NEVER) -> Answer:
        for number, text in enumerate(self.texts):
            time.sleep(APART if number else FIRST)
            on_text(text, (PAGE,))
        return super().answer(question, on_stage=on_stage, on_text=lambda *_: None, deadline=deadline)


class Watched:
    """A core that notes how long it took until it had its first words."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self.took = 0.0

    def __getattr__(self, name: str) -> object:
        return getattr(self._core, name)

    def answer(self, question: Question, *, on_stage: OnStage, on_text: OnText, deadline: Deadline) -> Answer:
        began, self.took = time.perf_counter(), 0.0

        def told(text: str, citations: tuple[Citation, ...]) -> None:
            self.took = self.took or time.perf_counter() - began
            on_text(text, citations)

        return self._core.answer(question, on_stage=on_stage, on_text=told, deadline=deadline)


class Bot:
    """The ingress, a queue and the worker, and somebody who asks."""

    def __init__(self, slack: Workspace, core: Core) -> None:
        self._slack, self.core = slack, Watched(core)
        self._worker = SlackWorker(
            self.core,  # type: ignore[arg-type]
            FixedInstallation(slack.token),
            OpenAccess(),
            base_url=slack.url,
            pace=Pace(0.0),
            starts=Starts(10_000),
        )
        self.queue = LocalQueue(self._work, lambda _, error: print("failed", error), tries=5, pause=1.0)
        desk = Desk(self.queue, Opener(lambda _: slack.token, slack.url), Interactions(lambda: [SourceName("docs")]))
        self._ingress = Ingress(slack.signing_secret, desk)
        slack.deliver_to(self._deliver)
        self._ada = slack.add_person("Ada")
        self._channel = slack.add_channel("help", self._ada)
        self._arrived = 0.0

    def ask(self, text: str) -> tuple[float, float]:
        """Seconds until the first words, and what of them is ours."""
        slack, self._arrived = self._slack, 0.0
        asked = slack.say(self._channel, self._ada, f"<@{slack.bot.id}> {text}")
        assert slack.wait_for(lambda: any(map(_has_words, slack.thread(asked))), WAIT)
        waited = time.perf_counter() - self._arrived
        ours = waited - self.core.took
        assert slack.wait_for(lambda: any(map(_is_done, slack.thread(asked))), WAIT)
        return waited, ours

    def _deliver(self, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        self._arrived = self._arrived or time.perf_counter()
        reply = self._ingress.handle(headers, body)
        return reply.status, reply.body.encode()

    def _work(self, job: Job, last: bool) -> None:
        self._worker.work(job.event or "", Deadline.within(25), last)


def _has_words(message: Message) -> bool:
    return any(block["type"] == "markdown" for block in message.blocks)


def _is_done(message: Message) -> bool:
    return any(block["type"] == "actions" for block in message.blocks)


def measure() -> None:
    """Median and 95th percentile."""
    logging.disable(logging.CRITICAL)
    with folder() as home:
        for count in (1, 2, 4):
            said = f"{count} statements, the first after {FIRST:.1f} s, then {APART:.1f} s apart"
            _say(said, Slow(home / str(count), count), ["how?"])
        app = App(Settings(home=str(home / "demo"), embedding_model="none"))
        app.ingest(DEMO / "help-center")
        asked = ["How long do refunds take?", "How do I verify my sending domain?", "How do I reset my password?"]
        with (home / "log").open("w") as log:
            telemetry = Telemetry(plain=True, metrics=False, stream=log)
            _say("the extractive demo, by words", SlackCore(app, telemetry), asked)


def _say(what: str, core: Core, questions: Sequence[str]) -> None:
    with Workspace(limits=False, echo=False) as slack:
        bot = Bot(slack, core)
        with bot.queue:
            bot.ask(questions[0])
            found = [bot.ask(questions[number % len(questions)]) for number in range(RUNS)]
    waits, ours = zip(*found, strict=True)
    print(f"{what}: the first words after {_figures(waits)}, of which ours {_figures(ours)}", flush=True)


def _figures(seconds: Sequence[float]) -> str:
    return f"{median(seconds) * 1000:.0f} ms ({quantiles(seconds, n=20)[-1] * 1000:.0f})"
