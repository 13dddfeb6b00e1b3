"""Answer a question, or say honestly that the documents do not.

Retrieve, judge whether what was found suffices, draft from it, release only what has its source.
"""

import math
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from rag_core.abstaining import abstention
from rag_core.citing import Composer
from rag_core.domain import (
    NEVER,
    Answer,
    Citation,
    Deadline,
    Found,
    Outcome,
    Passage,
    Question,
    Statement,
    Vector,
)
from rag_core.errors import RejectedError, SupportBotError
from rag_core.fusing import headed_first
from rag_core.grounding import Grounding
from rag_core.guarding.checking import Guard
from rag_core.guarding.linking import Allowed
from rag_core.ports import AnswerModel, Embedder, FeedbackLog, Reranker, Retriever, Rewriter

if TYPE_CHECKING:  # one machine answers without a cache, and does not load one
    from rag_core.caching.answers import AnswerCache, ByMeaning, Make

SHOWN = 8  # passages a draft may stand on
SEARCHED = 20  # passages, by which the confidence is judged
LONGEST = 4_000  # characters of a question

OnStage = Callable[[str], None]  # is told "embed", "retrieve", "judge", "draft" as each begins
OnText = Callable[[str, tuple[Citation, ...]], None]  # the next part of the text, and every source named so far


def _no_stage(_stage: str) -> None:
    pass


def _no_text(_text: str, _citations: tuple[Citation, ...]) -> None:
    pass


def _unknown(_vector: Vector | None, _found: Found) -> None:
    """Nothing is looked up by meaning where answers are not cached."""


class Answering:
    """The use case behind every channel. Without an embedder it answers lexically."""

    def __init__(  # noqa: PLR0913 - the optional parts are keywords
        self,
        retriever: Retriever,
        embedder: Embedder | None,
        model: AnswerModel,
        grounding: Grounding,
        log: FeedbackLog,
        *,
        reranker: Reranker | None = None,
        rewriter: Rewriter | None = None,
        guard: Guard | None = None,
        cache: "AnswerCache | None" = None,
        patience: float = math.inf,
    ) -> None:
        """`patience`: seconds that an answer may take where no deadline is given."""
        self._retriever, self._embedder, self._model = retriever, embedder, model
        self._grounding, self._log = grounding, log
        self._reranker, self._rewriter, self._guard = reranker, rewriter, guard or Guard()
        self._cache, self._patience = cache, patience

    def answer(
        self,
        question: Question,
        *,
        on_stage: OnStage = _no_stage,
        on_text: OnText = _no_text,
        deadline: Deadline = NEVER,
    ) -> Answer:
        """The answer, recorded; its text was given to `on_text` part by part.

        One that was shown and cannot be recorded is still the answer, and says so in `degraded`: nobody who has read it
        is told that it failed. One that nobody has seen yet is an error then, so that it is asked for again.

        Raises RejectedError for an empty question or one that is too long; UnavailableError, MisconfiguredError.
        """
        if len(question.text) > LONGEST:
            raise RejectedError(f"a question has at most {LONGEST:,} characters, this one has {len(question.text):,}")

        showing = _Showing(on_text)
        if deadline is NEVER:
            deadline = Deadline.within(self._patience)

        def make(known: "ByMeaning" = _unknown) -> Answer:
            return self.reply(question, known=known, on_stage=on_stage, on_text=showing, deadline=deadline)

        answer = self._cached(self._cache, question, make, showing, deadline) if self._cache else make()
        answer = replace(answer, first_ms=showing.first_ms)
        try:
            self._log.record_answer(question, answer)
        except SupportBotError:
            if showing.first_ms is None:
                raise
            answer = replace(answer, degraded=(*answer.degraded, "log"))
        if showing.error:
            raise showing.error
        return answer

    def _cached(
        self, cache: "AnswerCache", question: Question, make: "Make", on_text: OnText, deadline: Deadline
    ) -> Answer:
        served = cache.answer(question, self._retriever.version, make, deadline=deadline)
        if served.how and served.answer.outcome is Outcome.ANSWERED:
            on_text(served.answer.text, served.answer.citations)
        return replace(served.answer, cached=served.how)

    def reply(
        self,
        question: Question,
        limit: int = SEARCHED,
        *,
        known: "ByMeaning" = _unknown,
        on_stage: OnStage = _no_stage,
        on_text: OnText = _no_text,
        deadline: Deadline = NEVER,
    ) -> Answer:
        """The answer, not recorded, with at most `limit` passages; `limit` has no influence on its text."""
        if not question.text.strip():
            raise RejectedError("the question is empty")
        stages = _Stages(on_stage)
        with stages.timed("total"):
            answer = self._reply(question, limit, known, stages, on_text, deadline)
        return replace(answer, timings_ms=stages.timings_ms, degraded=tuple(stages.without))

    def _reply(
        self, question: Question, limit: int, known: "ByMeaning", stages: "_Stages", on_text: OnText, deadline: Deadline
    ) -> Answer:
        if question.previous and self._rewriter:
            question = self._rewritten(question, self._rewriter, stages, deadline)
        vector, found = self._retrieve(question, limit, stages, deadline)
        if answer := known(vector, found):
            return answer
        passages = found.passages
        with stages.timed("judge"):
            confidence = self._grounding.confidence(question, passages[:SEARCHED])
        if self._grounding.unrelated(confidence, passages):
            return abstention(question, Outcome.NO_EVIDENCE, found, confidence)
        if not self._grounding.suffices(confidence, passages):
            return abstention(question, Outcome.UNSUPPORTED, found, confidence)
        read = self._best(question, passages[:SEARCHED], stages, deadline)[:SHOWN]
        release = _Release(read, self._guard, on_text)
        with stages.timed("draft"):
            draft = self._model.draft(question, read, on_statement=release, deadline=deadline)
        if draft.unheeded:
            stages.without.append("instruction")
        if not release.text:  # fluent text without a source is the failure people notice last
            return abstention(question, Outcome.UNSUPPORTED, found, confidence, draft)
        return Answer(
            question.id,
            Outcome.ANSWERED,
            release.text,
            release.citations,
            passages,
            round(confidence, 4),
            index_version=found.version,
            usage=draft.usage,
            complete=draft.complete and not release.full,
            not_covered=self._guard.check(draft.not_covered).text.strip() if draft.complete else "",
            guarded=dict(release.findings),
        )

    def _rewritten(self, question: Question, rewriter: Rewriter, stages: "_Stages", deadline: Deadline) -> Question:
        try:
            with stages.timed("rewrite"):
                return replace(question, standalone=rewriter.rewrite(question, deadline=deadline))
        except SupportBotError:  # there is a rule that needs no model; `doctor` tells the operator
            stages.without.append("rewrite")
            return question

    def _best(
        self, question: Question, passages: Sequence[Passage], stages: "_Stages", deadline: Deadline
    ) -> Sequence[Passage]:
        if not self._reranker:
            return passages
        try:
            with stages.timed("rerank"):
                ranked = self._reranker.rank(question.retrieval_text, passages, deadline=deadline)
        except SupportBotError:
            stages.without.append("rerank")
            return passages
        return [passages[index] for index in ranked]

    def _retrieve(
        self, question: Question, limit: int, stages: "_Stages", deadline: Deadline
    ) -> tuple[Vector | None, Found]:
        text = question.retrieval_text
        with stages.timed("embed"):
            vector = self._embedder.embed_question(text, deadline=deadline) if self._embedder else None
        with stages.timed("retrieve"):
            found = self._retriever.search(
                text, vector, audience=question.audience, limit=limit, sources=question.sources, deadline=deadline
            )
        return vector, replace(found, passages=headed_first(text, found.passages))


