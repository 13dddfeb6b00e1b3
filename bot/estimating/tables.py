"""The tables that an estimate is made of: list prices, quantities, and the sizes of infra/template.yaml.

They are data beside this module: whoever doubts a figure finds it, its unit and where it comes from in one place.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Literal, Protocol, TypeVar

import msgspec

from bot.settings import Settings, wrong

Row = TypeVar("Row")


class Price(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """USD for one unit."""

    usd: float
    per: str
    source: str
    free: float = 0.0  # units a month that every account has for nothing, for ever


class TokenPrice(Protocol):
    """USD per million tokens."""

    @property
    def input(self) -> float: ...
    @property
    def output(self) -> float: ...
    @property
    def cache_read(self) -> float: ...
    @property
    def cache_write(self) -> float: ...


class TokenPrices(Protocol):
    """Of models; one without a price costs 0."""

    def of(self, model: str) -> TokenPrice: ...


class Figure(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A quantity; `how` begins with measured, assumed, or whose word it is."""

    value: float
    unit: str
    how: str


class Size(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="pascal"):
    """What tells the template's sizes apart, by the names of its Mappings. Memory in MB."""

    cache: Literal["none", "serverless", "node"]
    query_memory: int
    worker_memory: int
    ingest_memory: int
    workers: int  # at once, at the most
    ingesters: int
    search_units: int  # of OpenSearch Serverless, at the most
    rate: int  # requests a second of the API
    burst: int
    provisioned: int  # of each function that answers
    provisioned_most: int
    pollers: int  # of the questions' queue, kept ready; 0: Lambda's own
    pollers_most: int


@dataclass(frozen=True)
class Tables:
    """All of them."""

    prices: Mapping[str, Price]
    figures: Mapping[str, Figure]
    sizes: Mapping[str, Size]

    def value(self, name: str) -> float:
        return self.figures[name].value


@cache
def shipped() -> Tables:
    sizes = msgspec.json.decode(files(__package__).joinpath("sizes.json").read_bytes(), type=dict[str, Size])
    return Tables(_rows("prices.toml", Price), _rows("figures.toml", Figure), sizes)


def tables(settings: Settings) -> Tables:
    """With the prices that the settings state. Raises MisconfiguredError."""
    known = shipped()
    prices = dict(known.prices)
    for name, usd in _stated(settings.list_prices).items():
        if name not in prices:
            raise wrong("list_prices", f"{name!r} is no price of ours; there are {', '.join(prices)}")
        prices[name] = Price(usd, prices[name].per, "SUPPORTBOT_LIST_PRICES", prices[name].free)
    return Tables(prices, known.figures, known.sizes)


def _stated(stated: str) -> Mapping[str, float]:
    try:
        text = stated if stated.lstrip().startswith("{") else Path(stated).read_text("utf-8") if stated else "{}"
        return msgspec.json.decode(text, type=dict[str, float])
    except (OSError, UnicodeError, msgspec.DecodeError) as error:
        raise wrong(
            "list_prices", f'{error}; it is JSON such as {{"opensearch_hour": 0.29}}, or a file with it'
        ) from error


def _rows(name: str, row: type[Row]) -> dict[str, Row]:
    return msgspec.convert(tomllib.loads(files(__package__).joinpath(name).read_text("utf-8")), dict[str, row])  # type: ignore[valid-type]
