"""A simulated Slack, the app's real ingress and worker behind it, and a core whose answers the test decides."""

import json
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.local.workspace.nouns import Channel, Message, User
from bot.local.workspace.workspace import Workspace
from integrations.slack.calling import Pace
from integrations.slack.identifying import FixedInstallation
from integrations.slack.ingress import Desk, Ingress
from integrations.slack.interacting import Interactions
from integrations.slack.listening import SlackWorker
from integrations.slack.modals import ChannelSettings
from integrations.slack.needs import Calls, OnStage, OnText, Place, Scope, Week
from integrations.slack.opening import Opener
from integrations.slack.starting import Starts
from rag_core.backends.sqlite.claims import SqliteClaims
from rag_core.backends.sqlite.feedback import SqliteFeedbackLog
from rag_core.backends.sqlite.records import SqliteRecords
from rag_core.domain import (
    NEVER,
    Answer,
    Audience,
    Citation,
    Deadline,
    DocumentId,
    Outcome,
    PersonId,
    Question,
    QuestionId,
    Rating,
    SourceName,
)
from rag_core.errors import RejectedError, UnavailableError
from rag_core.jobs import Job
from rag_core.rating import rate

DOCS = SourceName("docs")
PAGE = Citation("Single sign-on", "https://help.example/sso", DOCS, DocumentId("sso"), "reset")
TEXT = "Open Settings and choose Reset SSO. [1]"


class Killed(BaseException):
    """What a kill -9 looks like from inside: nothing is caught, nothing is given back."""


class StubCore:
    """The product, with answers that the test decides; log, claims and records are the real ones."""

    def __init__(self, home: Path) -> None:
        self.now = 0.0  # seconds by which the claims' clock is ahead
        self.log: Any = SqliteFeedbackLog(home)
        self.claims: Any = SqliteClaims(home, clock=lambda: datetime.now(UTC).timestamp() + self.now)
        self.records: Any = SqliteRecords(home)
        self.parts: tuple[str, ...] = (TEXT,)
        self.outcome = Outcome.ANSWERED
        self.asked: list[Question] = []
        self.failures: list[tuple[QuestionId, Exception]] = []
        self.during: Callable[[], object] = lambda: None  # between the parts of an answer
        self.error: Exception | None = None

    @property
    def asked_texts(self) -> list[str]:
        return [question.text for question in self.asked]

    def question(
        self,
        text: str,
        *,
        id: QuestionId,  # noqa: A002
        audience: Audience,
        asked_by: PersonId,
        channel: str,
        sources: frozenset[SourceName] | None = None,
        previous: QuestionId | None = None,
    ) -> Question:
        before = self.log.answer(previous).question if previous else None
        if before and before.audience not in audience.may_read:
            raise RejectedError("it was asked for other readers")
        said = before.text if before else None
        return Question(id, text, audience, asked_by, channel, datetime.now(UTC), said, sources)

    def answer(self, question: Question, *, on_stage: OnStage, on_text: OnText, deadline: Deadline = NEVER) -> Answer:
        self.asked.append(question)
        if self.error:
            raise self.error
        on_stage("draft")
        lost: Exception | None = None
        for part in self.parts if self.outcome is Outcome.ANSWERED else ():
            try:
                if lost is None:
                    on_text(part.replace("QUESTION", question.text), (PAGE,))
            except Exception as error:  # noqa: BLE001 - as the core does: the draft goes on for the log
                lost = error
            self.during()
        text = (
            "".join(self.parts).replace("QUESTION", question.text)
            if self.outcome is Outcome.ANSWERED
            else "I don't know."
        )
        answer = Answer(question.id, self.outcome, text, (PAGE,), (), 0.9)
        self.log.record_answer(question, answer)
        if lost:
            raise lost
        return answer

    def rate(
        self, question_id: QuestionId, person: PersonId, *, helpful: bool, reason: str = "", comment: str = ""
    ) -> Rating:
        return rate(
            self.log,
            question_id,
            person,
            helpful=helpful,
            reason=reason,
            comment=comment,
            clock=lambda: datetime.now(UTC),
        )

    def knowledge_as_of(self) -> datetime | None:
        return datetime(2026, 11, 20, tzinfo=UTC)

    def week(self) -> Week:
        return Week(3, 0.5, None, ("How do I fly?",), None)

    def sources(self, audience: Audience) -> Mapping[SourceName, int]:
        return {DOCS: 12}

    def failed(self, question_id: QuestionId, error: Exception, quoting: Sequence[str] = ()) -> None:
        self.failures.append((question_id, error))


