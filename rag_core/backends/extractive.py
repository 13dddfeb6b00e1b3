"""An answer model without a model: it selects the sentences that answer and joins them, each with its citation.

Nothing is written that does not stand in a passage. So of an agent's wishes it can follow those for less and for more,
and says of any other that it did not.
"""

import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from rag_core.analyzing import terms
from rag_core.domain import NEVER, Chunk, Deadline, Draft, Passage, Question, Statement, Support, Vector
from rag_core.fusing import written_for
from rag_core.ports import Embedder, OnStatement
from rag_core.quoting import Unit, units

VERSION = 3  # raise it when other sentences are selected: it names the model in caches
READ = 6  # passages
EMBEDDED = 4  # units compared with the question by meaning, the best by words: each costs about 8 ms
LONGEST_EMBEDDED = 250  # characters: what a unit is about stands at its beginning
LONGEST_REPLY = 700  # characters; the first unit is shown whole whatever its length
PLACES = 2  # passages that are quoted: a third one is mostly beside the point
UNITS = 4
MORE = 2  # times as many and as long, for who wants more detail
PREVIOUS_SHARE = 0.3  # what a term of the question before counts, of one of this question
# What makes a unit the one that answers, in units of the cosine: docs/quality.md#extractive-answers
WORDS = 0.5  # the share of the question's words it has, by rarity; in a heading above it they count as much
RANK = 0.7  # its passage's score in the search
LENGTH = 0.08  # times the logarithm of its length, up to FULL
FULL = 300  # characters
HEADED = 0.3  # the likeness of the heading right above a list, a table or code to the question
HEADED_PROSE = 0.1  # the same for prose, which itself says what it is about
REPEATED = 0.5  # by how much a unit is nearer to the question before
STEPPING = 0.1  # steps for who asks how, a definition for who asks what
COUNTING = 0.2  # a number for who asks how much
EMPTY = 0.5  # less for a question, for what only leads or points elsewhere, for code
NEAR = 0.15  # below the best: what may stand before it
MARGIN = 0.35  # below the best: what else is worth saying
ASKS_HOW = re.compile(
    r"\b(?:how (?:do|can|should|could|to|would)|where (?:do|can)|can (?:i|we)|steps?|instructions?|set ?up)\b", re.I
)
ASKS_AMOUNT = re.compile(
    r"\b(?:how (?:many|much|long|often|large|big|fast|soon|old|far)|costs?|prices?|limits?|max\w*|min\w*|sizes?|when"
    r"|rates?)\b",
    re.I,
)
AMOUNT = re.compile(r"\d")
ASKS_WHAT = re.compile(r"\b(?:what(?:'s| is| are| does)|define|explain)\b", re.I)
DEFINING = re.compile(
    r"(?:^|[.!?] )(?:(?:A|An|The) )?((?:[\w/&-]+ ){1,4}?)(?:is|are|means?|refers?|occurs?|allows?|lets?)\b"
)
LESS = re.compile(r"\s*(?:\w+ ){0,5}(?:short(?:er|en)?|brief(?:er)?|concise|condense|fewer)(?: \w+){0,3}\s*", re.I)
LONGER = re.compile(r"\s*(?:\w+ ){0,5}(?:details?|detailed|longer|elaborate|thorough)(?: \w+){0,3}\s*", re.I)
WISHES = re.compile(r"[.,;:!\n]+")
LEANING = re.compile(
    r"(?:In )?(?:It|Its|They|Their|These|Those|This|That|He|She|Then|However|Otherwise|Instead|Also|But|And|So)\b", re.I
)


