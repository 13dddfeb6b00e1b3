"""In closed form: what each limit alone would make of many questions at once, or of a steady stream of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf, sqrt

from bot.estimating import durations
from bot.estimating.tables import Tables
from tests.benchmarks.capacity.limits import AGAIN, Channel, Limits

NOTHING = "nothing"
TOLD: Mapping[Channel, Callable[[Tables], durations.Told]] = {
    Channel.SLACK: durations.slack,
    Channel.ZENDESK: durations.zendesk,
    Channel.API: lambda _: ("nobody", 0.0),
}


@dataclass(frozen=True, slots=True)
class Load:
    """What one question asks of each limit."""

    worker: float  # seconds
    tokens: float
    search: float  # seconds of a unit
    events: float
    zendesk: float  # requests
    updates: float  # of them


def load(tables: Tables, limits: Limits, channel: Channel, memory: int, cached: float) -> Load:
    value, drafted = tables.value, 1 - cached
    told = TOLD[channel](tables)
    long, short = (
        durations.drafted(tables, memory, value("output_tokens"), told),
        durations.cached(tables, memory, told),
    )
    return Load(
        worker=drafted * long.seconds + cached * short.seconds,
        tokens=drafted * (value("passage_tokens") + limits.burndown * value("output_tokens")),
        search=drafted * value("search"),
        events=value("events") if channel is Channel.SLACK else 1,
        zendesk=value("zendesk_calls"),
        updates=value("zendesk_updates"),
    )


def drained(limits: Limits, each: Load, channel: Channel, count: int) -> Mapping[str, float]:
    """Seconds until the last of so many at once is through, were this the only limit."""
    work = count * each.worker
    found = {
        "Rate and Burst of the API": _redelivered(limits, count * each.events),
        "how fast SQS's mapping grows": _grown(limits, work),
        "Workers": work / limits.workers,
        "the account's concurrency": work / limits.account,
        "the model's tokens a minute": (count * each.tokens / limits.tokens - 1) * 60,
        "search units": count * each.search / limits.search_most,
    }
    for name, (demand, a_minute, burst) in _told(limits, each, channel).items():
        found[name] = (count * demand - burst) / a_minute * 60
    return {name: max(0.0, seconds) for name, seconds in found.items()}


def used(limits: Limits, each: Load, channel: Channel, a_minute: float) -> Mapping[str, float]:
    """The share of each limit that a steady stream takes."""
    found = {
        "Rate and Burst of the API": a_minute * each.events / 60 / limits.rate,
        "Workers": a_minute * each.worker / 60 / limits.workers,
        "the account's concurrency": a_minute * each.worker / 60 / limits.account,
        "the model's tokens a minute": a_minute * each.tokens / limits.tokens,
        "search units": a_minute * each.search / 60 / limits.search_most,
    }
    return found | {name: a_minute * demand / most for name, (demand, most, _) in _told(limits, each, channel).items()}


def first(found: Mapping[str, float], least: float) -> str:
    """Which binds, if any does by more than `least`."""
    name = max(found, key=lambda each: found[each])
    return name if found[name] > least else NOTHING


def longest_queue(places: float, rate: float, seconds: float) -> float:
    """The mean wait for one of `places` where arrivals and service are exponential: Erlang's C."""
    offered = rate * seconds
    blocked = 1.0
    for place in range(1, int(places) + 1):
        blocked = offered * blocked / (place + offered * blocked)
    waits = blocked / (1 - offered / places * (1 - blocked))
    return waits * seconds / (places - offered)


def _grown(limits: Limits, work: float) -> float:
    """The pollers' number grows evenly: so long until they have done `work`, in seconds of one."""
    begin, grows = limits.pollers, limits.polled / 60
    return (sqrt(begin**2 + 2 * grows * work) - begin) / grows


def _redelivered(limits: Limits, events: float) -> float:
    """What is refused comes again, all of it together, when its sender delivers once more."""
    left, allowed, waited = events, limits.burst, 0.0
    for wait in (*AGAIN, inf):
        taken = min(left, allowed + limits.rate)  # within a second
        left -= taken
        if not left:
            break
        allowed = min(limits.burst, allowed + limits.rate - taken + limits.rate * wait)
        waited += wait
    return waited


def _told(limits: Limits, each: Load, channel: Channel) -> Mapping[str, tuple[float, float, float]]:
    """What a question takes of what its channel allows a minute, and at once."""
    if channel is Channel.SLACK:
        return {
            "Slack's posts a channel": (1 / limits.channels, limits.posts, limits.posts_at_once),
            "Slack's posts a workspace": (1, limits.workspace, limits.workspace),
        }
    if channel is Channel.ZENDESK:
        return {
            "Zendesk's updates of tickets": (each.updates, limits.updates, limits.updates_at_once),
            "Zendesk's requests": (each.zendesk, limits.requests, limits.requests_at_once),
        }
    return {}
