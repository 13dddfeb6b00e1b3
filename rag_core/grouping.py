"""Group questions that ask the same thing.

Leader clustering: a question joins the first group whose first question it resembles, so groups never drift.
"""

from collections.abc import Callable, Sequence
from operator import mul

from rag_core.analyzing import terms
from rag_core.domain import Vector
from rag_core.ports import Embedder

SAME_MEANING = 0.72  # cosine
SAME_WORDS = 0.5  # Jaccard similarity of the terms
EMBEDDED = 150  # questions at most: a model on this machine takes 3 ms for one, and a reader waits

Alike = Callable[[int, int], bool]


def group(texts: Sequence[str], embedder: Embedder | None = None) -> list[list[int]]:
    """Places of the texts by group, largest group first; by meaning where there is an embedder, else by words.

    Texts of the same terms are one question. Beyond the `EMBEDDED` most frequent, of equals the first, words decide.
    """
    same: dict[frozenset[str], list[int]] = {}
    for place, text in enumerate(texts):
        same.setdefault(frozenset(terms(text)), []).append(place)
    questions = sorted(same.items(), key=lambda each: len(each[1]), reverse=True)
    alike = _in_words([words for words, _ in questions])
    if embedder:
        leading = [texts[places[0]] for _, places in questions[:EMBEDDED]]
        alike = _in_meaning(embedder.embed_passages(leading), alike)
    groups = [sorted(p for each in members for p in questions[each][1]) for members in _led(len(questions), alike)]
    return sorted(groups, key=lambda places: (-len(places), places))


def _led(count: int, alike: Alike) -> list[list[int]]:
    groups: list[list[int]] = []
    for place in range(count):
        for members in groups:
            if alike(members[0], place):
                members.append(place)
                break
        else:
            groups.append([place])
    return groups


def _in_words(words: Sequence[frozenset[str]]) -> Alike:
    return lambda one, other: len(words[one] & words[other]) >= SAME_WORDS * len(words[one] | words[other])


def _in_meaning(vectors: Sequence[Vector], otherwise: Alike) -> Alike:
    def alike(one: int, other: int) -> bool:
        if max(one, other) >= len(vectors):
            return otherwise(one, other)
        cosine: float = sum(map(mul, vectors[one], vectors[other]))
        return cosine >= SAME_MEANING

    return alike
