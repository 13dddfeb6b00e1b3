"""The simulation against what is known without it: queueing theory, arithmetic, and a real run."""

import random
from dataclasses import replace
from statistics import mean, median

import pytest
from simpy import Environment

from bot.batching import AGAIN as OFF
from bot.estimating import durations
from bot.estimating.tables import shipped
from tests.benchmarks.capacity import bounds, scenarios
from tests.benchmarks.capacity.__main__ import PARTS
from tests.benchmarks.capacity.checking import KNOWN, simulated
from tests.benchmarks.capacity.limits import Channel, Limits, of
from tests.benchmarks.capacity.scenarios import at_once
from tests.benchmarks.capacity.waiting import Bucket, Station
from tests.benchmarks.marked import part

WIDE = Limits(
    rate=1e6, burst=1e6, workers=1e6, search_most=1e6, warm=10**6, account=1e6, pollers=1e6, polled_most=1e6,
    tokens=1e12, search_units=1e6, patience=1e9,
)  # fmt: skip


@pytest.mark.parametrize(("places", "busy"), [(1, 0.5), (3, 0.5), (10, 0.6)])
def test_a_station_waits_as_erlang_says(places: int, busy: float) -> None:
    env, chance, waits = Environment(), random.Random(places), list[float]()  # noqa: S311
    station, rate, count = Station(env, lambda _: places), places * busy, 40_000

    def ask(at: float):  # type: ignore[no-untyped-def]
        yield env.timeout(at)
        yield station.take()
        waits.append(env.now - at)
        yield env.timeout(chance.expovariate(1))
        station.leave()

    at = 0.0
    for _ in range(count):
        env.process(ask(at := at + chance.expovariate(rate)))
    env.run()
    assert mean(waits) == pytest.approx(bounds.longest_queue(places, rate, 1.0), rel=0.1)
    assert station.most == places


def test_erlang_of_one_place_is_the_known_one() -> None:
    assert bounds.longest_queue(1, 0.7, 1.0) == pytest.approx(0.7 / 0.3)
    assert bounds.longest_queue(2, 1.0, 1.0) == pytest.approx(1 / 3)


def test_a_bucket_lets_its_burst_go_and_then_so_much_a_minute() -> None:
    bucket = Bucket(60, 5)
    assert [bucket.take(0.0) for _ in range(8)] == pytest.approx([0, 0, 0, 0, 0, 1, 2, 3])
    assert not Bucket(60, 0.5).offers(0.0)
    assert [bucket.take(100.0) for _ in range(6)] == pytest.approx([0, 0, 0, 0, 0, 1])


@pytest.mark.parametrize(
    ("channel", "name", "limits"),
    [
        (Channel.API, "Workers", replace(WIDE, workers=20)),
        (Channel.API, "how fast SQS's mapping grows", replace(WIDE, pollers=5)),
        (Channel.API, "the model's tokens a minute", replace(WIDE, tokens=1e6)),
        (Channel.API, "search units", replace(WIDE, search_units=0.5, search_most=1, search_grows=1e9)),
        (Channel.ZENDESK, "Zendesk's updates of tickets", WIDE),
        (Channel.SLACK, "Slack's posts a workspace", WIDE),
        (Channel.SLACK, "Slack's posts a channel", replace(WIDE, channels=4, workspace=1e9)),
        (Channel.SLACK, "Rate and Burst of the API", replace(WIDE, rate=100, burst=700, workspace=1e9)),
    ],
)
def test_where_one_limit_binds_the_last_is_through_when_arithmetic_says(
    channel: Channel, name: str, limits: Limits
) -> None:
    tables, count = shipped(), 1_000
    each = bounds.load(tables, limits, channel, tables.sizes["large"].worker_memory, 0.0)
    alone = bounds.drained(limits, each, channel, count)
    result = at_once("large", channel, count, limits, cached=0.0)
    assert result.binding == name
    assert result.answered == count
    assert result.whole[1] == pytest.approx(alone[name] + each.worker, rel=0.15, abs=5)


def test_nothing_binds_where_all_is_wide() -> None:
    result = at_once("large", Channel.API, 500, WIDE, cached=0.0)
    assert result.binding == bounds.NOTHING
    assert result.oldest == 0
    assert result.whole[0] == pytest.approx(durations.drafted(shipped(), 1_536, 250, ("", 0)).seconds, rel=0.15)


@pytest.mark.parametrize(("workers", "count", "last", "middle"), [(2, 20, 14.2, 6.5), (10, 120, 19.2, 9.8)])
def test_it_says_what_a_real_run_took(workers: int, count: int, last: float, middle: float) -> None:
    """Measured at load 0.7: the pipeline's questions in threads; a single one takes 1.56 s, 33 ms of it CPU."""
    said = [0.0] * KNOWN + simulated(workers, count - KNOWN, 1.56, 0.033)
    assert max(said) == pytest.approx(last, rel=0.05)
    assert median(said) == pytest.approx(middle, rel=0.15)


def test_whoever_waits_longer_than_a_job_is_put_off_is_told() -> None:
    result = at_once("large", Channel.SLACK, 1_000, replace(WIDE, patience=20, channels=1, workspace=1e9), cached=0.0)
    assert result.told > 300
    assert result.answered == 1_000 - result.told
    assert result.whole[1] < sum(OFF) + 4 * 60


def test_tickets_wait_for_zendesk_as_often_as_it_takes() -> None:
    result = at_once("large", Channel.ZENDESK, 1_000, replace(WIDE, patience=20), cached=0.0)
    assert (result.told, result.answered) == (0, 1_000)
    assert result.whole[1] > sum(OFF) + 4 * 60


@pytest.mark.parametrize("name", ["times", "limits", "large"])
def test_the_document_says_what_is_reckoned(name: str) -> None:
    assert part("capacity.md", name) == "\n".join(PARTS[name]()).strip("\n"), "make capacity writes it anew"


def test_a_month_beyond_a_limit_is_told_to_be() -> None:
    tables = shipped()
    limits = of(tables.sizes["large"])
    each = bounds.load(tables, limits, Channel.API, 1_536, scenarios.CACHED)
    used = bounds.used(limits, each, Channel.API, scenarios.peak(tables, 10_000_000))
    assert bounds.first(used, 1.0) == "the model's tokens a minute"
    assert bounds.first(bounds.used(limits, each, Channel.API, scenarios.peak(tables, 100_000)), 1.0) == bounds.NOTHING
