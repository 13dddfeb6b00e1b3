"""Fuse the two legs of hybrid retrieval.

Convex fusion rather than reciprocal rank, of scores divided by the best one: with 0 as the least score instead of the
least one found, it does not depend on how many candidates were asked for. See docs/quality.md#fusion.
Bruch, Gai, Ingber: An Analysis of Fusion Functions for Hybrid Retrieval, https://arxiv.org/abs/2210.11934
"""

from collections.abc import Mapping, Sequence

from rag_core.analyzing import terms
from rag_core.domain import Chunk, Passage

LEAST_DENSE, MOST_DENSE = 0.4, 0.9  # weight of the vectors
SUBJECT = 2  # terms of a question, below which a heading of the same terms proves little
ENOUGH_WORDS = 6  # of the question in one passage: from there on words are trusted as much as they ever are


def dense_weight(question: str, best_by_words: Chunk) -> float:
    """The fewer words of the question even the best passage by words holds, the less its words have found."""
    matched = len(set(terms(question)) & set(terms(best_by_words.contextual_text)))
    return LEAST_DENSE + (MOST_DENSE - LEAST_DENSE) * max(0, ENOUGH_WORDS - matched) / ENOUGH_WORDS


def fuse(lexical: Mapping[int, float], dense: Mapping[int, float], weight: float) -> dict[int, float]:
    """Scores of 0 to 1 by key, best first; `weight` is that of the dense leg; a leg that found nothing has no say."""
    if not lexical or not dense:
        return scaled(lexical or dense)
    words, meaning = scaled(lexical), scaled(dense)
    fused = {
        key: weight * meaning.get(key, 0.0) + (1 - weight) * words.get(key, 0.0)
        for key in words.keys() | meaning.keys()
    }
    return dict(sorted(fused.items(), key=lambda item: (-item[1], item[0])))


def scaled(scores: Mapping[int, float]) -> dict[int, float]:
    """The best becomes 1; 0 stays 0, and so does what is below it."""
    best = max(scores.values(), default=0.0)
    return {key: max(score, 0.0) / best if best > 0 else 0.0 for key, score in scores.items()}


def headed_first(question: str, passages: Sequence[Passage]) -> tuple[Passage, ...]:
    """Passages under a heading of the question's own words, no more and no less, before the others.

    An FAQ is asked in its own words, and nothing answers a question better than what was written as its answer.
    """
    asked = set(terms(question))
    if len(asked) < SUBJECT:
        return tuple(passages)
    return tuple(sorted(passages, key=lambda each: not _asks(each.chunk, asked)))


def _asks(chunk: Chunk, asked: set[str]) -> bool:
    return bool(chunk.headings) and set(terms(chunk.headings[-1].text)) == asked
