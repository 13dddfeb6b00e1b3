"""An answer model without a model: it selects the sentences that answer and joins them, each with its citation.

Nothing is written that does not stand in a passage.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from rag_core.analyzing import terms
from rag_core.domain import Citation, Draft, Passage, Question, Statement
from rag_core.markup import Block, blocks, items, plain_text, quoted, sentences
from rag_core.ports import Embedder

READ = 6  # passages
EMBEDDED = 12  # units compared with the question by meaning, the best by words
LONGEST_REPLY = 700  # characters of prose; a list or a table is not cut for it
LONGEST_LIST = 12  # items, and rows of a table
SHORT_TABLE = 4  # rows; shown whole
SHORT_PARAGRAPH = 300  # characters; quoted together, since sentences lean on each other
STATEMENTS = 3
HEADING_SHARE = 0.5  # what a term in the heading counts, of one in the sentence
PASSAGE_SHARE = 0.5  # of the passage's rank in the score of its sentences
MEANING_SHARE = 0.6  # of the cosine, where there are vectors
CLOSE = 0.72  # of the best score: what else is worth saying
EMPTY = 0.5  # what is left of the score of a question, of what only leads or points elsewhere or shares no word
POINTER = re.compile(
    r"(?:(?:For|To) .{0,40}(?:information|details|learn|read)|See|Learn more|Read more|Click|Refer)\b", re.I
)
CELLS = re.compile(r"(?<!\\)\|")
FIRST_NUMBER = re.compile(r"\s*(\d+)[.)]")
LEANING = re.compile(
    r"(?:It|Its|They|Their|These|Those|This|That|He|She|Then|However|Otherwise|Instead|Also|But|And|So)\b"
)


@dataclass(slots=True)
class Unit:
    """The smallest thing worth quoting.

    A short paragraph, a sentence, or a list, a table or a code block with the line that leads to it.
    """

    passage: int
    order: int
    text: str  # Markdown, as it is shown
    plain: str
    block: bool = False
    terms: frozenset[str] = frozenset()
    score: float = field(default=0.0)


class ExtractiveAnswerModel:
    """AnswerModel; with an embedder it also finds sentences that say it in other words."""

    def __init__(self, embedder: Embedder | None = None) -> None:
        self._embedder = embedder

    def draft(self, question: Question, passages: Sequence[Passage]) -> Draft:
        read = passages[:READ]
        wanted = frozenset(terms(question.retrieval_text))
        units = [unit for index, passage in enumerate(read) for unit in _units(index, passage, wanted)]
        self._score(question, wanted, read, units)
        chosen = _select(units)
        return _cited(chosen, read)

    def _score(
        self, question: Question, wanted: frozenset[str], passages: Sequence[Passage], units: list[Unit]
    ) -> None:
        weights = _weights(wanted, units)
        total = sum(weights.values()) or 1.0
        headings = [set(terms(passage.chunk.heading)) & wanted for passage in passages]
        for unit in units:
            here = sum(weights[term] for term in unit.terms & wanted)
            above = sum(weights[term] for term in headings[unit.passage] - unit.terms)
            rank = passages[unit.passage].score
            unit.score = (here + HEADING_SHARE * above) / total * (1 - PASSAGE_SHARE) + PASSAGE_SHARE * rank
            unit.score *= 1.0 if here else EMPTY
        if self._embedder is not None and units:
            self._add_meaning(self._embedder, question, units)
        for unit in units:
            if not unit.block and (unit.plain.endswith(("?", ":")) or POINTER.match(unit.plain)):
                unit.score *= EMPTY

    def _add_meaning(self, embedder: Embedder, question: Question, units: list[Unit]) -> None:
        best = sorted(units, key=lambda unit: -unit.score)[:EMBEDDED]
        asked = embedder.embed_question(question.retrieval_text)
        for unit, vector in zip(best, embedder.embed_passages([unit.plain for unit in best]), strict=True):
            cosine = sum(a * b for a, b in zip(asked, vector, strict=True))
            unit.score = (1 - MEANING_SHARE) * unit.score + MEANING_SHARE * max(cosine, 0.0)


def _weights(wanted: Iterable[str], units: Sequence[Unit]) -> dict[str, float]:
    """Inverse document frequency among the sentences at hand."""
    holders = Counter(term for unit in units for term in unit.terms)
    return {term: math.log(1 + len(units) / (1 + holders[term])) for term in wanted}


def _units(index: int, passage: Passage, wanted: frozenset[str]) -> Iterator[Unit]:
    lead: Unit | None = None
    for order, (text, block) in enumerate(_parts(blocks(passage.chunk.text), wanted)):
        plain = plain_text(text)
        unit = Unit(index, order, text, plain, block, frozenset(terms(plain)))
        if lead is not None and block:
            unit = _led(lead, unit)
        elif lead is not None:
            yield lead
        lead = unit if plain.endswith(":") and not block else None
        if lead is None:
            yield unit
    if lead is not None:
        yield lead


def _led(lead: Unit, unit: Unit) -> Unit:
    unit.text, unit.plain = f"{lead.text}\n\n{unit.text}", f"{lead.plain} {unit.plain}"
    unit.terms |= lead.terms
    return unit


def _parts(found: Iterable[Block], wanted: frozenset[str]) -> Iterator[tuple[str, bool]]:
    """Short paragraphs or sentences, and blocks to be quoted whole."""
    for block in found:
        if block.kind == "List":
            yield _list(block.source), True
        elif block.kind == "Table":
            yield _table(block.source, wanted), True
        elif block.kind == "CodeBlock":
            yield block.source, True
        elif block.kind not in ("Rule", "Heading"):
            text = quoted(block.source)
            for piece in _grouped(sentences(text)):
                if any(map(str.isalnum, piece)):
                    yield piece, False


def _grouped(found: Iterable[str]) -> Iterator[str]:
    """Neighbouring sentences together, as many as make a short paragraph."""
    held = ""
    for sentence in found:
        if held and len(held) + len(sentence) >= SHORT_PARAGRAPH:
            yield held
            held = ""
        held = f"{held} {sentence}" if held else sentence
    yield held


def _list(source: str) -> str:
    """The list in plain words, cut after its first items."""
    found = [_item(item) for item in items(source)]
    number = FIRST_NUMBER.match(source)
    first = int(number.group(1)) if number else 0
    shown = [f"{first + place}. {item}" if number else f"- {item}" for place, item in enumerate(found[:LONGEST_LIST])]
    return "\n".join(shown + [f"- … and {len(found) - LONGEST_LIST} more"] * (len(found) > LONGEST_LIST))


def _table(source: str, wanted: frozenset[str]) -> str:
    """The table in plain words; of a long one the rows that have to do with the question, if any have."""
    header, *rows = [[quoted(cell) for cell in CELLS.split(row.strip().strip("|"))] for row in items(source)]
    matches = [len(wanted & set(terms(" ".join(row)))) for row in rows]
    if len(rows) > SHORT_TABLE and max(matches):
        rows = [row for row, count in zip(rows, matches, strict=True) if count == max(matches)]
    shown = [header, ["---"] * len(header), *rows[:LONGEST_LIST]]
    return "\n".join("| " + " | ".join(row) + " |" for row in shown)


def _item(source: str) -> str:
    return quoted(re.sub(r"^\s*(?:[-*+]|\d+[.)])\s+", "", source))


def _select(units: Sequence[Unit]) -> list[Unit]:
    """The best unit, then what is nearly as good and says something else; in reading order."""
    ranked = sorted(units, key=lambda unit: (-unit.score, unit.passage, unit.order))
    chosen: list[Unit] = []
    for unit in ranked:
        if unit.score < CLOSE * ranked[0].score or len(chosen) >= STATEMENTS:
            break
        size = sum(len(each.text) for each in chosen if not each.block)
        if chosen and (size + len(unit.text) * (not unit.block) > LONGEST_REPLY or _says_the_same(unit, chosen)):
            continue
        chosen += [each for each in [*_needed(unit, units), unit] if each not in chosen]
    first = {unit.passage: place for place, unit in reversed(list(enumerate(chosen)))}
    return sorted(chosen, key=lambda unit: (first[unit.passage], unit.order))


def _says_the_same(unit: Unit, chosen: Sequence[Unit]) -> bool:
    return any(len(unit.terms & other.terms) > 0.8 * min(len(unit.terms), len(other.terms) or 1) for other in chosen)


def _needed(unit: Unit, units: Sequence[Unit]) -> list[Unit]:
    """The sentence before one that leans on it ("It ...", "This ...")."""
    if unit.block or not LEANING.match(unit.plain):
        return []
    return [each for each in units if each.passage == unit.passage and each.order == unit.order - 1 and not each.block]


def _cited(chosen: Sequence[Unit], passages: Sequence[Passage]) -> Draft:
    """One citation a place, in the order of the statements; it quotes all that is taken from there."""
    by_url: dict[str, list[Unit]] = {}
    for unit in chosen:
        by_url.setdefault(passages[unit.passage].chunk.url, []).append(unit)
    citations = []
    for url, units in by_url.items():
        chunk = passages[units[0].passage].chunk
        citations.append(Citation(chunk.heading, url, chunk.document.id, " ".join(unit.plain for unit in units)))
    places = list(by_url)
    statements = [Statement(unit.text, places.index(passages[unit.passage].chunk.url)) for unit in chosen]
    return Draft(tuple(statements), tuple(citations))
