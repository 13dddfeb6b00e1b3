"""Questions on their way through the request URL, the queue, a worker, the search, the model and a channel's limits.

Who waits for a limit keeps its worker as long as a person's deadline allows, and else puts the job off, as often as the
product does: then the asker is told. What is not in it: that a try which comes too early takes a call itself.
"""

import random
from collections import defaultdict
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, field
from math import log

from simpy import Environment, Event

from bot.batching import AGAIN as OFF
from bot.batching import SPREAD as WIDENS
from bot.estimating.tables import Tables
from tests.benchmarks.capacity.limits import AGAIN, Channel, Limits
from tests.benchmarks.capacity.waiting import Bucket, Station

Steps = Generator[Event, None, None]
ZENDESK = "Zendesk:"  # before its limits, for which a job waits as often as it takes
SPREAD = 0.4  # of the logarithm of what a model takes


class GivenUpError(Exception):
    """The job was delivered for the last time."""


@dataclass(slots=True)
class Off:
    """A job that may be put off: how long it has been there, and for how long it is."""

    since: float
    left: Iterator[float] = field(default_factory=lambda: iter(OFF))


@dataclass(slots=True)
class Found:
    """Seconds, a question each, and for what they were waited."""

    first: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)
    ages: list[float] = field(default_factory=list)
    waits: defaultdict[str, float] = field(
        default_factory=lambda: defaultdict(float)
    )  # seconds of all, by what they waited for
    refused: int = 0  # events that the request URL turned away
    told: int = 0  # questions that were put off for the last time
    workers: int = 0  # at once, at the most


