"""The metrics there are: name, unit, and what each is told apart by.

Each costs as often as it has values of its dimensions (0.30 USD a month in 2026, pro rata for the hours that it is
written in) and every set of values is a line of the log: so a kind stands in the name, unless it is seen by channel.
Written out, as the ingress has no time to load the nouns; a test compares them.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rag_core.domain import Answer

NAMESPACE = "SupportBot"
SERVICE, STATUS, CHANNEL, SOURCE = "service", "Status", "Channel", "Source"
FAILED = "failed"  # the status of a question that nobody will answer any more
STATUSES = ("answered", "no_evidence", "unsupported", FAILED)
CHANNELS = ("slack", "zendesk", "api")
# `wait`: in the queue; `first`: until the first sentence could be read; `total` holds all that follow
STAGES = ("wait", "first", "total", "cache", "rewrite", "embed", "retrieve", "judge", "rerank", "draft")
PARTS = ("rewrite", "rerank", "instruction", "log")  # that an answer may be made without
CACHED = ("exact", "meaning", "shared")
USES = ("as_is", "edited", "unused")  # of a draft
ENDS = ("done", "failed", "cancelled")  # of a run of ingestion

Sets = tuple[tuple[str, ...], ...]  # of dimensions; one value is counted once by each
BY_SERVICE: Sets = ((SERVICE,),)
BY_CHANNEL: Sets = ((SERVICE,), (SERVICE, CHANNEL))
BY_SOURCE: Sets = ((SERVICE, SOURCE),)
BY_STATUS: Sets = ((SERVICE, STATUS), (SERVICE, CHANNEL, STATUS))


@dataclass(frozen=True, slots=True)
class Metric:
    """`by`: each with the last of its sets naming all that is stated with a value."""

    name: str
    unit: str = "Count"
    by: tuple[Sets, ...] = (BY_SERVICE,)

    def sets(self, stated: Iterable[str]) -> Sets:
        """Raises KeyError for dimensions that this metric does not have."""
        return {frozenset(sets[-1]): sets for sets in self.by}[frozenset({SERVICE, *stated})]


def camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.replace("-", "_").split("_"))


def _all() -> Iterator[Metric]:
    yield Metric("Questions", by=(BY_STATUS,))
    for name in ("Helpful", "NotHelpful"):  # 1 or 0 of each rating: the sum is a number, the average a share
        yield Metric(name, by=(BY_CHANNEL, BY_SOURCE))
    for stage in STAGES:
        yield Metric(f"Latency{camel(stage)}", "Milliseconds")
    for kind in CACHED:
        yield Metric(f"CacheHits{camel(kind)}")
    for part in PARTS:
        yield Metric(f"Degraded{camel(part)}")
    for use in USES:
        yield Metric(f"Drafts{camel(use)}")
    for state in ENDS:
        yield Metric(f"Runs{camel(state)}")
    for name in ("Written", "Removed", "Failed"):
        yield Metric(f"Documents{name}")
    for name in (
        "InputTokens",
        "OutputTokens",
        "CacheReadTokens",
        "OverQuota",
        "JobsDone",
        "JobsFailed",
        "JobsHeld",
        "JobsWaiting",
    ):
        yield Metric(name)
    yield Metric("CostUSD", "None")
    yield Metric("KnowledgeAge", "Seconds")
    for name in ("BudgetNearlySpent", "BudgetSpent"):  # once a month each
        yield Metric(name, "Percent")


METRICS: Mapping[str, Metric] = {metric.name: metric for metric in _all()}


def counted(answer: "Answer") -> Iterator[tuple[str, float]]:
    """Name and value of all that an answer says, but the question itself."""
    if answer.cached:
        yield f"CacheHits{camel(answer.cached.value)}", 1
    for part in answer.degraded:
        yield f"Degraded{camel(part)}", 1
    for stage, ms in answer.timings_ms.items():
        yield f"Latency{camel(stage)}", ms
    if (first := answer.first_ms or answer.timings_ms.get("total")) is not None:  # where nothing is streamed: the whole
        yield "LatencyFirst", first
    if answer.usage:
        yield "InputTokens", sum(each.input_tokens for each in answer.usage)
        yield "OutputTokens", sum(each.output_tokens for each in answer.usage)
        yield "CacheReadTokens", sum(each.cache_read_tokens for each in answer.usage)
        yield "CostUSD", sum(each.cost_usd for each in answer.usage)


def most(sources: int) -> int:
    """How many custom metrics there are with so many sources, where all channels are set up and all happens."""
    values = {SERVICE: 1, STATUS: len(STATUSES), CHANNEL: len(CHANNELS), SOURCE: sources}
    return sum(
        prod(values[name] for name in dimensions)
        for metric in METRICS.values()
        for sets in metric.by
        for dimensions in sets
    )
