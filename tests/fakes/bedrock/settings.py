"""What a test may change about the fake, delays above all.

Every setting survives JSON, so that a fake in its own process takes the same ones.
"""

import math
import random
from dataclasses import dataclass, fields
from typing import Any, Literal

CitationOrder = Literal["before", "after", "amid"]


@dataclass(frozen=True, slots=True)
class Spread:
    """A delay that varies: log-normal, in seconds; seeded, so that runs are alike."""

    median: float
    p99: float


Delay = float | Spread

_random = random.Random(17)  # noqa: S311 - a spread of delays, not a secret


def seconds(delay: Delay) -> float:
    if isinstance(delay, Spread):
        sigma = math.log(delay.p99 / delay.median) / 2.326
        return _random.lognormvariate(math.log(delay.median), sigma)
    return delay


@dataclass(slots=True)
class Settings:
    """All of it can be changed between two calls; `reset()` brings the defaults back.

    Delays are seconds or a `Spread`. `first_token` passes before the first byte of a chat answer, `between_tokens`
    before each further event; an unstreamed Converse waits for the sum. `embedding` and `rerank` are a whole call's.
    """

    first_token: Delay = 0.0
    between_tokens: Delay = 0.0
    embedding: Delay = 0.0
    rerank: Delay = 0.0
    words_per_event: int = 1
    answer_words: int = 0  # repeat the derived answer until it has as many; 0: as it comes
    thinking: str | None = None  # a reasoningContent block first in every derived answer; "" has a signature only
    # The order of a citation delta and the text it is about, in ConverseStream. Observed streams of Claude have the
    # citation first, Anthropic's documentation has it last: a client must take either.
    citation_order: CitationOrder = "before"
    profiles_only: bool = False  # refuse every chat model's bare id, "on-demand throughput isn't supported"
    single_type_as_list: bool = False  # Cohere with one embedding type: AWS documents both a list and a map by type
    context_window: int = 200_000
    blocked_words: tuple[str, ...] = ()  # what any guardrail intervenes at

    def reset(self) -> None:
        for each in fields(self):
            setattr(self, each.name, each.default)

    def change(self, changes: dict[str, Any]) -> None:
        for name, value in changes.items():
            if name not in self.__slots__:
                raise AttributeError(f"no setting {name!r}: there are {', '.join(self.__slots__)}")
            setattr(self, name, Spread(**value) if isinstance(value, dict) else value)
