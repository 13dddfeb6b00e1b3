"""A simulated Zendesk, people in it, our real worker before it, and a core whose answers the test decides."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.local.account.account import Account
from bot.local.account.desk import Comment, Ticket
from integrations.zendesk.addressing import Site
from integrations.zendesk.authorizing import ApiToken
from integrations.zendesk.client import Zendesk
from integrations.zendesk.drafts import Drafts, TicketDraft
from integrations.zendesk.policy import Policy
from integrations.zendesk.working import ZendeskWorker
from rag_core.backends.sqlite.claims import SqliteClaims
from rag_core.backends.sqlite.feedback import SqliteFeedbackLog
from rag_core.backends.sqlite.records import SqliteRecords
from rag_core.domain import (
    Acceptance,
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
from rag_core.errors import RejectedError
from rag_core.rating import rate
from tests.bot.local.account.conftest import Clock

ACCOUNT = "example"
DOCS = SourceName("docs")
PAGE = Citation("Refunds > How long", "https://help.example/refunds", DOCS, DocumentId("refunds"), "ten days")
PLAYBOOK = Citation("Playbook", "https://intern.example/playbook", DOCS, DocumentId("playbook"))
TEXT = "A refund takes **ten** business days on every card. [1] Ask the owner of the account to open Billing. [1]"
SECONDS = 25.0


class StubCore:
    """The product, with answers that the test decides; log, claims and records are the real ones."""

    def __init__(self, home: Path) -> None:
        self.log: Any = SqliteFeedbackLog(home)
        self.ahead = 0.0  # seconds by which the claims' clock is
        self.claims: Any = SqliteClaims(home, clock=lambda: datetime.now(UTC).timestamp() + self.ahead)
        self.records: Any = SqliteRecords(home)
        self.text, self.outcome = TEXT, Outcome.ANSWERED
        self.complete, self.not_covered = True, ""
        self.asked: list[Question] = []
        self.accepted_: list[Acceptance] = []
        self.failures: list[tuple[QuestionId, Exception, tuple[str, ...]]] = []
        self.inside: Sequence[Citation] = ()
        self.during: Callable[[], object] = lambda: None  # while an answer is made
        self.error: Exception | None = None

    def question(
        self,
        text: str,
        *,
        id: QuestionId,  # noqa: A002
        audience: Audience,
        asked_by: PersonId,
        channel: str,
        previous: QuestionId | None = None,
    ) -> Question:
        before = self.log.answer(previous).question if previous else None
        if before and before.audience not in audience.may_read:
            raise RejectedError("other readers")
        return Question(id, text, audience, asked_by, channel, datetime.now(UTC), before.text if before else None)

    def answer(self, question: Question, *, deadline: Deadline) -> Answer:
        self.asked.append(question)
        self.during()
        if self.error:
            raise self.error
        answered = self.outcome is Outcome.ANSWERED
        answer = Answer(question.id, self.outcome, self.text if answered else "I don't know.", (PAGE,), (), 0.8)
        answer = replace(answer, complete=self.complete, not_covered=self.not_covered)
        self.log.record_answer(question, answer)
        return answer

    def internal(self, question: Question, *, deadline: Deadline) -> Sequence[Citation]:
        return self.inside

    def rate(
        self, question_id: QuestionId, person: PersonId, *, helpful: bool, reason: str = "", comment: str = ""
    ) -> Rating:
        said = {"helpful": helpful, "reason": reason, "comment": comment}
        return rate(self.log, question_id, person, clock=lambda: datetime.now(UTC), **said)  # type: ignore[arg-type]

    def accepted(self, acceptance: Acceptance) -> None:
        self.log.record_acceptance(acceptance)
        self.accepted_.append(acceptance)

    def failed(self, question_id: QuestionId, error: Exception, quoting: Sequence[str] = ()) -> None:
        self.failures.append((question_id, error, tuple(quoting)))


@dataclass
class Office:
    """One account, somebody who asks, somebody who answers, and the worker."""

    zendesk: Account
    home: Path
    clock: Clock
    policy: Policy = field(default_factory=Policy)

    def __post_init__(self) -> None:
        desk = self.zendesk.desk
        self.core: Any = StubCore(self.home)
        self.ann = desk.add_user("Ann Lee", "ann@example.org", locale="en-GB")
        self.bob = desk.add_user("Bob", "bob@example.com", "agent")
        self.waited: list[float] = []
        self.client = self.connect()
        self.hire(self.policy)

    def connect(self) -> Zendesk:
        own = self.zendesk.authority
        return Zendesk(Site.of("", self.zendesk.url), ApiToken(own.email, own.token), self._sleep)

    def hire(self, policy: Policy | None = None, links: Any = None) -> ZendeskWorker:
        self.policy = policy or self.policy
        self.worker = ZendeskWorker(self.core, self.client, ACCOUNT, self.policy, links)
        return self.worker

    def write(
        self, text: str = "How long does a refund take?", subject: str = "Refund", by: Any = None, **more: Any
    ) -> Ticket:
        return self.zendesk.people.write(by or self.ann, subject, text, **more)

    def work(self, ticket: Ticket, *, last: bool = False) -> None:
        """What happened to it is delivered once."""
        self.clock.now += 3.0
        self.worker.work(str(ticket.id), Deadline.within(SECONDS), last)

    def reply(self, ticket: Ticket, text: str, *, public: bool = True) -> Comment:
        self.clock.now += 3.0
        return self.zendesk.people.reply(self.bob, ticket, text, public=public)

    def follow(self, ticket: Ticket, text: str) -> Comment:
        self.clock.now += 3.0
        return self.zendesk.people.follow(self.ann, ticket, text)

    def notes(self, ticket: Ticket) -> list[Comment]:
        """Ours, whatever they say."""
        return [each for each in ticket.comments if each.author_id == self.zendesk.bot["id"]]

    def drafts(self, ticket: Ticket) -> list[TicketDraft]:
        return Drafts(self.core.records, ACCOUNT).of(ticket.id)

    def _sleep(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.clock.now += seconds


def outgoing(zendesk: Account) -> list[dict[str, Any]]:
    """Every comment that was sent to Zendesk, whatever became of it."""
    bodies = [json.loads(each.body) for each in zendesk.requests if each.method in ("PUT", "POST") and each.body]
    return [body["ticket"]["comment"] for body in bodies if "comment" in body.get("ticket", {})]


@contextmanager
def office(home: Path, policy: Policy | None = None) -> Iterator[Office]:
    clock = Clock()
    with Account(clock=clock) as zendesk:
        yield Office(zendesk, home, clock, policy or Policy())
        assert all(each["public"] is False for each in outgoing(zendesk))


def settled(here: Office, ticket: Ticket, tag: str = "supportbot_drafted") -> None:
    """One note, its tag, its record."""
    [note] = here.notes(ticket)
    [draft] = here.drafts(ticket)
    assert not note.public
    assert f"supportbot:{draft.question}" in note.plain
    assert ticket.tags == [tag]
