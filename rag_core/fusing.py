"""Fuse the two legs of hybrid retrieval.

Convex fusion rather than reciprocal rank, of scores divided by the best one: with 0 as the least score instead of the
least one found, it does not depend on how many candidates were asked for. See docs/quality.md#fusion.
Bruch, Gai, Ingber: An Analysis of Fusion Functions for Hybrid Retrieval, https://arxiv.org/abs/2210.11934
"""

from collections.abc import Mapping

DENSE_WEIGHT = 0.4


def fuse(
    lexical: Mapping[int, float], dense: Mapping[int, float], dense_weight: float = DENSE_WEIGHT
) -> dict[int, float]:
    """Scores of 0 to 1 by key, best first; a leg that found nothing has no say."""
    if not lexical or not dense:
        return scaled(lexical or dense)
    words, meaning = scaled(lexical), scaled(dense)
    fused = {
        key: dense_weight * meaning.get(key, 0.0) + (1 - dense_weight) * words.get(key, 0.0)
        for key in words.keys() | meaning.keys()
    }
    return dict(sorted(fused.items(), key=lambda item: (-item[1], item[0])))


def scaled(scores: Mapping[int, float]) -> dict[int, float]:
    """The best becomes 1; 0 stays 0, and so does what is below it."""
    best = max(scores.values(), default=0.0)
    return {key: max(score, 0.0) / best if best > 0 else 0.0 for key, score in scores.items()}
