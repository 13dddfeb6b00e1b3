"""How long a function is at one question: its waits for others, and its own CPU time on its share of a processor."""

from dataclasses import dataclass

from bot.estimating.lines import number
from bot.estimating.tables import Tables

Told = tuple[str, float]


@dataclass(frozen=True, slots=True)
class Duration:
    """Seconds, and of what."""

    parts: tuple[tuple[str, float], ...]

    @property
    def seconds(self) -> float:
        return sum(seconds for _, seconds in self.parts)

    def __str__(self) -> str:
        said = " + ".join(f"{name} {number(seconds)}" for name, seconds in self.parts if seconds)
        return f"{said} = {number(self.seconds)}"


def drafted(tables: Tables, memory: int, output_tokens: float, told: Told | None = None) -> Duration:
    """A worker at a question that a model answers; `told`: the channel's calls, Slack's where nothing is said."""
    own = (tables.value("core_cpu") + tables.value("channel_cpu")) / _processor(tables, memory)
    return Duration(
        (
            ("own", own),
            *_stored(tables),
            ("embedding", tables.value("embedding")),
            ("search", tables.value("search")),
            ("first token", tables.value("first_token")),
            (f"{number(output_tokens)} tokens", output_tokens * tables.value("token")),
            told or slack(tables),
        )
    )


def cached(tables: Tables, memory: int, told: Told | None = None) -> Duration:
    """The same, answered from the cache."""
    own = (tables.value("cached_cpu") + tables.value("channel_cpu")) / _processor(tables, memory)
    return Duration((("own", own), *_stored(tables), ("cache", tables.value("cached")), told or slack(tables)))


def received(tables: Tables) -> Duration:
    """The request URL's function at one event."""
    return Duration((("own", tables.value("ingress")), ("queue", tables.value("store_call"))))


def _processor(tables: Tables, memory: int) -> float:
    return min(1.0, memory / tables.value("vcpu_memory"))


def _stored(tables: Tables) -> tuple[tuple[str, float], ...]:
    return (("DynamoDB", tables.value("store_calls") * tables.value("store_call")),)


def slack(tables: Tables) -> Told:
    return "Slack", tables.value("slack_calls") * tables.value("slack_call")


def zendesk(tables: Tables) -> Told:
    return "Zendesk", tables.value("zendesk_calls") * tables.value("zendesk_call")