class _Showing:
    """A reader who may go away: the draft goes on for the log and for others, and the error comes at the end."""

    def __init__(self, on_text: OnText) -> None:
        self._on_text, self._nobody, self._began = on_text, on_text is _no_text, time.perf_counter()
        self.first_ms: float | None = None  # until something was shown
        self.error: Exception | None = None

    def __call__(self, text: str, citations: tuple[Citation, ...]) -> None:
        if self.error is None:
            try:
                self._on_text(text, citations)
                if self.first_ms is None and not self._nobody:
                    self.first_ms = round((time.perf_counter() - self._began) * 1000, 2)
            except Exception as error:  # noqa: BLE001 - whatever a channel raises; it is raised again
                self.error = error


class _Release:
    """Takes statements as the model makes them, and shows what the guard lets them add to the text.

    Each is guarded for itself: it is whole, so nothing of it has to wait for what follows; but a private key may go
    on in the next.
    """

    def __init__(self, passages: Sequence[Passage], guard: Guard, on_text: OnText) -> None:
        self._passages, self._guard, self._on_text = passages, guard, on_text
        self._composer = Composer(passages)
        self.text, self.full, self._in_key = "", False, False
        self.findings = Counter[str]()

    @property
    def citations(self) -> tuple[Citation, ...]:
        return self._composer.citations

    def __call__(self, statement: Statement) -> None:
        self.full = self.full or len(self.text) + len(statement.text) > self._guard.longest
        if self.full:  # what was shown stays; the rest would be cut anyway
            return
        cited = [self._passages[support.passage].chunk for support in statement.supports]
        allowed = Allowed(frozenset(chunk.url for chunk in cited), tuple(chunk.text for chunk in cited))
        guarded = self._guard.check(statement.text, allowed, in_key=self._in_key)
        self._in_key = guarded.in_key
        self.findings.update(guarded.findings)
        if guarded.text.strip():
            part = self._composer.add(replace(statement, text=guarded.text))
            self.text += part
            self._on_text(part, self.citations)


class _Stages:
    """Times the stages of one answer and says which one has begun."""

    def __init__(self, on_stage: OnStage) -> None:
        self.timings_ms: dict[str, float] = {}
        self.without: list[str] = []
        self._on_stage = on_stage

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        self._on_stage(stage)
        started = time.perf_counter()
        try:
            yield
        finally:
            self.timings_ms[stage] = round((time.perf_counter() - started) * 1000, 2)
