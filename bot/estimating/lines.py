"""One line of an estimate: factors, their product, and a price. What is multiplied is what is shown."""

from dataclasses import dataclass
from math import prod

from bot.estimating.tables import Price


@dataclass(frozen=True, slots=True)
class Factor:
    """A number and what it counts."""

    value: float
    unit: str

    def __str__(self) -> str:
        return f"{number(self.value)} {self.unit}".rstrip()


@dataclass(frozen=True, slots=True)
class Line:
    """`what` costs the product of `factors` times `price`."""

    what: str
    factors: tuple[Factor, ...]
    price: Price

    @property
    def quantity(self) -> float:
        return prod(factor.value for factor in self.factors)

    @property
    def usd(self) -> float:
        return self.quantity * self.price.usd

    @property
    def arithmetic(self) -> str:
        factors = " x ".join(map(str, self.factors))
        return f"{factors} = {number(self.quantity)}" if len(self.factors) > 1 else factors


def number(value: float) -> str:
    """To four digits, without an exponent."""
    if value == int(value):
        return f"{value:,.0f}"
    digits = max(0, 3 - len(f"{abs(value):.0f}") + 1) if abs(value) >= 1 else _leading(abs(value)) + 4
    return f"{value:,.{digits}f}".rstrip("0").rstrip(".")


def _leading(value: float) -> int:
    """Zeros between the point and the first digit."""
    zeros = 0
    while value and value < 0.1:
        value, zeros = value * 10, zeros + 1
    return zeros


def usd(amount: float) -> str:
    """A price, to its own last digit."""
    shown = f"{amount:.10f}".rstrip("0")
    return f"${shown}{'0' * max(0, 2 - len(shown.partition('.')[2]))}"
