"""An estimate of one size: four groups of lines and what they come to in a month."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.estimating.asking import THOUSAND, once, per_thousand
from bot.estimating.lines import Line
from bot.estimating.standing import awake, idle
from bot.estimating.tables import Price, Tables, TokenPrices
from bot.estimating.use import Use


@dataclass(frozen=True, slots=True)
class Estimate:
    """USD; `once` is no part of a month."""

    size: str
    use: Use
    idle: Sequence[Line]
    awake: Sequence[Line]
    per_thousand: Sequence[Line]
    once: Sequence[Line]

    @property
    def idle_usd(self) -> float:
        return total(self.idle)

    @property
    def awake_usd(self) -> float:
        return total(self.awake)

    @property
    def thousand_usd(self) -> float:
        return total(self.per_thousand)

    @property
    def once_usd(self) -> float:
        return total(self.once)

    @property
    def month_usd(self) -> float:
        return self.idle_usd + self.awake_usd + self.thousand_usd * self.use.questions / THOUSAND

    @property
    def idle_free_usd(self) -> float:
        """Of it what AWS gives to every account."""
        return given(self._idle_quantities)

    @property
    def month_free_usd(self) -> float:
        thousands = self.use.questions / THOUSAND
        asked = [(line, line.quantity * thousands) for line in self.per_thousand]
        return given([*self._idle_quantities, *((line, line.quantity) for line in self.awake), *asked])

    @property
    def _idle_quantities(self) -> list[tuple[Line, float]]:
        return [(line, line.quantity) for line in self.idle]


def given(quantities: Sequence[tuple[Line, float]]) -> float:
    """USD that the free units save: of each price once, however many lines have it."""
    used = defaultdict[Price, float](float)
    for line, quantity in quantities:
        used[line.price] += quantity
    return sum(min(quantity, price.free) * price.usd for price, quantity in used.items())


def total(lines: Sequence[Line]) -> float:
    return sum(line.usd for line in lines)


def estimate(tables: Tables, size: str, use: Use, models: TokenPrices) -> Estimate:
    """Without a cache that processes share, every question is drafted."""
    parameters = tables.sizes[size]
    if parameters.cache == "none":
        use = replace(use, cached=0.0)
    return Estimate(
        size,
        use,
        idle(tables, parameters, use),
        awake(tables, use),
        per_thousand(tables, parameters, use, models),
        once(tables, parameters, use, models),
    )
