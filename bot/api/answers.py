"""What a caller may do: ask now or later, read an answer of its own, rate it.

Whose an answer is stands in its record: what others asked is not there, for reading, rating and following up alike.
"""

import re
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus

from bot.api import tickets
from bot.api.callers import Caller
from bot.api.errors import RefusedError, bad, unknown
from bot.api.parts import Parts
from bot.api.requests import Opinion, Query
from rag_core.domain import Answer, AnswerRecord, Deadline, PersonId, Question, QuestionId, Rating
from rag_core.errors import RejectedError
from rag_core.jobs import Job, JobId, JobKind

CHANNEL = "api"
ID = re.compile(r"[0-9a-f]{16,64}")
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zs", "Zl", "Zp", "Mn", "Me"})  # categories of what shows nothing by itself
BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # letters and a symbol by their category, and empty to the eye


class Answers:
    """The use cases behind the routes."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def ask(self, caller: Caller, asked: Query, deadline: Deadline) -> Answer:
        """Raises RefusedError, UnavailableError, MisconfiguredError."""
        return self._parts.answering.answer(self.question(caller, asked), deadline=deadline)

    def ask_later(self, caller: Caller, asked: Query, deadline: Deadline) -> QuestionId:
        """Once it returns the question will be answered; raises as `ask` does."""
        if self._parts.queue is None:
            raise bad("async: this service has no queue: leave it out")
        question = replace(self.question(caller, asked), id=tickets.issue(caller))
        job = Job(JobId(question.id), JobKind.ANSWER, datetime.now(UTC), question=question)
        self._parts.queue.send(job, deadline=deadline)
        return question.id

    def question(self, caller: Caller, asked: Query) -> Question:
        audience = caller.audience(asked.audience)
        previous = self._previous(caller, asked.follow_up) if asked.follow_up is not None else None
        question = self._parts.question(asked.query, audience=audience, asked_by=caller.person, channel=CHANNEL)
        if not _is_seen(question.text):
            raise bad("query: the question is empty")
        return replace(question, previous=previous, sources=caller.sources)

    def read(self, caller: Caller, question_id: str) -> AnswerRecord | None:
        """None: it was asked by this caller and is not answered yet. Raises RefusedError: 404."""
        if not ID.fullmatch(question_id):
            raise unknown()
        wanted = QuestionId(question_id)
        try:
            record = self._parts.log.answer(wanted)
        except RejectedError:
            if tickets.is_pending(wanted, caller):
                return None
            raise unknown() from None
        asked = record.question
        if asked.asked_by != caller.person or asked.channel != CHANNEL or asked.audience not in caller.audiences:
            raise unknown()
        return record

    def rate(self, caller: Caller, question_id: str, opinion: Opinion) -> tuple[Rating, AnswerRecord]:
        """The rating, and the answer as it was before."""
        before = self.read(caller, question_id)
        if before is None:
            raise RefusedError(HTTPStatus.CONFLICT, "pending", "this question is not answered yet: rate it later")
        rated = QuestionId(question_id)
        person = PersonId(f"{caller.person}:{opinion.person}" if opinion.person else caller.person)
        rating = self._parts.rate(
            rated, person, helpful=opinion.helpful, reason=opinion.reason, comment=opinion.comment
        )
        return rating, before

    def _previous(self, caller: Caller, question_id: str) -> str:
        try:
            record = self.read(caller, question_id)
        except RefusedError:
            record = None
        if record is None:
            raise bad("follow_up: there is no such answer of yours: take the question_id that POST /query gave")
        return record.question.text


def _is_seen(text: str) -> bool:
    """Whether there is anything to read: `strip` leaves what takes no room, such as U+200B."""
    return any(unicodedata.category(sign) not in UNSEEN and sign not in BLANK for sign in text)
