"""Measure retrieval and abstention with questions whose sources are known.

Rankings are over distinct units: a passage counts for the gold unit it stands in, and only once.
nDCG with binary gains: https://en.wikipedia.org/wiki/Discounted_cumulative_gain. AUROC as the Mann-Whitney statistic.
"""

import json
import math
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import mean

from rag_core.answering import Answering
from rag_core.domain import Audience, DocumentId, Outcome, Passage, PersonId, Question, QuestionId
from rag_core.errors import MisconfiguredError
from rag_core.markup import clean

DEPTH = 50  # passages looked at for one question
LOOKED_AT = 5  # distinct units, among which a case expects a gold one


@dataclass(frozen=True, slots=True)
class Case:
    """A question with what is known of its answer; what is not known is None."""

    id: str
    text: str
    gold: frozenset[str] | None  # "document-id" or "document-id#anchor"
    evidence: tuple[str, ...] | None  # verbatim snippets of the sources
    answerable: bool | None


@dataclass(frozen=True, slots=True)
class Finding:
    """What the system made of a case."""

    case: Case
    passages: Sequence[Passage]  # best first
    answered: bool
    confidence: float


def read_cases(path: Path) -> list[Case]:
    """Raises MisconfiguredError naming the line that is not a question."""
    cases = []
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise MisconfiguredError(f"{path} cannot be read: {error}") from error
    for number, line in enumerate(lines, 1):
        if line.strip():
            cases.append(_case(path, number, line))
    if not cases:
        raise MisconfiguredError(f"{path} has no questions")
    return cases


def _case(path: Path, number: int, line: str) -> Case:
    try:
        row = json.loads(line)
        gold, evidence, answerable = row.get("gold"), row.get("evidence"), row.get("answerable")
        return Case(
            id=clean(str(row.get("id", number))),
            text=_text(row["text"]),
            gold=frozenset(_list(gold)) if gold else None,
            evidence=tuple(_list(evidence)) if evidence else None,
            answerable=None if answerable is None else bool(answerable),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise MisconfiguredError(
            f'{path}, line {number}: a question is a JSON object with "id" and "text", which is not empty'
        ) from error


def _text(value: str) -> str:
    if not clean(value).strip():
        raise ValueError("the question is empty")
    return clean(value)


def _list(value: object) -> list[str]:
    if not isinstance(value, list):
        raise TypeError("gold and evidence are lists")
    return [str(each) for each in value]


def ask(answering: Answering, cases: Iterable[Case], audience: Audience) -> list[Finding]:
    """Ask every case, without recording it."""
    return [_ask(answering, case, audience) for case in cases]


def misses(findings: Iterable[Finding]) -> list[tuple[Case, str]]:
    """The cases that went wrong, each with what was wrong."""
    found = []
    for finding in findings:
        case, wrong = finding.case, []
        if case.gold and not any(ranking(finding.passages, case.gold)[:LOOKED_AT]):
            wrong.append(f"no gold unit among the first {LOOKED_AT}")
        if case.answerable is True and not finding.answered:
            wrong.append("declined")
        if case.answerable is False and finding.answered:
            wrong.append("answered, though it cannot be")
        if wrong:
            found.append((case, f"{'; '.join(wrong)} (confidence {finding.confidence:.2f})"))
    return found


def absent(cases: Iterable[Case], ingested: Collection[DocumentId]) -> list[str]:
    """The documents that cases name as gold and that are not in the index: their scores say nothing."""
    named = {unit.partition("#")[0] for case in cases for unit in case.gold or ()}
    return sorted(named - set(ingested))


def _ask(answering: Answering, case: Case, audience: Audience) -> Finding:
    question = Question(QuestionId(case.id), case.text, audience, PersonId("eval"), "eval", datetime.now(UTC))
    answer = answering.reply(question, limit=DEPTH)
    return Finding(case, answer.passages, answer.outcome is Outcome.ANSWERED, answer.confidence)


def scores(findings: Sequence[Finding]) -> dict[str, float | None]:
    """Every measure by its name, 0 to 1; None where no case says what it needs."""
    ranked = [(ranking(f.passages, f.case.gold), f.case.gold) for f in findings if f.case.gold]
    proven = [(f.passages, f.case.evidence) for f in findings if f.case.evidence]
    answerable = [f for f in findings if f.case.answerable]
    unanswerable = [f for f in findings if f.case.answerable is False]
    result: dict[str, float | None] = {"hit_at_1": _average(ranked, lambda hits, _: float(any(hits[:1])))}
    for k in (3, 5, 10):
        result[f"recall_at_{k}"] = _average(ranked, lambda hits, gold, k=k: sum(hits[:k]) / len(gold))
    result["precision_at_3"] = _average(ranked, lambda hits, _: sum(hits[:3]) / 3)
    result["mrr_at_10"] = _average(ranked, lambda hits, _: reciprocal_rank(hits[:10]))
    result["ndcg_at_10"] = _average(ranked, lambda hits, gold: ndcg(hits[:10], len(gold)))
    for k in (1, 3, 5, 10):
        result[f"evidence_at_{k}"] = mean(found_evidence(p[:k], e) for p, e in proven) if proven else None
    result["answered_of_answerable"] = mean(f.answered for f in answerable) if answerable else None
    result["declined_of_unanswerable"] = mean(not f.answered for f in unanswerable) if unanswerable else None
    result["auroc"] = auroc([f.confidence for f in answerable], [f.confidence for f in unanswerable])
    return result


def _average(ranked: Sequence[tuple[list[bool], frozenset[str]]], measure: Callable[..., float]) -> float | None:
    return mean(measure(hits, gold) for hits, gold in ranked) if ranked else None


def ranking(passages: Iterable[Passage], gold: frozenset[str]) -> list[bool]:
    """For each distinct unit, best first, whether it is a gold one."""
    sections = any("#" in unit for unit in gold)
    units: dict[str, bool] = {}
    for passage in passages:
        named = [
            passage.chunk.document.id,
            *(f"{passage.chunk.document.id}#{h.anchor}" for h in passage.chunk.headings),
        ]
        hit = next((unit for unit in reversed(named) if unit in gold), None)
        units.setdefault(hit or (named[-1] if sections else named[0]), hit is not None)
    return list(units.values())


def reciprocal_rank(hits: Sequence[bool]) -> float:
    return next((1 / rank for rank, hit in enumerate(hits, 1) if hit), 0.0)


def ndcg(hits: Sequence[bool], relevant: int) -> float:
    gained = sum(1 / math.log2(rank + 1) for rank, hit in enumerate(hits, 1) if hit)
    return gained / sum(1 / math.log2(rank + 1) for rank in range(1, min(relevant, 10) + 1))


def found_evidence(passages: Sequence[Passage], evidence: Sequence[str]) -> float:
    """The share of the snippets that stand in one of the passages, white space and case folded."""
    texts = [_folded(passage.chunk.text) for passage in passages]
    return mean(any(_folded(snippet) in text for text in texts) for snippet in evidence)


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def auroc(positive: Sequence[float], negative: Sequence[float]) -> float | None:
    """How often an answerable question has more confidence than an unanswerable one; a tie is half."""
    if not positive or not negative:
        return None
    wins = sum((p > n) + (p == n) / 2 for p in positive for n in negative)
    return wins / (len(positive) * len(negative))
