"""The API's parts on one machine, with a model that counts its drafts and can be told to misbehave."""

import os
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from bot.app import App
from bot.settings import Settings
from rag_core.answering import Answering
from rag_core.backends.embedded.index import EmbeddedIndex
from rag_core.backends.extractive import ExtractiveAnswerModel
from rag_core.backends.sqlite.claims import SqliteClaims
from rag_core.backends.sqlite.feedback import SqliteFeedbackLog
from rag_core.domain import NEVER, Audience, Deadline, Draft, Passage, PersonId, Question, QuestionId, Rating
from rag_core.errors import RejectedError, UnavailableError
from rag_core.grounding import Grounding
from rag_core.jobs import Job
from rag_core.ports import Cache, JobQueue, OnStatement, Records

DRAFTS, KILL, LATER = "drafts", "kill", "later"  # files in the home


class Model:
    """AnswerModel."""

    name = "counting"

    def __init__(self, home: Path) -> None:
        self._home, self._extractive = home, ExtractiveAnswerModel(None)

    def draft(
        self,
        question: Question,
        passages: Sequence[Passage],
        *,
        on_statement: OnStatement = lambda _: None,
        deadline: Deadline = NEVER,
    ) -> Draft:
        with (self._home / DRAFTS).open("a") as file:
            file.write(f"{question.id}\n")
        if "kill" in question.text and (self._home / KILL).exists():
            (self._home / KILL).unlink()
            os.kill(os.getpid(), signal.SIGKILL)
        if "crash" in question.text:
            raise RuntimeError(f"cannot draft {question.text!r}")
        if "down" in question.text:
            raise UnavailableError(f"the model choked on {question.text}", retry_after=7)
        if "reject" in question.text:
            raise RejectedError("the model takes no such question")
        if "tardy" in question.text:
            time.sleep(deadline.remaining)
            raise UnavailableError("the model did not answer in the time there was")
        if "stall" in question.text:
            time.sleep(30)
        return self._extractive.draft(question, passages, on_statement=on_statement, deadline=deadline)


@dataclass
class Kept:
    """JobQueue: what was sent."""

    jobs: list[Job] = field(default_factory=list)
    down: bool = False

    def send(self, job: Job, *, deadline: Deadline = NEVER) -> None:
        if self.down:
            raise UnavailableError("the queue is down", retry_after=3)
        self.jobs.append(job)


class Wired:
    """Parts."""

    def __init__(self, settings: Settings, queue: JobQueue | None = None) -> None:
        self.home, self._app, self._queue = settings.folder, App(settings), queue

    @property
    def queue(self) -> JobQueue | None:
        return self._queue

    @cached_property
    def index(self) -> EmbeddedIndex:
        return EmbeddedIndex(self.home)

    @cached_property
    def log(self) -> SqliteFeedbackLog:
        return SqliteFeedbackLog(self.home)

    @cached_property
    def claims(self) -> SqliteClaims:
        return SqliteClaims(self.home, clock=lambda: time.time() + 3600 * (self.home / LATER).exists())

    @property
    def records(self) -> Records:
        return self._app.records

    @property
    def cache(self) -> Cache:
        return self._app.cache

    @cached_property
    def answering(self) -> Answering:
        return Answering(self.index, None, Model(self.home), Grounding(), self.log)

    def question(self, text: str, *, audience: Audience, asked_by: PersonId, channel: str) -> Question:
        return self._app.question(text, audience=audience, asked_by=asked_by, channel=channel)

    def rate(
        self, question_id: QuestionId, person: PersonId, *, helpful: bool, reason: str = "", comment: str = ""
    ) -> Rating:
        return self._app.rate(question_id, person, helpful=helpful, reason=reason, comment=comment)

    @property
    def drafts(self) -> list[str]:
        path = self.home / DRAFTS
        return path.read_text().split() if path.exists() else []
