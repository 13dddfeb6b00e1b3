"""What the account was charged: the noun."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Bill:
    """One UTC day's, in USD."""

    services: Mapping[str, float] = field(default_factory=dict)  # of what is ours: all, or what carries the tag
    others: float = 0.0  # of the same account, without the tag
