"""Which of several questions a draft leaves open, for a model that cannot tell it itself.

Each is judged alone: by its own words in what the draft stands on, and by where its own search leads. One of few words
leans on the others, and counts as answered with them: to be named wrongly is worse than not at all.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import replace

from rag_core.analyzing import terms
from rag_core.domain import NEVER, Deadline, Document, Draft, Passage, Question
from rag_core.errors import SupportBotError
from rag_core.grounding import Grounding
from rag_core.ports import AnswerModel, Embedder, OnStatement, Retriever

MOST = 4  # questions that are looked at
FEWEST = 3  # terms of a question that stands for itself
LONGEST = 300  # characters
HELD = 0.5  # share of a question's terms in what the draft stands on, from which it is answered there
SEARCHED = 20
SENTENCE = re.compile(r"(?<=[.!?؟])\s+|(?<=[。！？])|\n+")
ASKS = ("?", "？", "؟")
CLOSING = "\"')”’»」"


def questions(text: str) -> list[str]:
    """The sentences that ask something of their own, in order."""
    sentences = (" ".join(each.split()) for each in SENTENCE.split(text))
    asking = [each for each in sentences if each.rstrip(CLOSING).endswith(ASKS) and len(each) <= LONGEST]
    return list(dict.fromkeys(each for each in asking if len(set(terms(each))) >= FEWEST))


class Reach:
    """What the documents would be enough to answer; nothing is drafted."""

    def __init__(self, retriever: Retriever, embedder: Embedder | None) -> None:
        self._retriever, self._embedder, self._grounding = retriever, embedder, Grounding()

    def found(self, question: Question, deadline: Deadline = NEVER) -> tuple[Passage, ...]:
        """The best passages first; none that has nothing to do with the question."""
        text = question.retrieval_text
        vector = self._embedder.embed_question(text, deadline=deadline) if self._embedder else None
        found = self._retriever.search(
            text, vector, audience=question.audience, limit=SEARCHED, sources=question.sources, deadline=deadline
        ).passages
        return () if self._grounding.unrelated(self._grounding.confidence(question, found), found) else found

    def suffices(self, question: Question) -> bool:
        found = self.found(question)
        return bool(found) and self._grounding.suffices(self._grounding.confidence(question, found), found)


class CoveringModel:
    """AnswerModel: another's drafts, which name in `not_covered` the questions that they leave open."""

    def __init__(self, model: AnswerModel, retriever: Retriever, embedder: Embedder | None) -> None:
        self._model, self._reach = model, Reach(retriever, embedder)

    @property
    def name(self) -> str:
        return f"{self._model.name}, covering"

    def draft(
        self,
        question: Question,
        passages: Sequence[Passage],
        *,
        on_statement: OnStatement = lambda _: None,
        deadline: Deadline = NEVER,
    ) -> Draft:
        draft = self._model.draft(question, passages, on_statement=on_statement, deadline=deadline)
        asked = questions(question.text)[:MOST]
        if draft.not_covered or not draft.statements or len(asked) < 2:
            return draft
        cited = {support.passage for statement in draft.statements for support in statement.supports}
        try:
            open_ones = self._left_open(question, asked, [passages[number] for number in sorted(cited)], deadline)
        except SupportBotError:  # the draft stands all the same
            return draft
        return replace(draft, not_covered=" ".join(f"“{each}”" for each in open_ones))

    def _left_open(
        self, question: Question, asked: Sequence[str], cited: Sequence[Passage], deadline: Deadline
    ) -> list[str]:
        held = {term for passage in cited for term in terms(passage.chunk.contextual_text)}
        pages = [passage.chunk.document for passage in cited]
        doubtful = [each for each in asked if _share(each, held) < HELD]
        return [each for each in doubtful if not self._leads_to(pages, question, each, deadline)]

    def _leads_to(self, pages: Collection[Document], question: Question, asked: str, deadline: Deadline) -> bool:
        """Whether the first that a search for this question alone finds is one of the pages."""
        found = self._reach.found(replace(question, text=asked, previous=None, standalone=None), deadline)
        first = [(each.chunk.document.source, each.chunk.document.id) for each in found[:1]]
        return any((page.source, page.id) in first for page in pages)


def _share(asked: str, held: Collection[str]) -> float:
    wanted = set(terms(asked))
    return len(wanted & set(held)) / len(wanted)
