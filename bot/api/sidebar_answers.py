"""What the sidebar can do: show a ticket's draft, have it drafted otherwise, ask, rate.

Everything is answered for the public, whoever the agent is: what is inserted goes to a customer. Answers that other
channels were given are not there, for reading and rating alike.
"""

import re
from dataclasses import replace
from http import HTTPStatus

from msgspec import structs

from bot.api import sidebar_replies as replies
from bot.api.errors import RefusedError, bad, unknown
from bot.api.parts import Parts
from bot.api.sidebar_access import Installation
from bot.api.sidebar_replies import Panel, Shown, Wishes
from bot.api.sidebar_requests import Ask, Vote, Wish
from integrations.zendesk.drafts import Drafts, TicketDraft
from integrations.zendesk.redrafts import Redraft, Redrafts
from rag_core.domain import (
    LONGEST_WISH,
    Answer,
    AnswerRecord,
    Audience,
    Deadline,
    Outcome,
    Question,
    QuestionId,
    Rating,
)
from rag_core.errors import RejectedError

CHANNEL = "zendesk"
ID = re.compile(r"[0-9a-f]{16,64}")


class SidebarAnswers:
    """The use cases behind the routes."""

    def __init__(self, parts: Parts, *, shadow: bool, writes: bool) -> None:
        """`shadow`: drafts are compared with what agents send, and not shown.

        `writes`: by a model that has words of its own; without one a reply can be shorter or longer, and no more.
        """
        self._parts, self._shadow, self._writes = parts, shadow, writes

    def draft(self, by: Installation, ticket: int) -> Panel:
        """Raises UnavailableError."""
        if self._shadow:
            return Panel("shadow")
        noted = self._noted(by, ticket)
        record, redraft = self._latest(by, ticket, noted)
        if record is None:
            return Panel("none")
        shown = replies.kept(record, by.person, redraft.instruction if redraft else "", noted)
        return self._panel(shown, noted, redraft)

    def redraft(self, by: Installation, ticket: int, wish: Wish, deadline: Deadline) -> tuple[Panel, Answer | None]:
        """The draft as it is wished for; None where there is one by now and nothing was wished for.

        Raises RefusedError, RejectedError, UnavailableError, MisconfiguredError.
        """
        if self._shadow:
            message = "drafts are only compared with what is sent: SUPPORTBOT_ZENDESK_MODE is shadow"
            raise RefusedError(HTTPStatus.CONFLICT, "shadow", message)
        noted = self._noted(by, ticket)
        record, former = self._latest(by, ticket, noted)
        if wish.first:
            return self._back(by, ticket, noted, former), None
        followed = former.instruction if former else ""
        instruction = _together(followed, wish.instruction)
        if record is not None and not wish.instruction.strip():
            return self.draft(by, ticket), None
        question = replace(self._question(by, record, wish), instruction=instruction)
        answer = self._parts.answering.answer(question, deadline=deadline)
        before = record.question.id if record else None
        if "instruction" in answer.degraded:
            listed = followed
        else:  # where only its length can be wished for, the last word about it counts
            listed = instruction if self._writes else _together("", wish.instruction)
        first = (former.first if former else None) or before or question.id
        redraft = Redraft(question.id, noted.question if noted else None, before, listed, first)
        if answer.outcome is Outcome.ANSWERED or record is None:  # a wish that leads to nothing takes nothing away
            self._redrafts(by).keep(ticket, redraft)
        shown = structs.replace(self._shown(question, answer, by, noted), instruction=listed)
        return self._panel(shown, noted, redraft), answer

    def _back(self, by: Installation, ticket: int, noted: TicketDraft | None, former: Redraft | None) -> Panel:
        """To the draft as it was before any wish."""
        first = (former.first if former else None) or (noted.question if noted else None)
        if former and first:
            origin = noted.question if noted else None
            self._redrafts(by).keep(ticket, Redraft(first, origin, former.question, first=first))
        return self.draft(by, ticket)

    def _panel(self, shown: Shown, noted: TicketDraft | None, redraft: Redraft | None) -> Panel:
        of = noted.question if noted else ""
        wished = redraft is not None and redraft.question != (redraft.first or of)
        wishes: Wishes = "any" if self._writes else "length"
        if shown.outcome is not Outcome.ANSWERED:  # there is nothing that could be shorter
            wishes = "none"
        return Panel("draft", shown, of, wishes, wished)

    def ask(self, by: Installation, asked: Ask, deadline: Deadline) -> tuple[Shown, Answer]:
        """Raises RejectedError, UnavailableError, MisconfiguredError."""
        question = self._parts.question(asked.query, audience=Audience.PUBLIC, asked_by=by.person, channel=CHANNEL)
        answer = self._parts.answering.answer(question, deadline=deadline)
        return self._shown(question, answer, by), answer

    def rate(self, by: Installation, question_id: str, vote: Vote) -> tuple[Rating, AnswerRecord]:
        """The rating, and the answer as it was before. Raises RefusedError: 404."""
        before = self._record(QuestionId(question_id)) if ID.fullmatch(question_id) else None
        if before is None:
            raise unknown()
        rating = self._parts.rate(
            before.question.id, by.person, helpful=vote.helpful, reason=vote.reason, comment=vote.comment
        )
        return rating, before

    def _question(self, by: Installation, record: AnswerRecord | None, wish: Wish) -> Question:
        """The draft's own, wherever there is one: what the browser says of the ticket is a question and no more."""
        if record is None and not wish.question.strip():
            raise bad("question: the ticket has no draft yet: send its subject and what the customer wrote last")
        text = record.question.text if record else _unquoted(wish.question)
        question = self._parts.question(text, audience=Audience.PUBLIC, asked_by=by.person, channel=CHANNEL)
        if record is None:
            return question
        asked = record.question
        return replace(question, previous=asked.previous, standalone=asked.standalone, sources=asked.sources)

    def _latest(
        self, by: Installation, ticket: int, noted: TicketDraft | None
    ) -> tuple[AnswerRecord | None, Redraft | None]:
        """What stands for the ticket's draft now; None where there is none, or none that the log still has."""
        redraft = self._redrafts(by).latest(ticket, noted.question if noted else None)
        if redraft and (record := self._record(redraft.question)):
            return record, redraft
        return (self._record(noted.question) if noted else None), None

    def _noted(self, by: Installation, ticket: int) -> TicketDraft | None:
        drafts = Drafts(self._parts.records, by.account).of(ticket)
        return drafts[-1] if drafts else None

    def _redrafts(self, by: Installation) -> Redrafts:
        return Redrafts(self._parts.records, by.account)

    def _record(self, question_id: QuestionId) -> AnswerRecord | None:
        """Zendesk's own, for the public."""
        try:
            record = self._parts.log.answer(question_id)
        except RejectedError:
            return None
        asked = record.question
        return record if asked.channel == CHANNEL and asked.audience is Audience.PUBLIC else None

    def _shown(self, question: Question, answer: Answer, by: Installation, draft: TicketDraft | None = None) -> Shown:
        record = AnswerRecord(
            question,
            answer.outcome,
            answer.text,
            answer.citations,
            answer.confidence,
            complete=answer.complete,
            not_covered=answer.not_covered,
        )
        return replies.now(record, answer, by.person, question.instruction, draft)


def _unquoted(text: str) -> str:
    """As the worker reads a comment, so that "Draft now" finds what a draft of its own would have found."""
    from integrations.zendesk.unquoting import unquoted  # few tickets have no draft

    return unquoted("", text)


def _together(former: str, instruction: str) -> str:
    """Wishes add up; of too many the first are forgotten."""
    wished = [each.strip().rstrip(".") for each in (former, instruction) if each.strip()]
    return ". ".join(wished)[-LONGEST_WISH:]
