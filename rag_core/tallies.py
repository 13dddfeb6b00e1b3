"""A day in numbers: how its questions ended, what became of the answers, where, and how long they took.

Times are counted in buckets a quarter of a doubling wide, so that a percentile needs no answer to be read: it is given
as the middle of its bucket, at most 9.1 % beside what it was.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from math import ceil, floor, log2

from rag_core.domain import Answer, Outcome, SourceName, Use

FIRST, TOTAL = "first", "total"
TIMED = {FIRST: "f", TOTAL: "t"}  # in buckets; short names, as the size of a day's counters is paid with every write
SPENT, CACHED = "ms/", "cached/"
STEPS = 4  # buckets in a doubling
PERCENTS = (50, 90, 99)

Counts = Mapping[str, float]  # by name: f20 and t36 (answers in a bucket), ms/draft, cached/exact


def counted(answer: Answer) -> dict[str, float]:
    """What an answer adds to its day; where nothing is streamed its first words come with the whole."""
    total = answer.timings_ms.get(TOTAL)
    times = {FIRST: answer.first_ms if answer.first_ms is not None else total, TOTAL: total}
    counts = {f"{TIMED[name]}{bucket(ms)}": 1.0 for name, ms in times.items() if ms is not None}
    counts |= {f"{SPENT}{stage}": round(ms, 2) for stage, ms in answer.timings_ms.items()}
    return counts | ({f"{CACHED}{answer.cached}": 1.0} if answer.cached else {})


def bucket(ms: float) -> int:
    return max(floor(log2(ms) * STEPS), 0) if ms > 1 else 0


def middle(number: int) -> float:
    """Milliseconds."""
    return float(2 ** ((number + 0.5) / STEPS))


@dataclass(frozen=True, slots=True)
class Durations:
    """How long answers took, and which came from a cache."""

    counts: Counts = field(default_factory=dict)

    @classmethod
    def among(cls, counts: Counts) -> "Durations":
        """Those that are of times, of all that is counted."""
        return cls({name: count for name, count in counts.items() if count and _is_ours(name)})

    @classmethod
    def over(cls, days: Iterable["Durations"]) -> "Durations":
        whole = defaultdict[str, float](float)
        for day in days:
            for name, count in day.counts.items():
                whole[name] += count
        return cls(whole)

    def percentiles(self, what: str) -> dict[int, float] | None:
        """Milliseconds of `FIRST` or `TOTAL`, each at least as long as so many percent took; None: of no answer."""
        found = sorted((int(name[1:]), count) for name, count in self.counts.items() if _in_buckets(name, TIMED[what]))
        answers = sum(count for _, count in found)
        return {percent: _at(found, answers * percent / 100) for percent in PERCENTS} if answers else None

    @property
    def shares(self) -> dict[str, float]:
        """Of the whole time, by stage; the rest is what no stage took."""
        spent = {name.removeprefix(SPENT): ms for name, ms in self.counts.items() if name.startswith(SPENT)}
        whole = spent.pop(TOTAL, 0.0)
        return {stage: ms / whole for stage, ms in sorted(spent.items(), key=lambda pair: -pair[1])} if whole else {}

    @property
    def answers(self) -> int:
        """That have their time counted."""
        return int(sum(count for name, count in self.counts.items() if _in_buckets(name, TIMED[TOTAL])))

    @property
    def cached(self) -> dict[str, int]:
        """Answers that came without a draft of their own, by how."""
        return {name.removeprefix(CACHED): int(n) for name, n in self.counts.items() if name.startswith(CACHED)}


@dataclass(frozen=True, slots=True)
class Verdicts:
    """How many ratings say what."""

    helpful: int = 0
    not_helpful: int = 0

    @property
    def ratings(self) -> int:
        return self.helpful + self.not_helpful

    @property
    def helpful_share(self) -> float | None:
        """None without a rating."""
        return self.helpful / self.ratings if self.ratings else None

    @classmethod
    def over(cls, found: Iterable["Verdicts"]) -> "Verdicts":
        verdicts = list(found)
        return cls(sum(each.helpful for each in verdicts), sum(each.not_helpful for each in verdicts))


@dataclass(frozen=True, slots=True)
class Tally:
    """The questions of one day: how they ended, and what became of their answers, whenever that showed.

    Drafts that were not shown are counted apart: nobody chose what became of them.
    """

    day: date  # UTC
    outcomes: Mapping[Outcome, int] = field(default_factory=dict)
    helpful: int = 0
    not_helpful: Mapping[str, int] = field(default_factory=dict)  # by reason, "" where none was given
    uses: Mapping[Use, int] = field(default_factory=dict)  # of the drafts that were compared with what was sent
    kept: float = 0.0  # the sum of what the edited ones kept, each a share of its draft
    shadow_uses: Mapping[Use, int] = field(default_factory=dict)
    shadow_kept: float = 0.0
    durations: Durations = Durations()
    asked_in: Mapping[str, Mapping[Outcome, int]] = field(default_factory=dict)  # by channel
    rated_in: Mapping[str, Verdicts] = field(default_factory=dict)  # by channel
    rated_from: Mapping[SourceName, Verdicts] = field(default_factory=dict)  # an answer from several counts for each


def _at(found: Iterable[tuple[int, float]], rank: float) -> float:
    passed = 0.0
    for number, count in found:
        passed += count
        if passed >= ceil(rank):
            return middle(number)
    raise AssertionError


def _is_ours(name: str) -> bool:
    return name.startswith((SPENT, CACHED)) or any(_in_buckets(name, short) for short in TIMED.values())


def _in_buckets(name: str, short: str) -> bool:
    return name[:1] == short and name[1:].isdigit()