class World:
    """One account and region, one workspace, one account of Zendesk's."""

    def __init__(
        self,
        tables: Tables,
        limits: Limits,
        channel: Channel,
        *,
        memory: int,
        cached: float,
        seed: int = 0,
        busy: float = 0.0,
    ) -> None:
        """`busy`: seconds that the queue has been worked on for already, and so has grown its pollers."""
        self.env, self.found = Environment(), Found()
        self._tables, self._limits, self._channel, self._cached = tables, limits, channel, cached
        self._chance, self._processor = random.Random(seed), min(1.0, memory / tables.value("vcpu_memory"))  # noqa: S311
        self._busy, self._warm = busy, limits.warm if not busy else round(limits.workers)
        self._workers = Station(self.env, self._pollers)
        self._receiving = 0
        self._search = Station(self.env, self._searchers)
        self._door = Bucket(limits.rate * 60, limits.burst)
        self._tokens, self._workspace = Bucket(limits.tokens), Bucket(limits.workspace)
        self._streams = Bucket(limits.streams)
        self._updates = Bucket(limits.updates, limits.updates_at_once)
        self._requests = Bucket(limits.requests, limits.requests_at_once)
        self._posts = [Bucket(limits.posts, limits.posts_at_once) for _ in range(limits.channels)]

    def run(self, arrivals: Iterable[float], until: float | None = None) -> Found:
        for at in arrivals:
            self.env.process(self._ask(at))
        self.env.run(until)
        self.found.workers = self._workers.most
        return self.found

    def _pollers(self, now: float) -> float:
        """Workers that may be at work now."""
        limits, since = self._limits, now + self._busy
        grown = limits.pollers + limits.polled / 60 * since
        return min(grown, limits.polled_most, limits.workers, limits.account - self._receiving)

    def _searchers(self, now: float) -> float:
        limits = self._limits
        if now < limits.asleep:
            return 0
        return min(limits.search_most, limits.search_units + limits.search_grows / 60 * (now + self._busy))

    def _ask(self, at: float) -> Steps:
        yield self.env.timeout(at)
        for wait in (*AGAIN, None):
            if (yield from self._received()):
                break
            if wait is None:
                return
            self.found.waits["the request URL"] += wait
            yield self.env.timeout(wait)
        queued = self.env.now
        yield self._workers.take()
        self.found.ages.append(self.env.now - queued)
        self.found.waits["workers"] += self.env.now - queued
        yield from self._start()
        try:
            first = yield from self._work(Off(queued))
        except GivenUpError:
            self.found.told += 1
        else:
            self.found.first.append(first - at)
            self.found.whole.append(self.env.now - at)
        self._warm += 1
        self._workers.leave()

    def _received(self) -> Generator[Event, None, bool]:
        """Whether one of its events was taken in."""
        events = round(self._tables.value("events")) if self._channel is Channel.SLACK else 1
        taken = 0
        for _ in range(events):
            there = self._receiving + self._workers.taken < self._limits.account
            taken += there and self._door.offers(self.env.now)
        self.found.refused += events - taken
        if not taken:
            return False
        self._receiving += taken
        own = self._tables.value("ingress" if self._busy else "ingress_cold")
        yield self.env.timeout(own + self._tables.value("store_call"))
        self._receiving -= taken
        return True

    def _start(self) -> Steps:
        """In an environment that is there, or a new one."""
        if self._warm:
            self._warm -= 1
            return
        wait = self._tables.value("init")
        self.found.waits["cold starts"] += wait
        yield self.env.timeout(wait)

    def _work(self, off: Off) -> Generator[Event, None, float]:
        """When the first words stood there."""
        value, slack = self._tables.value, self._channel is Channel.SLACK
        known = self._chance.random() < self._cached
        own = (value("cached_cpu" if known else "core_cpu") + value("channel_cpu")) / self._processor
        yield self.env.timeout(own + value("store_calls") * value("store_call"))
        if slack:
            yield self.env.timeout(value("slack_call"))
        elif self._channel is Channel.ZENDESK:
            yield from self._asked_zendesk(off, 3)
        if known:
            yield self.env.timeout(value("cached"))
            return (yield from self._show(off))
        yield self.env.timeout(value("embedding"))
        yield from self._searched()
        yield from self._allowed(
            off,
            "tokens of the model",
            self._tokens,
            value("passage_tokens") + self._limits.burndown * value("output_tokens"),
        )
        pace = self._about(value("token"))
        yield self.env.timeout(self._about(value("first_token")) + pace * value("first_sentence"))
        rest = pace * (value("output_tokens") - value("first_sentence"))
        if slack and self._streams.offers(self.env.now):
            shown = yield from self._show(off)
            yield self.env.timeout(rest + value("slack_call"))
            return shown
        yield self.env.timeout(rest)
        return (yield from self._show(off))

    def _searched(self) -> Steps:
        asked = self.env.now
        yield self._search.take()
        self.found.waits["search units"] += self.env.now - asked
        yield self.env.timeout(self._tables.value("search"))
        self._search.leave()

    def _show(self, off: Off) -> Generator[Event, None, float]:
        """Something of the answer, where the asker reads it; when that was."""
        if self._channel is Channel.SLACK:
            channel = self._chance.choice(self._posts)
            yield from self._allowed(off, "Slack: posts of a channel", channel)
            yield from self._allowed(off, "Slack: posts of the workspace", self._workspace)
            yield self.env.timeout(self._tables.value("slack_call"))
        elif self._channel is Channel.ZENDESK:
            for _ in range(round(self._tables.value("zendesk_updates"))):  # the note, and its tags
                yield from self._allowed(off, "Zendesk: updates of tickets", self._updates)
                yield from self._asked_zendesk(off, 1)
        return self.env.now

    def _asked_zendesk(self, off: Off, count: int) -> Steps:
        for _ in range(count):
            yield from self._allowed(off, "Zendesk: requests", self._requests)
            yield self.env.timeout(self._tables.value("zendesk_call"))

    def _allowed(self, off: Off, name: str, bucket: Bucket, amount: float = 1.0) -> Steps:
        while (wait := bucket.wait(self.env.now, amount)) > self._limits.patience:
            yield from self._put_off(off, name, wait)
        bucket.take(self.env.now, amount)
        self.found.waits[name] += wait
        yield self.env.timeout(wait)

    def _put_off(self, off: Off, name: str, told: float) -> Steps:
        """The place goes to another; `told`: the seconds that a refusal names."""
        if name.startswith(ZENDESK):
            least, most = WIDENS
            wait = told + self._chance.uniform(0.0, min(max((self.env.now - off.since) / 2, least), most))
        elif (left := next(off.left, None)) is None:
            raise GivenUpError
        else:
            wait = left
        self._warm += 1
        self._workers.leave()
        self.found.waits[name] += max(wait, told)
        yield self.env.timeout(max(wait, told))
        yield self._workers.take()
        yield from self._start()
        value = self._tables.value
        yield self.env.timeout(value("channel_cpu") / self._processor + value("store_calls") * value("store_call"))

    def _about(self, seconds: float) -> float:
        """Lognormal, with that mean."""
        return self._chance.lognormvariate(log(seconds) - SPREAD**2 / 2, SPREAD)
