"""The loads of docs/capacity.md: many at once, and months whose busiest hours are simulated."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil

from bot.estimating.tables import Figure, Tables, shipped
from tests.benchmarks.capacity import bounds
from tests.benchmarks.capacity.limits import Channel, Limits, of
from tests.benchmarks.capacity.world import Found, World

AT_ONCE = (10, 100, 1_000, 5_000)
MONTHS = (1_000_000, 2_000_000, 5_000_000, 10_000_000)
CACHED = 0.2
PEAK = 3.0  # the busiest minutes over the mean of the open hours: assumed
MINUTES, WARMING = 10, 2  # simulated of the peak, and left out before
BUSY = 600.0  # seconds that the queue was worked on before
SECOND = 1.0  # within which "at once" is


@dataclass(frozen=True, slots=True)
class Result:
    """Of one load. Seconds, but where it says otherwise."""

    asked: int
    answered: int
    first: tuple[float, float]  # median, 99th percentile
    whole: tuple[float, float]
    oldest: float  # in the queue
    workers: int  # at once
    refused: int  # events, at first
    told: int  # questions that were put off for the last time
    binding: str


def at_once(
    size: str,
    channel: Channel,
    count: int,
    limits: Limits | None = None,
    tables: Tables | None = None,
    cached: float = CACHED,
) -> Result:
    known = tables or shipped()
    chosen, chance = known.sizes[size], random.Random(count)  # noqa: S311
    allowed, share = limits or of(chosen), cached if chosen.cache != "none" else 0.0
    world = World(known, allowed, channel, memory=chosen.worker_memory, cached=share)
    found = world.run(chance.random() * SECOND for _ in range(count))
    each = bounds.load(known, allowed, channel, chosen.worker_memory, share)
    binding = bounds.first(bounds.drained(allowed, each, channel, count), each.worker)
    return _result(found, count, binding)


def busiest(size: str, channel: Channel, a_minute: float, limits: Limits) -> Result:
    """The busiest minutes of a month in which everything is warm."""
    known = shipped()
    world = World(known, limits, channel, memory=known.sizes[size].worker_memory, cached=CACHED, busy=BUSY)
    arrivals = list(_at_random(a_minute / 60, (MINUTES + WARMING) * 60))
    found = world.run(arrivals)
    left = sum(at < WARMING * 60 for at in arrivals)
    kept = replace(found, first=found.first[left:], whole=found.whole[left:], ages=found.ages[left:])
    each = bounds.load(known, limits, channel, known.sizes[size].worker_memory, CACHED)
    return _result(kept, len(arrivals) - left, bounds.first(bounds.used(limits, each, channel, a_minute), 1.0))


def peak(tables: Tables, questions: int) -> float:
    """Questions in the busiest minute of a month."""
    return questions / tables.value("open_hours") / 60 * PEAK


def slower(tables: Tables, times: float) -> Tables:
    """With a model that takes so many times as long."""
    changed = {name: _times(tables.figures[name], times) for name in ("first_token", "token")}
    return replace(tables, figures={**tables.figures, **changed})


def _times(figure: Figure, times: float) -> Figure:
    return Figure(figure.value * times, figure.unit, figure.how)


def _at_random(rate: float, seconds: float) -> Iterator[float]:
    chance, at = random.Random(1), 0.0  # noqa: S311
    while (at := at + chance.expovariate(rate)) < seconds:
        yield at


def _result(found: Found, asked: int, binding: str) -> Result:
    return Result(
        asked,
        len(found.whole),
        _middle_and_most(found.first),
        _middle_and_most(found.whole),
        max(found.ages, default=0.0),
        found.workers,
        found.refused,
        found.told,
        binding,
    )


def _middle_and_most(seconds: Sequence[float]) -> tuple[float, float]:
    ordered = sorted(seconds)
    return ordered[len(ordered) // 2], ordered[ceil(len(ordered) * 0.99) - 1]
