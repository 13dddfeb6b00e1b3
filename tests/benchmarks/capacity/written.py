"""The tables of docs/capacity.md, in Markdown."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import inf, isinf

from bot.aws import prices
from bot.estimating import durations
from bot.estimating.estimate import estimate
from bot.estimating.lines import number
from bot.estimating.tables import Tables, shipped
from bot.estimating.use import of as used_by
from bot.settings import Settings
from tests.benchmarks.capacity import bounds
from tests.benchmarks.capacity.limits import Channel, Limits, of
from tests.benchmarks.capacity.scenarios import AT_ONCE, CACHED, MONTHS, Result, at_once, busiest, peak, slower

SIZES = ("small", "standard", "large")
CHUNKS = 100_000
MILLION = 1_000_000
HEAD = ("at once", "first words: median", "99 %", "whole answer: 99 %", "oldest in the queue", "workers", "what binds")
MOVED = {
    "Rate and Burst of the API": "`Rate` and `Burst` of the size; API Gateway's account quota is 10,000 a second",
    "how fast SQS's mapping grows": "`Pollers` of the size: its provisioned mode, which `large` has",
    "Workers": "`Workers` of the size, at the most 1,000; with pollers `PollersMost`, ten each",
    "the account's concurrency": "Lambda's quota, tens of thousands on request",
    "the model's tokens a minute": "Bedrock's quota; `SECOND_MODEL`, which has its own; the cache; shorter answers",
    "search units": "`SearchUnits` of the size",
    "Slack's posts a channel": "more channels, direct messages",
    "Slack's posts a workspace": "nothing: Slack's; each workspace has its own",
    "Zendesk's updates of tickets": "Zendesk's High Volume add-on (300 instead of 100, of which we take 60 %)",
    "Zendesk's requests": "`ZENDESK_PLAN`: 200 to 2,500, of which we take 60 %",
}


def bursts(size: str) -> Iterator[str]:
    for channel in Channel:
        yield from ("", f"**{size}, questions from {channel}**", "")
        yield from table(HEAD, [(f"{count:,}", *_said(at_once(size, channel, count), channel)) for count in AT_ONCE])


def limits() -> Iterator[str]:
    """What each allows: the questions of a minute, and of a month whose busiest minutes have three times the mean."""
    known, rows = shipped(), list[tuple[str, ...]]()
    for channel in Channel:
        for size in SIZES if channel is Channel.SLACK else ("large",):
            rows += _limits(known, size, channel, {row[0] for row in rows})
    yield from table(("limit", "questions a minute", "questions a month", "what moves it"), rows)


def _limits(known: Tables, size: str, channel: Channel, told: set[str]) -> Iterator[tuple[str, ...]]:
    chosen, allowed = known.sizes[size], of(known.sizes[size])
    each = bounds.load(known, allowed, channel, chosen.worker_memory, 0.0)
    for name, share in bounds.used(allowed, each, channel, 1.0).items():
        by_size = name in ("Rate and Burst of the API", "Workers", "search units")
        shown = f"{name} ({size})" if by_size else name
        if shown not in told and f"{name} ({size})" not in told:
            month = 1 / share / peak(known, 1)
            yield shown, number(round(1 / share)), _rough(month), MOVED[name]


def cures() -> Iterator[str]:
    """What a setting or an assumption changes, with 5,000 at once on `large`."""
    known = shipped()
    base = of(known.sizes["large"])
    wide = replace(base, rate=5_000, burst=5_000, account=10_000)
    ready = replace(wide, pollers=500, polled=1_000, polled_most=20_000, workers=20_000)
    most = replace(ready, tokens=10e6)
    changes: Sequence[tuple[str, Limits, Tables, float]] = (
        ("as it is", base, known, CACHED),
        ("Rate and Burst 5,000, the account's concurrency 10,000", wide, known, CACHED),
        ("and 50 pollers ready instead of 10, 2,000 at the most", ready, known, CACHED),
        ("and 10 million tokens a minute", most, known, CACHED),
        ("all of that, the collection asleep: its first search after 30 s", replace(most, asleep=30), known, CACHED),
        ("all of that, nothing from the cache", most, known, 0.0),
        ("all of that, half from the cache", most, known, 0.5),
        ("all of that, a model three times as slow", most, slower(known, 3), CACHED),
        ("as it is, with half a million tokens a minute", replace(base, tokens=500_000), known, CACHED),
        ("as it is, output tokens count once in the quota, not five times", replace(base, burndown=1), known, CACHED),
    )  # fmt: skip
    rows = [
        (what, *_said(at_once("large", Channel.API, 5_000, allowed, tables, cached)))
        for what, allowed, tables, cached in changes
    ]
    yield from table(("5,000 at once by the API", *HEAD[1:]), rows)


def months() -> Iterator[str]:
    known, rows = shipped(), list[tuple[str, ...]]()
    for questions in MONTHS:
        a_minute = peak(known, questions)
        allowed = of(known.sizes["large"])
        each = bounds.load(known, allowed, Channel.API, known.sizes["large"].worker_memory, CACHED)
        needed = a_minute * each.tokens
        result = busiest("large", Channel.API, a_minute, replace(allowed, tokens=1.5 * needed))
        models = prices(Settings().prices)
        use = used_by(
            Settings(), known, questions=questions, cached=CACHED, tokens=(None, None), chunks=CHUNKS, pages=0
        )
        cost = estimate(known, "large", use, models).month_usd
        rows.append(
            (
                f"{questions // MILLION} million",
                f"{a_minute / 60:.1f}",
                str(result.workers),
                f"{needed / MILLION:.1f} million",
                f"{a_minute / 60 * each.search:.2f}",
                f"{result.first[0]:.1f} s",
                f"{result.first[1]:.1f} s",
                f"{result.oldest:.1f} s",
                f"${cost:,.0f}",
                f"${cost / questions * 1_000:.2f}",
                ", ".join(_beyond(known, allowed, a_minute)) or "none",
            )
        )
    head = (
        "questions a month", "a second, at the peak", "workers", "tokens a minute", "search units", "answer: median",
        "99 %", "oldest in the queue", "USD a month", "USD 1,000",
        "quotas to raise, and limits of a channel if all came by it",
    )  # fmt: skip
    yield from table(head, rows)


def _beyond(known: Tables, allowed: Limits, a_minute: float) -> Iterator[str]:
    memory, seen = known.sizes["large"].worker_memory, set[str]()
    for channel in Channel:
        each = bounds.load(known, allowed, channel, memory, CACHED)
        for name, share in bounds.used(allowed, each, channel, a_minute).items():
            if share > 1 and name not in seen:
                seen.add(name)
                yield f"{name} ({share:.1f} times)"


def times() -> Iterator[str]:
    """Of one question, by the channel."""
    known = shipped()
    for channel in Channel:
        told = bounds.TOLD[channel](known)
        said = durations.drafted(known, known.sizes["standard"].worker_memory, known.value("output_tokens"), told)
        yield f"- {channel}: {said} s"


def _said(result: Result, channel: Channel = Channel.API) -> tuple[str, ...]:
    told = "put aside" if channel is Channel.ZENDESK else "told to ask later"
    lost = f"; {result.told:,} {told}" if result.told else ""
    if refused := result.asked - result.answered - result.told:
        lost += f"; {refused:,} never taken in"
    seconds = (*result.first, result.whole[1], result.oldest)
    return (*map(_time, seconds), str(result.workers), f"{result.binding}{lost}")


def _time(seconds: float) -> str:
    if isinf(seconds):
        return "never"
    return (
        f"{seconds:.1f} s"
        if seconds < 120
        else f"{seconds / 60:.1f} min"
        if seconds < 7_200
        else f"{seconds / 3_600:.1f} h"
    )


def _rough(questions: float) -> str:
    if questions == inf:
        return "any"
    return f"{questions / MILLION:.1f} million" if questions >= MILLION else f"{questions / 1_000:,.0f} thousand"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
