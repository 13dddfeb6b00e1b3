"""Judge whether the passages found answer the question: a confidence of 0 to 1, and where it is cut.

Nothing is answered because something was found: documents about the subject always give twenty near passages. One that
answers is near the question, shares words with it, and stands out from the others. See docs/quality.md#confidence.
"""

import math
from collections.abc import Callable, Collection, Sequence
from itertools import pairwise
from typing import NamedTuple

from rag_core.analyzing import terms
from rag_core.domain import Passage, Question

READ = 20  # passages; where fewer are found, the missing ones share nothing with the question
UPPER = 5  # of them are looked at for words that stand together
NEAR = 0.5  # cosine; how much nearer a passage is tells nothing about an answer
SHARE = 0.5  # of words beside cosine, and of BM25 beside words, in what a passage stands out by
SEVERAL = 2  # terms of a follow-up that its predecessor did not have
SUBJECT = 3  # terms that make a first line the question's subject rather than a greeting


class Grounding:
    """Needs no model and no statistics of the index: it compares what one search found."""

    def confidence(self, question: Question, passages: Sequence[Passage]) -> float:
        """How likely the passages answer the question; 0 where there are none."""
        if not passages:
            return 0.0
        evidence, scale = Evidence(question, passages[:READ]), _scale(passages)
        logit = scale.constant + sum(weight * measure(evidence) for measure, weight in scale.weights)
        confidence = _logistic(logit) * scale.support(evidence)
        # a follow-up is near whatever its predecessor was near: what is new in it must stand somewhere too
        return min(confidence, scale.related) if evidence.leaves_out_what_is_new() else confidence

    def suffices(self, confidence: float, passages: Sequence[Passage]) -> bool:
        """Whether to answer; the passages tell which kind of search the confidence is of."""
        return confidence >= _scale(passages).sufficient

    def unrelated(self, confidence: float, passages: Sequence[Passage]) -> bool:
        """Whether what was found has nothing to do with the question."""
        return confidence < _scale(passages).related


class Evidence:
    """What a question and the passages found for it have in common."""

    def __init__(self, question: Question, passages: Sequence[Passage]) -> None:
        self._passages, self._asked = passages, terms(question.retrieval_text)
        self._new = set(terms(question.text)) - set(terms(question.previous)) if question.previous else set()
        self._held = [terms(passage.chunk.contextual_text) for passage in passages]
        sets = [set(held) for held in self._held]
        self._rarity = {t: math.log(1 + READ / (0.5 + sum(t in held for held in sets))) for t in self._asked}
        first = set(terms(question.text.strip().split("\n")[0]))
        subject = first if len(first) >= SUBJECT else set(self._asked)
        self._covered = [(self._share(self._asked, held) + self._share(subject, held)) / 2 for held in sets]
        # a passage that only its words brought in has no cosine: it is at most as near as the others
        least = min((p.cosine for p in passages if p.cosine is not None), default=0.0)
        self._cosines = [least if p.cosine is None else p.cosine for p in passages]

    def leaves_out_what_is_new(self) -> bool:
        """Whether a follow-up of several words of its own has none of them in a passage."""
        return len(self._new) >= SEVERAL and not any(self._new & set(held) for held in self._held[:UPPER])

    def near(self) -> float:
        return min(max(self._cosines), NEAR)

    def standing_out(self) -> float:
        return _lead([cosine + SHARE * share for cosine, share in zip(self._cosines, self._covered, strict=True)])

    def standing_out_by_words(self) -> float:
        bm25 = [p.bm25 or 0.0 for p in self._passages]
        best = max(bm25) or 1.0
        return _lead([SHARE * own / best + share for own, share in zip(bm25, self._covered, strict=True)])

    def matched(self, most: int) -> float:
        """How many terms of the question stand in one passage; a single one may be chance."""
        return min(max(len(self._rarity.keys() & set(held)) for held in self._held[:UPPER]), most)

    def paired(self) -> float:
        """Whether two terms of the question stand side by side in a passage too."""
        asked = set(pairwise(self._asked))
        return float(any(asked & set(pairwise(held)) for held in self._held[:UPPER]))

    def phrased(self) -> float:
        """Whether two terms stand side by side, or a heading holds all there are: "what is a subuser" has one."""
        asked = set(self._asked)
        headings = (set(terms(p.chunk.heading)) for p in self._passages[:UPPER])
        return max(self.paired(), float(bool(asked) and any(asked <= heading for heading in headings)))

    def in_heading(self) -> float:
        return max(self._share(self._asked, set(terms(p.chunk.heading))) for p in self._passages[:UPPER])

    def _share(self, wanted: Collection[str], held: Collection[str]) -> float:
        """The wanted terms that are held, by rarity; one that stands nowhere is the rarest, and missing."""
        total = sum(self._rarity[term] for term in set(wanted))
        return sum(self._rarity[term] for term in set(wanted) if term in held) / total if total else 0.0


def _lead(scores: Sequence[float]) -> float:
    """By how much the best exceeds the mean of the others."""
    return max(scores) - (sum(scores) - max(scores)) / (READ - 1)


def _logistic(logit: float) -> float:
    return 1 / (1 + math.exp(-logit))


def _whole(_evidence: Evidence) -> float:
    return 1.0


def _by_standing_out(evidence: Evidence) -> float:
    """Never less than a half: where every page is about the subject nothing stands out, and yet one may answer."""
    return 0.5 + 0.5 * _logistic(12 * (evidence.standing_out() - 0.2))


class Scale(NamedTuple):
    """How likely the documents are about the question, times how well what was found supports an answer; two cuts.

    The first is a logistic regression, fitted on six sets, and each left out in turn.
    """

    constant: float
    weights: tuple[tuple[Callable[[Evidence], float], float], ...]
    support: Callable[[Evidence], float]
    sufficient: float
    related: float


HYBRID = Scale(
    -13.6,
    (
        (Evidence.near, 27.5),
        (lambda evidence: evidence.matched(3), 0.6),
        (Evidence.phrased, 2.0),
    ),
    support=_by_standing_out,
    sufficient=0.48,
    related=0.03,
)
LEXICAL = Scale(
    -5.5,
    (
        (Evidence.standing_out_by_words, 3.4),
        (lambda evidence: evidence.matched(4), 0.8),
        (Evidence.in_heading, 4.8),
        (Evidence.paired, 1.2),
    ),
    support=_whole,
    sufficient=0.32,
    related=0.08,
)


def _scale(passages: Sequence[Passage]) -> Scale:
    return HYBRID if any(passage.cosine is not None for passage in passages) else LEXICAL
