"""Judge whether passages answer a question. PLACEHOLDER until measured."""

from collections.abc import Sequence

from rag_core.analyzing import terms
from rag_core.domain import Passage, Question


class Grounding:
    def confidence(self, question: Question, passages: Sequence[Passage]) -> float:
        wanted = set(terms(question.retrieval_text))
        if not passages or not wanted:
            return 0.0
        found = max(len(wanted & set(terms(p.chunk.contextual_text))) / len(wanted) for p in passages[:5])
        cosines = [p.cosine for p in passages if p.cosine is not None]
        return (found + max(cosines)) / 2 if cosines else found

    def suffices(self, confidence: float, passages: Sequence[Passage]) -> bool:
        return confidence >= 0.4

    def unrelated(self, confidence: float, passages: Sequence[Passage]) -> bool:
        return confidence < 0.25
