"""Answer the questions of the queue, each once, and send the answers back.

A claim keeps two deliveries of one question apart, and ends soon after the function could have: a worker that was
killed must not block the delivery that comes after it. That an answer is there says the log, looked at under the claim.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from secrets import token_hex

import msgspec

from bot.api import replies
from bot.api.answers import CHANNEL
from bot.api.callbacks import Callbacks
from bot.api.callers import Callers
from bot.api.errors import OverdueError
from bot.api.limiting import within
from bot.api.parts import Parts
from bot.observability import Telemetry
from rag_core.domain import Answer, AnswerRecord, Deadline, Outcome, Question, QuestionId
from rag_core.errors import RejectedError, SupportBotError, UnavailableError
from rag_core.jobs import Job

LEAST = 2.0  # seconds without which an answer is not begun
AFTER = 5.0  # seconds by which a claim outlives the time its holder had
EARLIER = 2.0  # seconds by which that on a callback ends before that on its question: who holds this may judge that one
SENT = timedelta(days=15)  # longer than SQS keeps a message

OnAnswer = Callable[[Answer], None]


def work(
    parts: Parts, callers: Callers, telemetry: Telemetry, callbacks: Callbacks | None = None
) -> Callable[[Job, Deadline, bool], None]:
    """As the queue's worker calls it: nobody is told of a last delivery, who asked looks for the answer."""
    worker = Worker(
        parts, callers, callbacks or Callbacks(), lambda answer: telemetry.answered(answer, channel=CHANNEL)
    )
    return lambda job, deadline, _last: worker.work(job, deadline)


class Worker:
    """Does the jobs this API has sent; raises UnavailableError for one that is to be delivered again."""

    def __init__(
        self, parts: Parts, callers: Callers, callbacks: Callbacks, on_answer: OnAnswer = lambda _: None
    ) -> None:
        self._parts, self._callers, self._callbacks, self._on_answer = parts, callers, callbacks, on_answer

    def work(self, job: Job, deadline: Deadline) -> None:
        """Raises RejectedError for a job that is none of ours: it fails each time, until it is put aside."""
        if job.question is None or job.question.channel != CHANNEL:
            raise RejectedError(f"a job of the kind {job.kind} is not for this worker")
        if deadline.remaining < LEAST:
            raise UnavailableError("no time is left for another question")
        with self._held(f"answer:{job.id}", deadline):
            self._call_back(self._answered(job.question, deadline), deadline)

    @contextmanager
    def _held(self, key: str, deadline: Deadline) -> Iterator[None]:
        """Given back at the end; but what ran out of time may still go on, so then the claim ends by itself."""
        owner = token_hex(8)
        if not self._parts.claims.claim(key, ttl=timedelta(seconds=deadline.remaining + AFTER), owner=owner):
            raise UnavailableError("another worker is at this question")
        try:
            yield
        except OverdueError:
            raise
        except Exception:
            self._release(key, owner)
            raise
        self._release(key, owner)

    def _answered(self, question: Question, deadline: Deadline) -> AnswerRecord:
        if (record := self._recorded(question.id)) is not None:
            return record
        try:
            answer = within(deadline, lambda: self._parts.answering.answer(question, deadline=deadline))
        except RejectedError as error:
            answer = self._refused(question, error)
        self._on_answer(answer)
        return AnswerRecord(
            question,
            answer.outcome,
            answer.text,
            answer.citations,
            answer.confidence,
            complete=answer.complete,
            not_covered=answer.not_covered,
        )

    def _refused(self, question: Question, error: RejectedError) -> Answer:
        """Recorded, so that who asked hears of it: it would be refused each time."""
        answer = Answer(question.id, Outcome.UNSUPPORTED, f"This question cannot be answered: {error}.", (), (), 0.0)
        self._parts.log.record_answer(question, answer)
        return answer

    def _recorded(self, question_id: QuestionId) -> AnswerRecord | None:
        try:
            return self._parts.log.answer(question_id)
        except RejectedError:
            return None

    def _call_back(self, record: AnswerRecord, deadline: Deadline) -> None:
        """Once, as far as anybody can know; to where the caller's configuration says now, whatever the message says."""
        caller = self._callers.named(record.question.asked_by)
        if caller is None or caller.callback is None:
            return
        key, owner = f"callback:{record.question.id}", token_hex(8)
        brief = timedelta(seconds=deadline.remaining + AFTER - EARLIER)
        if not self._parts.claims.claim(key, ttl=brief, owner=owner):
            return
        try:
            self._callbacks.send(caller.callback, msgspec.json.encode(replies.kept(record)), deadline)
        except Exception:
            self._release(key, owner)
            raise
        self._parts.claims.claim(key, ttl=SENT, owner=owner)

    def _release(self, key: str, owner: str) -> None:
        with suppress(SupportBotError):  # it ends by itself; what failed before is what is to be told
            self._parts.claims.release(key, owner=owner)
