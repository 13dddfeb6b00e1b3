"""What tokens cost, by a price table in the settings: prices are never a constant of the logic."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rag_core.domain import Usage

PROFILES = ("us.", "eu.", "jp.", "au.", "apac.", "global.")  # of inference profiles, before the model's id
COUNTED = ("inputTokens", "outputTokens", "cacheReadInputTokens", "cacheWriteInputTokens")
REGIONAL = 1.1  # what a regional profile costs more than the global one, where the table has no price of its own


@dataclass(frozen=True, slots=True)
class Price:
    """USD per million tokens."""

    input: float
    output: float = 0.0
    cache_read: float = 0.0
    cache_write: float = 0.0


@dataclass(frozen=True, slots=True)
class Prices:
    """By model id, with or without its profile."""

    table: Mapping[str, Price]

    def usage(self, model: str, counted: Mapping[str, Any]) -> Usage:
        """Bedrock's `usage` of one response; a model without a price costs 0."""
        read, written, cached, stored = (int(counted.get(name, 0)) for name in COUNTED)
        price = self.of(model)
        cost = read * price.input + written * price.output + cached * price.cache_read + stored * price.cache_write
        return Usage(model, read, written, cached, stored, cost / 1_000_000)

    def of(self, model: str) -> Price:
        if model in self.table:
            return self.table[model]
        profile = next((each for each in PROFILES if model.startswith(each)), "")
        price = self.table.get(model.removeprefix(profile), Price(0.0))
        share = 1.0 if profile in ("", "global.") else REGIONAL
        return Price(price.input * share, price.output * share, price.cache_read * share, price.cache_write * share)


NO_PRICES = Prices({})
