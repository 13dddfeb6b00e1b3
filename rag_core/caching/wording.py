"""Tell questions apart that a vector takes for the same.

An embedding hardly sees a negation, a number, an error code or one product's name in place of another's. So two texts
mean the same only if they agree in all that decides, no word stands for another, and what one of them says beyond the
other says nothing to the documents: see docs/quality.md#answers-by-meaning.
"""

import re
import unicodedata
import zlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from itertools import pairwise

from rag_core.analyzing import terms
from rag_core.domain import Passage

TOKEN = re.compile(r"\w+(?:[./@:\-'’]+\w+)*[+#]*|[%$€£¥<>=]")
IDENTIFIER = re.compile(r".*(?:\d|[_/@.:+#%$€£¥<>=]|[^\W\d_A-Z][A-Z])")
NEGATIONS = frozenset(
    """no not nor never none nothing nobody neither without cannot nicht kein keine keinen nie niemals ohne ne pas sans
    jamais aucun aucune sin nunca ningún ninguna non mai senza nessun niet geen nooit zonder não nunca sem""".split()  # noqa: SIM905 - a list of words reads best as words
)
DECISIVE = frozenset(
    """before after above below over under off out down only until against more most less least fewer than all both
    other except should must why when where who whose whom how""".split()  # noqa: SIM905
)
NUMBERS = {
    word: str(n)
    for n, word in enumerate("two three four five six seven eight nine ten eleven twelve".split(), 2)  # noqa: SIM905
}


@dataclass(frozen=True, slots=True)
class Wording:
    """What of a question's words has a say in its meaning, hashed."""

    decisive: str
    terms: frozenset[int]

    @classmethod
    def of(cls, text: str) -> "Wording":
        found = sorted(_decisive(text))
        return cls(blake2b("\n".join(found).encode(), digest_size=8).hexdigest(), hashed(terms(text)))


def apart(one: Collection[int], other: Collection[int], evidence: Iterable[Passage]) -> bool:
    """Whether terms that only one of two questions has may have decided its answer.

    They may where each has some that the other lacks, as min and max, and where they stand in the evidence.
    """
    more, less = set(one) - set(other), set(other) - set(one)
    if not more or not less:
        texts = dict.fromkeys(passage.chunk.contextual_text for passage in evidence) if more or less else ()
        return any(not (more or less).isdisjoint(hashed(terms(text))) for text in texts)
    return True


def hashed(found: Iterable[str]) -> frozenset[int]:
    return frozenset(zlib.crc32(term.encode()) for term in found)


def _decisive(text: str) -> Iterator[str]:
    """Numbers, identifiers, negations, directions, kinds of question; and which way, where it goes from one to one."""
    tokens = TOKEN.findall(unicodedata.normalize("NFKC", text))
    words = [token.casefold() for token in tokens]
    for token, word in zip(tokens, words, strict=True):
        if word in NEGATIONS or word.endswith(("n't", "n’t")):
            yield "not"
        elif word in DECISIVE or IDENTIFIER.match(token):
            yield word
        elif word in NUMBERS:
            yield NUMBERS[word]
    if {"from", "to"} <= set(words):
        yield from (f"{before} {word}" for before, word in pairwise(words) if before in ("from", "to"))