class ExtractiveAnswerModel:
    """AnswerModel; with an embedder it also finds sentences that say it in other words."""

    def __init__(self, embedder: Embedder | None = None) -> None:
        self._embedder = embedder

    @property
    def name(self) -> str:
        return f"extractive-{VERSION} {self._embedder.name if self._embedder else ''}".strip()

    def draft(
        self,
        question: Question,
        passages: Sequence[Passage],
        *,
        on_statement: OnStatement = lambda _: None,
        deadline: Deadline = NEVER,
    ) -> Draft:
        alone = bool(passages) and written_for(question.retrieval_text, passages[0].chunk)
        read = passages[: 1 if alone else READ]
        weights = _asked(question)
        found = units(read, frozenset(weights))
        said = _said(question, read, found) if question.previous else None
        self._score(question, weights, read, found)
        extent = _Extent.of(question.instruction)
        chosen = _select(_fresh(question, found, said), extent)
        statements = tuple(_statements(chosen, read))
        for statement in statements:
            on_statement(statement)
        return Draft(statements, unheeded=extent.unheeded)

    def _score(
        self, question: Question, asked: Mapping[str, float], passages: Sequence[Passage], found: list[Unit]
    ) -> None:
        weights = _weights(asked, found)
        above = [(frozenset(terms(each.chunk.heading)), _likeness(each.chunk, weights)) for each in passages]
        for unit in found:
            heading, likeness = above[unit.passage]
            unit.score = RANK * passages[unit.passage].score + WORDS * _share(unit.terms | heading, weights)
            unit.score += likeness * (HEADED if unit.block else HEADED_PROSE) + _kind(question.text, unit)
            unit.score += LENGTH * math.log(min(len(unit.plain), FULL) + 10)
            if self._embedder is None and not weights.keys() & (unit.terms | heading if unit.block else unit.terms):
                unit.score = 0.0
        if self._embedder is not None and found:
            self._add_meaning(self._embedder, question, found)

    def _add_meaning(self, embedder: Embedder, question: Question, found: list[Unit]) -> None:
        """A unit that is not among the best is taken to be as far as the farthest of them."""
        best = sorted(found, key=lambda unit: -unit.score)
        said = embedder.embed_passages([unit.plain[:LONGEST_EMBEDDED] for unit in best[:EMBEDDED]])
        texts = [question.retrieval_text, question.text, question.previous] if question.previous else [question.text]
        asked = [embedder.embed_question(text) for text in texts]
        near = [_nearness([_cosine(each, vector) for each in asked]) for vector in said]
        for unit, each in zip(best, near + [min(near)] * (len(best) - len(near)), strict=True):
            unit.score += each


@dataclass(frozen=True, slots=True)
class _Extent:
    """How much is said."""

    units: int = UNITS
    places: int = PLACES
    longest: int = LONGEST_REPLY
    margin: float = MARGIN
    unheeded: bool = False  # what else was wished for

    @classmethod
    def of(cls, instruction: str) -> "_Extent":
        """The last wish about it counts."""
        wishes = [wish for wish in WISHES.split(instruction) if wish.strip()]
        known = [wish for wish in wishes if LESS.fullmatch(wish) or LONGER.fullmatch(wish)]
        unheeded = len(known) < len(wishes)
        if not known:
            return cls(unheeded=unheeded)
        if LESS.fullmatch(known[-1]):
            return cls(units=1, unheeded=unheeded)
        return cls(UNITS * MORE, PLACES * MORE, LONGEST_REPLY * MORE, MARGIN * MORE, unheeded)


def _nearness(cosines: Sequence[float]) -> float:
    """Of a follow-up it is less for what is nearer to the question before: that was its answer."""
    if len(cosines) == 1:
        return cosines[0]
    both, own, before = cosines
    return (both + own) / 2 - REPEATED * max(before - own, 0.0)


def _cosine(one: Vector, other: Vector) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


def _share(held: Collection[str], weights: Mapping[str, float]) -> float:
    return sum(weight for term, weight in weights.items() if term in held) / (sum(weights.values()) or 1.0)


def _likeness(chunk: Chunk, weights: Mapping[str, float]) -> float:
    """1 where the nearest heading says what is asked and nothing else: the harmonic mean of both shares."""
    said = set(terms(chunk.headings[-1].text if chunk.headings else chunk.document.title))
    asked, own = _share(said, weights), len(said & weights.keys()) / (len(said) or 1)
    return 2 * asked * own / (asked + own or 1.0)


def _asked(question: Question) -> dict[str, float]:
    """The question's terms and what each counts; of a follow-up its own count most."""
    own = dict.fromkeys(terms(question.text), 1.0)
    return dict.fromkeys(terms(question.previous or ""), PREVIOUS_SHARE if own else 1.0) | own


def _weights(asked: Mapping[str, float], found: Sequence[Unit]) -> dict[str, float]:
    """By inverse document frequency among the units at hand."""
    holders = Counter(term for unit in found for term in unit.terms)
    return {term: share * math.log(1 + len(found) / (1 + holders[term])) for term, share in asked.items()}


