"""What was asked, what helped, what was sent of it, and what the documents lack.

A report is made of a day's counters and of short lists; the index only says more of what is listed: a report must come
where there is none.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from rag_core.domain import AnswerRecord, Declined, Outcome, SourceName, Usage, Use
from rag_core.grouping import group
from rag_core.ports import Embedder, FeedbackLog
from rag_core.runs import RunState
from rag_core.tallies import Durations, Tally, Verdicts

LISTED = 10  # worst answers, and gaps
GROUPED = 500  # questions without an answer that are compared with each other, the newest
UNSAID = "no reason given"
NOTHING, UNTIMED, UNRATED = Usage(""), Durations(), Verdicts()


@dataclass(frozen=True, slots=True)
class Gap:
    """Questions alike that the documents did not answer, newest first."""

    questions: tuple[str, ...]
    last_asked: date
    touched: bool  # the documents touch on it (unsupported), or have nothing (no_evidence)
    internal: bool = False  # as far as was looked, internal documents answer it and public ones do not


@dataclass(frozen=True, slots=True)
class Day:
    """One day's questions; `declined` were not answered."""

    day: date
    answered: int
    declined: int


@dataclass(frozen=True, slots=True)
class Channel:
    """What was asked in one channel, and what people there said of the answers."""

    name: str
    answered: int
    declined: int
    verdicts: Verdicts

    @property
    def questions(self) -> int:
        return self.answered + self.declined

    @property
    def answered_share(self) -> float:
        return self.answered / self.questions


@dataclass(frozen=True, slots=True)
class Drafts:
    """Drafts that could be compared with what a person sent, by what became of them."""

    as_is: int = 0
    edited: int = 0
    unused: int = 0
    kept: float = 0.0  # the sum of what the edited ones kept, each a share of its draft

    @property
    def compared(self) -> int:
        return self.as_is + self.edited + self.unused

    @property
    def used(self) -> int:
        return self.as_is + self.edited

    @property
    def used_share(self) -> float | None:
        return self.used / self.compared if self.compared else None

    @property
    def mean_kept(self) -> float | None:
        """Of a draft that was edited, the share that was sent."""
        return self.kept / self.edited if self.edited else None


@dataclass(frozen=True, slots=True)
class Report:
    """Figures over the questions of a period; a share is None where there is nothing to divide by."""

    questions: int
    answered: int
    ratings: int
    helpful: int
    worst: tuple[AnswerRecord, ...]
    gaps: tuple[Gap, ...]
    days: tuple[Day, ...]
    reasons: tuple[tuple[str, int], ...]  # of ratings that say "not helpful"
    first: date  # UTC, of the period
    last: date
    spent: tuple[tuple[date, float], ...]  # USD that metered models took, of each day that took some
    by_meaning: bool  # gaps are of questions that mean the same; else of questions with the same words
    drafts: Drafts = Drafts()
    shadow: Drafts = Drafts()  # that nobody was shown: what would have been
    used: Usage = NOTHING  # of all metered models, by answered questions and others
    durations: Durations = UNTIMED
    channels: tuple[Channel, ...] = ()  # most questions first
    sources: tuple[tuple[SourceName, Verdicts], ...] = ()  # that rated answers stood on, most ratings first
    ingestions: tuple[tuple[SourceName, Mapping[RunState, int]], ...] = ()  # runs that ended in the period, by how

    @property
    def usd_per_answer(self) -> float | None:
        """None where no metered model was asked, or nothing was answered."""
        return self.used.cost_usd / self.answered if self.answered and self.spent else None

    @property
    def tokens_per_answer(self) -> Mapping[str, float] | None:
        if not (self.answered and self.spent):
            return None
        used = self.used
        counts = {"input": used.input_tokens, "cache_read": used.cache_read_tokens, "output": used.output_tokens}
        return {name: count / self.answered for name, count in counts.items()}

    @property
    def answered_share(self) -> float | None:
        return self.answered / self.questions if self.questions else None

    @property
    def helpful_share(self) -> float | None:
        return self.helpful / self.ratings if self.ratings else None