@dataclass
class OpenAccess:
    """Everything is public; who is an admin, and which channels are automatic, the test says."""

    automatic: set[str] = field(default_factory=set)
    admins: set[str] = field(default_factory=set)
    audience: Audience = Audience.PUBLIC
    settled: list[ChannelSettings] = field(default_factory=list)

    def scope(self, place: Place, slack: Calls) -> Scope:
        return Scope(self.audience, automatic=place.channel in self.automatic)

    def is_automatic(self, team: str, channel: str) -> bool:
        return channel in self.automatic

    def is_admin(self, team: str, user: str, slack: Calls) -> bool:
        return user in self.admins

    def changed(self, team: str, about: Mapping[str, Any]) -> None: ...

    def channels(self, team: str) -> tuple[ChannelSettings, ...]:
        return tuple(self.settled)

    def settle(self, team: str, user: str, settings: ChannelSettings, slack: Calls, *, at: float | None = None) -> bool:
        if user in self.admins:
            self.settled.append(settings)
        return user in self.admins


class ListQueue:
    """Jobs in the order they came."""

    def __init__(self) -> None:
        self.jobs: deque[Job] = deque()

    def send(self, job: Job, *, deadline: Deadline = NEVER) -> None:
        self.jobs.append(job)


class Office:
    """One workspace with the app in it: `ada` and `ben` ask in `help`."""

    def __init__(self, slack: Workspace, home: Path, **options: Any) -> None:
        self.slack, self.core, self.access = slack, StubCore(home), OpenAccess()
        self.queue = ListQueue()
        opener = Opener(lambda _: slack.token, slack.url)
        self.ingress = Ingress(slack.signing_secret, Desk(self.queue, opener, Interactions(lambda: [DOCS])))
        slack.deliver_to(self._deliver)
        self.worker = self.hire(**options)
        self.ada, self.ben = slack.add_person("Ada"), slack.add_person("Ben")
        self.help = slack.add_channel("help", self.ada, self.ben)

    def _deliver(self, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        reply = self.ingress.handle(headers, body)
        return reply.status, reply.body.encode()

    def hire(self, **options: Any) -> SlackWorker:
        given: dict[str, Any] = {"base_url": self.slack.url, "pace": Pace(0.0), "starts": Starts(10_000), **options}
        return SlackWorker(self.core, FixedInstallation(self.slack.token), self.access, **given)

    def mention(self, text: str, *, by: User | None = None, channel: Channel | None = None, **more: Any) -> Message:
        return self.slack.say(channel or self.help, by or self.ada, f"<@{self.slack.bot.id}> {text}", **more)

    def work(self, *, seconds: float = 20, deliveries: int = 5) -> None:
        """Everything that is on the queue, each as often as it takes."""
        while self.queue.jobs:
            self.finish(self.queue.jobs.popleft(), seconds=seconds, deliveries=deliveries)

    def finish(self, job: Job, *, seconds: float = 20, deliveries: int = 5) -> int:
        """Deliver it until it is done; how often that was."""
        for delivery in range(1, deliveries + 1):
            try:
                self.deliver(job, seconds=seconds, last=delivery == deliveries)
            except UnavailableError:
                if delivery == deliveries:
                    raise
                continue
            return delivery
        raise AssertionError

    def deliver(self, job: Job, *, seconds: float = 20, last: bool = False) -> None:
        assert job.event is not None
        self.worker.work(job.event, Deadline.within(seconds), last, job.enqueued_at)

    def replies(self, root: Message) -> list[Message]:
        """What the bot said in a thread."""
        return [each for each in self.slack.thread(root) if each.user == self.slack.bot.id]

    def only(self, root: Message) -> Message:
        [reply] = self.replies(root)
        return reply

    def event(self, **event: Any) -> str:
        """An event as it lies in the queue."""
        team = self.slack.team.id
        return json.dumps({"type": "event_callback", "team_id": team, "event_id": "Ev1", "event": event})


def words(message: Message) -> str:
    """All that a message says, in whatever block."""
    return json.dumps(message.blocks, ensure_ascii=False) + message.text


@contextmanager
def office(home: Path, *, limits: bool = False, echo: bool = True, **options: Any) -> Iterator[Office]:
    with Workspace(limits=limits, echo=echo) as slack:
        yield Office(slack, home, **options)
