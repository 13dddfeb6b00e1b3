"""Fuse the two legs of hybrid retrieval.

Min-max convex fusion rather than reciprocal rank: see docs/quality.md#fusion.
Bruch, Gai, Ingber: An Analysis of Fusion Functions for Hybrid Retrieval, https://arxiv.org/abs/2210.11934
"""

from collections.abc import Mapping

DENSE_WEIGHT = 0.65


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
    """Min-max: the best becomes 1, the worst 0; equal scores all become 1."""
    if not scores:
        return {}
    low, high = min(scores.values()), max(scores.values())
    return {key: (score - low) / (high - low) if high > low else 1.0 for key, score in scores.items()}