def report(
    log: FeedbackLog,
    today: date,
    since: date | None = None,
    embedder: Callable[[], Embedder | None] = lambda: None,
    only_internal: Callable[[str], bool] = lambda _: False,
) -> Report:
    """Of the questions from `since` until today; `embedder` is called only where there are questions to compare.

    `only_internal`: whether internal documents answer a question that public ones do not.
    """
    tallies = log.tally(since)
    declined = log.declined(since, limit=GROUPED)
    comparing = embedder() if len({each.text for each in declined}) > 1 else None
    days, usage = tuple(_day(tally) for tally in tallies), log.usage(since)
    helpful, reasons = sum(tally.helpful for tally in tallies), _reasons(tallies)
    return Report(
        questions=sum(day.answered + day.declined for day in days),
        answered=sum(day.answered for day in days),
        ratings=helpful + reasons.total(),
        helpful=helpful,
        worst=tuple(log.worst(since, limit=LISTED)),
        gaps=_gaps(declined, comparing, only_internal),
        days=days,
        reasons=tuple(reasons.most_common()),
        first=since or (days[0].day if days else today),
        last=today,
        spent=tuple((day, sum(used.cost_usd for used in of_day)) for day, of_day in usage.items()),
        by_meaning=comparing is not None,
        drafts=_drafts([tally.uses for tally in tallies], sum(tally.kept for tally in tallies)),
        shadow=_drafts([tally.shadow_uses for tally in tallies], sum(tally.shadow_kept for tally in tallies)),
        durations=Durations.over(tally.durations for tally in tallies),
        channels=_channels(tallies),
        sources=_sources(tallies),
        used=_sum([each for of_day in usage.values() for each in of_day]),
    )


def _sum(usage: Sequence[Usage]) -> Usage:
    return Usage(
        "",
        sum(each.input_tokens for each in usage),
        sum(each.output_tokens for each in usage),
        sum(each.cache_read_tokens for each in usage),
        sum(each.cache_write_tokens for each in usage),
        sum(each.cost_usd for each in usage),
    )


def _day(tally: Tally) -> Day:
    answered = tally.outcomes.get(Outcome.ANSWERED, 0)
    return Day(tally.day, answered, sum(tally.outcomes.values()) - answered)


def _channels(tallies: Sequence[Tally]) -> tuple[Channel, ...]:
    outcomes: defaultdict[str, Counter[Outcome]] = defaultdict(Counter)
    for tally in tallies:
        for name, counts in tally.asked_in.items():
            outcomes[name].update(counts)
    verdicts = {name: Verdicts.over(tally.rated_in.get(name, UNRATED) for tally in tallies) for name in outcomes}
    found = [
        Channel(name, counts[Outcome.ANSWERED], counts.total() - counts[Outcome.ANSWERED], verdicts[name])
        for name, counts in outcomes.items()
    ]
    return tuple(sorted(found, key=lambda channel: (-channel.questions, channel.name)))


def _sources(tallies: Sequence[Tally]) -> tuple[tuple[SourceName, Verdicts], ...]:
    names = sorted({name for tally in tallies for name in tally.rated_from})
    found = [(name, Verdicts.over(tally.rated_from.get(name, UNRATED) for tally in tallies)) for name in names]
    return tuple(sorted(found, key=lambda pair: -pair[1].ratings))


def _drafts(days: Sequence[Mapping[Use, int]], kept: float) -> Drafts:
    uses: Counter[Use] = Counter()
    for day in days:
        uses.update(day)
    return Drafts(uses[Use.AS_IS], uses[Use.EDITED], uses[Use.UNUSED], kept)


def _reasons(tallies: Sequence[Tally]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for tally in tallies:
        for reason, count in tally.not_helpful.items():
            counts[reason or UNSAID] += count
    return counts


def _gaps(
    declined: Sequence[Declined], embedder: Embedder | None, only_internal: Callable[[str], bool]
) -> tuple[Gap, ...]:
    groups = group([each.text for each in declined], embedder)[:LISTED]
    return tuple(_gap([declined[place] for place in places], only_internal) for places in groups)


def _gap(alike: Sequence[Declined], only_internal: Callable[[str], bool]) -> Gap:
    touched = any(each.outcome is Outcome.UNSUPPORTED for each in alike)
    return Gap(tuple(each.text for each in alike), alike[0].asked_at.date(), touched, only_internal(alike[0].text))
