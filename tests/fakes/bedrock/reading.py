"""What the fake makes of texts: tokens, terms, the sentence that answers, a vector.

Deterministic, and cheap enough that a benchmark measures the client.
"""

import re
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache

_WORD = re.compile(r"\w+")
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_COMMON = """
a an and are as at be by can do does for from had has have how i if in into is it its may me my no not of on or our so
than that the their them then there these they this to was we were what when where which who why will with you your
"""
_SKIPPED = frozenset(_COMMON.split())


def tokens(text: str) -> int:
    """About what a tokenizer would count: four characters each."""
    return (len(text) + 3) // 4


@lru_cache(maxsize=16384)
def terms(text: str) -> tuple[str, ...]:
    """The words that matter, cut to six letters: a stemmer that is good enough for a fake."""
    return tuple(word[:6] for word in _WORD.findall(text.lower()) if word not in _SKIPPED)


@lru_cache(maxsize=16384)
def _bag(text: str) -> frozenset[str]:
    return frozenset(terms(text))


@lru_cache(maxsize=4096)
def sentences(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in _SENTENCE.split(text) if part.strip())


def best(question: str, texts: Sequence[str]) -> list[tuple[int, float]]:
    """Positions of the texts that share terms with the question, best first; rare terms weigh more."""
    bags = [_bag(text) for text in texts]
    frequency = Counter(term for bag in bags for term in bag)
    wanted = set(terms(question))
    scores = [(n, sum(1 / frequency[term] for term in wanted & bag)) for n, bag in enumerate(bags)]
    return sorted((pair for pair in scores if pair[1] > 0), key=lambda pair: -pair[1])


@lru_cache(maxsize=4096)
def _slots(text: str, dimensions: int) -> tuple[tuple[int, float], ...]:
    values: Counter[int] = Counter()
    for term in terms(text) or (text.strip().lower(),):
        digest = zlib.crc32(term.encode())
        values[digest % dimensions] += 1 if digest & 1 << 31 else -1  # signed: collisions cancel on average
    length = sum(value * value for value in values.values()) ** 0.5 or 1.0
    return tuple((slot, round(value / length, 7)) for slot, value in values.items())


def vector(text: str, dimensions: int) -> dict[int, float]:
    """A hashed bag of terms of unit length: the slots that are not zero. Texts with the same words are near."""
    return dict(_slots(text, dimensions))


def likeness(one: str, other: str, dimensions: int = 1024) -> float:
    """Cosine of two texts, from -1 to 1."""
    left, right = vector(one, dimensions), vector(other, dimensions)
    return sum(value * right.get(slot, 0.0) for slot, value in left.items())


def pieces(text: str, words: int) -> Iterable[str]:
    """The text as a stream brings it, some words at a time; joined they are the text."""
    return re.findall(rf"(?:\s*\S+){{1,{words}}}\s*?|\s+$", text)
