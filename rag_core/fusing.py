"""Fuse the two legs of hybrid retrieval.

Convex fusion rather than reciprocal rank, of scores divided by the best one: with 0 as the least score instead of the
least one found, it does not depend on how many candidates were asked for. See docs/quality.md#fusion.
Bruch, Gai, Ingber: An Analysis of Fusion Functions for Hybrid Retrieval, https://arxiv.org/abs/2210.11934
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from rag_core.analyzing import terms
from rag_core.domain import Chunk, Passage

LEAST_DENSE, MOST_DENSE = 0.4, 0.9  # weight of the vectors
BEHIND = 0.5  # of their score is left to the others where one passage was written as the answer
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
    first = [each for each in passages if written_for(question, each.chunk)]
    if not first:
        return tuple(passages)
    others = [replace(each, score=each.score * BEHIND) for each in passages if each not in first]
    return (*(replace(each, score=1.0) for each in first), *others)


def written_for(question: str, chunk: Chunk) -> bool:
    """Whether the chunk stands under the question itself, as in an FAQ."""
    asked = set(terms(question))
    return len(asked) >= SUBJECT and bool(chunk.headings) and set(terms(chunk.headings[-1].text)) == asked
