"""Attend to a ticket that something happened to: a draft, a comparison of what was sent, or nothing.

Nothing of what was delivered is believed but which ticket it is; it may come often, late and in any order. A draft that
cannot be made for good is told: to agents by a tag, to the operator with the reason.
"""

from dataclasses import dataclass

from integrations.zendesk.claiming import held
from integrations.zendesk.client import Zendesk
from integrations.zendesk.conversing import Conversation, Conversations
from integrations.zendesk.deciding import Due, due, question_id
from integrations.zendesk.drafting import Drafting, Made
from integrations.zendesk.drafts import Drafts, TicketDraft
from integrations.zendesk.learning import Learning
from integrations.zendesk.needs import Core
from integrations.zendesk.policy import Policy
from integrations.zendesk.redrafts import Redrafts
from integrations.zendesk.refusing import ConflictError, MissingError, RefusedError
from integrations.zendesk.tickets import Tickets
from integrations.zendesk.writing import FAILED, Links, Writing
from rag_core.domain import Deadline, QuestionId
from rag_core.errors import AwayError, BusyError, HeldError, RejectedError, SupportBotError, UnavailableError

LOOKS = 4  # at a ticket that others change at the same time
GRACE = 5.0  # seconds to say that there will be no draft
AGAIN = 5.0  # seconds after which a ticket that never stood still is looked at again


@dataclass(slots=True)
class Attempt:
    """One delivery, and how far it got."""

    ticket: int
    deadline: Deadline
    named: QuestionId  # the question it is about, once that is known
    quoting: tuple[str, ...] = ()  # what no log may show
    made: tuple[QuestionId, Made] | None = None
    told: bool = False  # the ticket says already that it failed
    settled: bool = False  # there was no draft to be made


class ZendeskWorker:
    """Works on one ticket at a time in the calling thread; safe to share between threads."""

    def __init__(
        self, core: Core, zendesk: Zendesk, account: str, policy: Policy | None = None, links: Links | None = None
    ) -> None:
        self._core, self._account, self._policy = core, account, policy or Policy()
        self._conversations = Conversations(zendesk)
        drafts = Drafts(core.records, account)
        self._drafting = Drafting(core, zendesk, account, internal=self._policy.internal)
        self._learning = Learning(core, drafts, Redrafts(core.records, account))
        self._writing = Writing(core, self._conversations, Tickets(zendesk), drafts, account, self._policy, links)

    def work(self, ticket: str, deadline: Deadline, last: bool) -> None:
        """Raises UnavailableError where it is to be delivered again; `last`: nobody will."""
        if not (ticket.isascii() and ticket.isdigit()):
            raise RejectedError("a job for Zendesk names a ticket by its number")
        attempt = Attempt(int(ticket), deadline, question_id(self._account, int(ticket), 0))
        try:
            with held(self._core.claims, self._account, attempt.ticket, deadline):
                self._attend(attempt)
        except (HeldError, BusyError):
            raise
        except MissingError:
            return  # deleted meanwhile, or merged into another
        except RejectedError as error:
            self._give_up(attempt, error)
        except Exception as error:
            if last:
                self._give_up(attempt, error)
            raise  # it is put aside, and done once it is delivered from there

    def _attend(self, attempt: Attempt) -> None:
        for _ in range(LOOKS):
            ticket = self._conversations.read(attempt.ticket, attempt.deadline)
            attempt.told = FAILED in ticket.tags
            attempt.quoting = (ticket.subject, *(each.plain for each in ticket.comments if each.public))
            drafts = self._writing.mended(ticket, attempt.deadline)
            recorded = {draft.comment for draft in drafts}
            found = due(ticket, recorded, self._policy.ignored, follow_ups=self._policy.follow_ups)
            attempt.settled = found is None
            self._learning.learn(ticket, drafts)
            if found is None:
                self._writing.settle(ticket, drafts, attempt.deadline)
                return
            if self._drafted(ticket, found, drafts, attempt):
                return
        raise UnavailableError("the ticket is changed by others all the time", retry_after=AGAIN)

    def _drafted(self, ticket: Conversation, found: Due, drafts: list[TicketDraft], attempt: Attempt) -> bool:
        """False: somebody has changed the ticket, so it is to be looked at again."""
        attempt.named = question_id(self._account, ticket.number, found.comment.id)
        try:
            if attempt.made is None or attempt.made[0] != attempt.named:
                made = self._drafting.make(ticket, found, drafts, attempt.deadline)
                if made is None:
                    return True
                attempt.made = attempt.named, made
            self._writing.write(ticket, found.comment.id, attempt.made[1], attempt.deadline)
        except ConflictError:
            return False
        except MissingError:
            raise
        except RefusedError:
            if not self._conversations.read(attempt.ticket, attempt.deadline).is_over:
                raise
        return True

    def _give_up(self, attempt: Attempt, error: Exception) -> None:
        """Raises AwayError where that could not be said: it is tried again once it can."""
        if not attempt.told and not attempt.settled:
            try:
                self._writing.failed(attempt.ticket, Deadline.within(GRACE))
            except AwayError:
                raise
            except SupportBotError:
                pass
        self._core.failed(attempt.named, error, attempt.quoting)
