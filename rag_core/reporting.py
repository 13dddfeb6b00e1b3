"""What was asked, what helped, and what the documents lack."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from rag_core.domain import AnswerRecord, Outcome
from rag_core.grouping import group
from rag_core.ports import Embedder

LISTED = 10  # worst answers, and gaps
GROUPED = 500  # questions without an answer that are compared with each other, the newest


@dataclass(frozen=True, slots=True)
class Gap:
    """Questions alike that the documents did not answer, newest first."""

    questions: tuple[str, ...]
    last_asked: date
    touched: bool  # the documents touch on it (unsupported), or have nothing (no_evidence)


@dataclass(frozen=True, slots=True)
class Day:
    """One day's questions; `declined` were not answered."""

    day: date
    answered: int
    declined: int


@dataclass(frozen=True, slots=True)
class Report:
    """Figures over all answers it was made from; a share is None where there is nothing to divide by."""

    questions: int
    answered: int
    ratings: int
    helpful: int
    worst: tuple[AnswerRecord, ...]
    gaps: tuple[Gap, ...]
    days: tuple[Day, ...]
    reasons: tuple[tuple[str, int], ...]  # of ratings that say "not helpful"

    @property
    def answered_share(self) -> float | None:
        return self.answered / self.questions if self.questions else None

    @property
    def helpful_share(self) -> float | None:
        return self.helpful / self.ratings if self.ratings else None


def report(answers: Sequence[AnswerRecord], embedder: Embedder | None = None) -> Report:
    """`answers` newest first; with an embedder, gaps are grouped by meaning."""
    ratings = [rating for answer in answers for rating in answer.ratings]
    answered = [answer for answer in answers if answer.outcome is Outcome.ANSWERED]
    return Report(
        questions=len(answers),
        answered=len(answered),
        ratings=len(ratings),
        helpful=sum(rating.helpful for rating in ratings),
        worst=_worst(answered),
        gaps=_gaps([answer for answer in answers if answer.outcome is not Outcome.ANSWERED][:GROUPED], embedder),
        days=_days(answers),
        reasons=tuple(Counter(r.reason or "no reason given" for r in ratings if not r.helpful).most_common()),
    )


def _worst(answered: Sequence[AnswerRecord]) -> tuple[AnswerRecord, ...]:
    """Most votes against it first; among equals the least sure."""
    disliked = [answer for answer in answered if any(not rating.helpful for rating in answer.ratings)]
    disliked.sort(key=lambda answer: (-sum(not rating.helpful for rating in answer.ratings), answer.confidence))
    return tuple(disliked[:LISTED])


def _gaps(declined: Sequence[AnswerRecord], embedder: Embedder | None) -> tuple[Gap, ...]:
    texts = [answer.question.text for answer in declined]
    vectors = embedder.embed_passages(texts) if embedder and texts else None
    return tuple(
        Gap(
            tuple(texts[place] for place in places),
            max(declined[place].question.asked_at for place in places).date(),
            any(declined[place].outcome is Outcome.UNSUPPORTED for place in places),
        )
        for places in group(texts, vectors)[:LISTED]
    )


def _days(answers: Sequence[AnswerRecord]) -> tuple[Day, ...]:
    counts: Counter[tuple[date, bool]] = Counter(
        (answer.question.asked_at.date(), answer.outcome is Outcome.ANSWERED) for answer in answers
    )
    return tuple(Day(day, counts[day, True], counts[day, False]) for day in sorted({day for day, _ in counts}))
