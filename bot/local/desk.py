"""The App as the page uses it: many readers at once, one conversation each.

The App makes its parts when they are first asked for, which is not safe between threads: here one thread does it.
"""

import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from bot.app import App
from bot.local.asking import READERS, Asked
from bot.local.conversing import WRITTEN, Turn
from bot.local.remembering import Memory
from bot.local.streaming import Emit
from bot.local.templating import fill
from rag_core.answering import LONGEST, Answering
from rag_core.domain import Audience, Chunk, Citation, DocumentId, PersonId, Question, QuestionId, SourceName
from rag_core.errors import MisconfiguredError, RejectedError, SupportBotError
from rag_core.ports import FeedbackLog
from rag_core.reporting import Report

CHANNEL = "playground"
FORM = {"readers": READERS, "longest": LONGEST}  # what the template of a question's form needs


class UnknownError(RejectedError):
    """There is no such answer or document, or this reader may not see it."""


@dataclass
class Desk:
    """Answers readers; `examples` are offered to those who do not know what to ask."""

    app: App
    examples: Sequence[str] = ()
    memory: Memory = field(default_factory=Memory)
    _making: threading.Lock = field(default_factory=threading.Lock)

    def documents(self) -> int:
        """How many are ingested; none where there is no index yet."""
        try:
            with self._making:
                index = self.app.index
        except MisconfiguredError:
            return 0
        return sum(index.sources().values())

    def ask(self, asked: Asked, reader: PersonId) -> QuestionId:
        question = self._question(asked, reader)
        self.memory.keep(self._answering().answer(question), asked.follow_up)
        return question.id

    def tell(self, asked: Asked, reader: PersonId, emit: Emit) -> None:
        """Answer, and say how it goes: open, stage ..., block ..., rest."""
        question = self._question(asked, reader)
        answering = self._answering()
        emit("open", {"html": fill("turn_open.html", question=question)})

        def on_stage(stage: str) -> None:
            if stage in WRITTEN:
                emit("stage", {"text": WRITTEN[stage]})

        answer = answering.answer(question, on_stage=on_stage)
        self.memory.keep(answer, asked.follow_up)
        turn = self.turn(question.id, reader)
        for block in turn.blocks:
            emit("block", {"html": block})
        rest = fill("turn_rest.html", turn=turn, last=True, asked=follow_up(turn), problem="", **FORM)
        emit("rest", {"html": rest, "url": turn.url, "title": f"{turn.record.question.text[:60]} · supportbot"})

    def conversation(self, question_id: QuestionId, reader: PersonId | None) -> list[Turn]:
        """The answer, below those that it follows up on and that its readers may see."""
        last = self.turn(question_id, reader)
        seen = last.record.question.audience.may_read
        above = [self.turn(each, reader) for each in self.memory.above(question_id)]
        return [*(turn for turn in above if turn.record.question.audience in seen), last]

    def turn(self, question_id: QuestionId, reader: PersonId | None = None) -> Turn:
        try:
            record = self._log().answer(question_id)
        except RejectedError as error:
            raise UnknownError("There is no such answer here: it may belong to another home") from error
        return Turn(record, self.memory.answer(question_id), reader)

    def rate(self, question_id: QuestionId, reader: PersonId, *, helpful: bool, reason: str, comment: str) -> None:
        self.turn(question_id)
        said = {} if helpful else {"reason": reason, "comment": comment}
        self.app.rate(question_id, reader, helpful=helpful, **said)

    def document(self, source: SourceName, document_id: DocumentId, audience: Audience) -> list[Chunk]:
        """Where no source is named, that of the first one that has a document of this id."""
        sources = ([source] if source else list(self.app.index.sources())) if self.documents() else []
        found = (self.app.passages_of(each, document_id, audience) for each in sources)
        chunks = next(filter(None, found), [])
        if not chunks:
            raise UnknownError("There is no such document, or these readers may not see it")
        return chunks

    def citation(self, question_id: str, number: int) -> Citation | None:
        """The numbered source of an answer, while the log has it."""
        try:
            cited = self.turn(QuestionId(question_id)).record.citations
        except UnknownError:
            return None
        return cited[number - 1] if 1 <= number <= len(cited) else None

    def report(self) -> Report:
        with suppress(SupportBotError):  # a report is about feedback: it needs no index
            self._answering()  # makes the model that gaps are grouped with
        self._log()
        return self.app.report()

    def _question(self, asked: Asked, reader: PersonId) -> Question:
        asked.check()
        if asked.follow_up:
            self.turn(asked.follow_up)
        return self.app.question(
            asked.text, audience=asked.audience, asked_by=reader, channel=CHANNEL, follow_up=asked.follow_up
        )

    def _answering(self) -> Answering:
        with self._making:
            return self.app.answering

    def _log(self) -> FeedbackLog:
        with self._making:
            return self.app.log


def follow_up(turn: Turn) -> Asked:
    """The empty form below an answer: it keeps the reader's audience."""
    return Asked(audience=turn.record.question.audience, follow_up=turn.id)
