"""What the API takes of the composition root: `App` is one, a test's own is another."""

from typing import Protocol

from rag_core.answering import Answering
from rag_core.domain import Audience, PersonId, Question, QuestionId, Rating
from rag_core.ports import Cache, Claims, FeedbackLog, JobQueue, Records, Retriever


class Parts(Protocol):
    """Made when they are first asked for; raises MisconfiguredError, UnavailableError."""

    @property
    def answering(self) -> Answering: ...

    @property
    def index(self) -> Retriever: ...

    @property
    def log(self) -> FeedbackLog: ...

    @property
    def cache(self) -> Cache: ...

    @property
    def claims(self) -> Claims: ...

    @property
    def records(self) -> Records: ...

    @property
    def queue(self) -> JobQueue | None:
        """None: questions are answered at once only."""

    def question(self, text: str, *, audience: Audience, asked_by: PersonId, channel: str) -> Question: ...

    def rate(
        self, question_id: QuestionId, person: PersonId, *, helpful: bool, reason: str = "", comment: str = ""
    ) -> Rating: ...