def _kind(asked: str, unit: Unit) -> float:
    """Whether it is of the kind that is asked for, or of one that rarely answers."""
    empty = unit.empty or unit.kind == "CodeBlock" or (not unit.block and unit.plain.endswith(("?", ":")))
    return _fits(asked, unit) - EMPTY * empty


def _fits(asked: str, unit: Unit) -> float:
    if ASKS_AMOUNT.search(asked):
        return COUNTING * bool(AMOUNT.search(unit.plain))
    if ASKS_HOW.search(asked):
        return STEPPING * (unit.kind == "Steps")
    return STEPPING * (ASKS_WHAT.search(asked) is not None and _defines(unit.plain, asked))


def _defines(said: str, asked: str) -> bool:
    wanted = set(terms(asked))
    return any(wanted & set(terms(found[1])) for found in DEFINING.finditer(said))


def _select(found: Sequence[Unit], extent: _Extent) -> list[Unit]:
    """The best unit, then what is nearly as good and says something else, place by place."""
    ranked = sorted(found, key=lambda unit: (-unit.score, unit.passage, unit.order))
    chosen: list[Unit] = []
    for unit in ranked:
        places = {each.passage for each in chosen} | {unit.passage}
        if unit.score < ranked[0].score - extent.margin or len(chosen) >= extent.units:
            break
        if len(places) > extent.places:
            continue
        if not chosen or _adds(unit, chosen, extent.longest):
            chosen += [each for each in [*_needed(unit, found), unit] if each not in chosen]
    return _ordered(chosen)


def _said(question: Question, read: Sequence[Passage], found: list[Unit]) -> Unit | None:
    """What the question before was answered with first, by its words, if that stands in these passages."""
    before = replace(question, text=question.previous or "", previous=None, standalone=None)
    ExtractiveAnswerModel()._score(before, _asked(before), read, found)
    return max(found, key=lambda unit: unit.score, default=None)


def _fresh(question: Question, found: list[Unit], said: Unit | None) -> list[Unit]:
    """Without what was said before, if the follow-up asks for something else and something else is about as good."""
    new = set(terms(question.text)) - set(terms(question.previous or ""))
    fresh = [unit for unit in found if unit is not said or new & unit.terms]
    if not new or not fresh:
        return found
    return fresh if max(each.score for each in fresh) >= max(each.score for each in found) - MARGIN else found


def _ordered(chosen: Sequence[Unit]) -> list[Unit]:
    """The best first; neighbours as they stand, unless the earlier one is much the poorer answer."""
    found: list[Unit] = []
    for unit in chosen:
        after = next((at for at, other in enumerate(found, 1) if other.follows(unit, -1)), len(found))
        before = (at for at, other in enumerate(found) if other.follows(unit, 1) and other.score < unit.score + NEAR)
        found.insert(next(before, after), unit)
    first = {unit.passage: place for place, unit in reversed(list(enumerate(found)))}
    return sorted(found, key=lambda unit: first[unit.passage])


def _adds(unit: Unit, chosen: Sequence[Unit], longest: int) -> bool:
    """Whether there is room for it, and it does not say the same again."""
    if sum(len(each.text) for each in [*chosen, unit]) > longest:
        return False
    return not any(
        len(unit.terms & other.terms) > 0.8 * min(len(unit.terms), len(other.terms) or 1) for other in chosen
    )


def _needed(unit: Unit, found: Iterable[Unit]) -> list[Unit]:
    """The sentence before one that leans on it ("It ...", "This ...")."""
    if unit.block or not LEANING.match(unit.plain):
        return []
    return [each for each in found if unit.follows(each) and not each.block]


def _statements(chosen: Sequence[Unit], passages: Sequence[Passage]) -> Iterator[Statement]:
    """One a unit; prose that follows prose from the same place is one statement with it."""
    for (_, block), run in groupby(chosen, lambda unit: (passages[unit.passage].chunk.url, unit.block)):
        units = list(run)
        for members in [[unit] for unit in units] if block else [units]:
            supports = tuple(Support(unit.passage, unit.plain) for unit in members)
            yield Statement(" ".join(unit.text for unit in members), supports)
