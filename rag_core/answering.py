"""Answer a question, or say honestly that the documents do not.

Retrieve, judge whether what was found suffices, draft from it, release only what has its source.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from rag_core.domain import Answer, Citation, Draft, Outcome, Passage, Question
from rag_core.errors import RejectedError
from rag_core.grounding import Grounding
from rag_core.ports import AnswerModel, Embedder, FeedbackLog, Retriever

SHOWN = 8  # passages a draft may stand on
SEARCHED = 20  # passages, by which the confidence is judged
NEAREST = 3  # pages offered when there is no answer

NO_EVIDENCE = "I don't know: I found nothing in the documents that has to do with this question."
UNSUPPORTED = "I don't know: the documents touch on this, but I found no passage that answers it."


OnStage = Callable[[str], None]  # is told "embed", "retrieve", "judge", "draft" as each begins


def _nobody(_stage: str) -> None:
    pass


class Answering:
    """The use case behind every channel. Without an embedder it answers lexically."""

    def __init__(
        self,
        retriever: Retriever,
        embedder: Embedder | None,
        model: AnswerModel,
        grounding: Grounding,
        log: FeedbackLog,
    ) -> None:
        self._retriever, self._embedder, self._model = retriever, embedder, model
        self._grounding, self._log = grounding, log

    def answer(self, question: Question, on_stage: OnStage = _nobody) -> Answer:
        """The answer, recorded. Raises RejectedError for an empty question; UnavailableError, MisconfiguredError."""
        answer = self.reply(question, on_stage=on_stage)
        self._log.record_answer(question, answer)
        return answer

    def reply(self, question: Question, limit: int = SEARCHED, on_stage: OnStage = _nobody) -> Answer:
        """The answer, not recorded, with at most `limit` passages; `limit` has no influence on its text."""
        if not question.text.strip():
            raise RejectedError("the question is empty")
        stages = _Stages(on_stage)
        with stages.timed("total"):
            answer = self._reply(question, limit, stages)
        return replace(answer, timings_ms=stages.timings_ms)

    def _reply(self, question: Question, limit: int, stages: "_Stages") -> Answer:
        text = question.retrieval_text
        with stages.timed("embed"):
            vector = self._embedder.embed_question(text) if self._embedder else None
        with stages.timed("retrieve"):
            passages = self._retriever.search(text, vector, audience=question.audience, limit=limit)
        with stages.timed("judge"):
            confidence = self._grounding.confidence(question, passages[:SEARCHED])
        if self._grounding.unrelated(confidence, passages):
            return _abstention(question, Outcome.NO_EVIDENCE, NO_EVIDENCE, passages, confidence)
        with stages.timed("draft"):
            enough = self._grounding.suffices(confidence, passages)
            draft = self._model.draft(question, passages[:SHOWN]) if enough else Draft()
        if not draft.statements:  # fluent text without a source is the failure people notice last
            return _abstention(question, Outcome.UNSUPPORTED, UNSUPPORTED, passages, confidence)
        return Answer(
            question.id, Outcome.ANSWERED, compose(draft), draft.citations, tuple(passages), round(confidence, 4)
        )


def compose(draft: Draft) -> str:
    """The draft as Markdown, the number of its source behind each statement; a run from one source has it once."""
    text = ""
    for place, statement in enumerate(draft.statements):
        following = draft.statements[place + 1 : place + 2]
        repeated = any(next_.citation == statement.citation for next_ in following)
        part = statement.text if repeated else _marked(statement.text, statement.citation + 1)
        before = draft.statements[place - 1].text if place else ""
        gap = "" if not text else "\n\n" if _is_block(part) or _is_block(before) else " "
        text += gap + part
    return text


def _is_block(text: str) -> bool:
    """A list, a table or code, with or without the line that leads to it."""
    return "\n" in text or text.startswith(("- ", "|", "```"))


def _marked(text: str, number: int) -> str:
    lead, _, rest = text.partition("\n\n")
    if _is_block(text):
        return f"{lead} [{number}]\n\n{rest}" if rest and not _is_block(lead) else f"{text}\n\n[{number}]"
    return f"{text} [{number}]"


def _abstention(
    question: Question, outcome: Outcome, text: str, passages: Sequence[Passage], confidence: float
) -> Answer:
    return Answer(question.id, outcome, text, nearest(passages), tuple(passages), round(confidence, 4))


def nearest(passages: Sequence[Passage]) -> tuple[Citation, ...]:
    """The first pages of a ranking, each once."""
    pages = {
        p.chunk.document.id: Citation(p.chunk.document.title, p.chunk.document.url, p.chunk.document.id)
        for p in reversed(passages)
    }
    return tuple(reversed(pages.values()))[:NEAREST]


class _Stages:
    """Times the stages of one answer and says which one has begun."""

    def __init__(self, on_stage: OnStage) -> None:
        self.timings_ms: dict[str, float] = {}
        self._on_stage = on_stage

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        self._on_stage(stage)
        started = time.perf_counter()
        try:
            yield
        finally:
            self.timings_ms[stage] = round((time.perf_counter() - started) * 1000, 2)
