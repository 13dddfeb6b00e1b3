"""Group questions that ask the same thing.

Leader clustering: a question joins the first group whose first question it resembles, so groups never drift.
"""

from collections.abc import Sequence

from rag_core.analyzing import terms
from rag_core.domain import Vector

SAME_MEANING = 0.72  # cosine
SAME_WORDS = 0.5  # Jaccard similarity of the terms


def group(texts: Sequence[str], vectors: Sequence[Vector] | None = None) -> list[list[int]]:
    """Places of the texts by group, largest group first; by meaning where there are vectors, else by words."""
    words = [frozenset(terms(text)) for text in texts]
    groups: list[list[int]] = []
    for place in range(len(texts)):
        for members in groups:
            if _alike(members[0], place, words, vectors):
                members.append(place)
                break
        else:
            groups.append([place])
    return sorted(groups, key=len, reverse=True)


def _alike(one: int, other: int, words: Sequence[frozenset[str]], vectors: Sequence[Vector] | None) -> bool:
    if vectors is not None:
        return sum(a * b for a, b in zip(vectors[one], vectors[other], strict=True)) >= SAME_MEANING
    together = words[one] | words[other]
    return words[one] == words[other] or (
        bool(together) and len(words[one] & words[other]) / len(together) >= SAME_WORDS
    )
