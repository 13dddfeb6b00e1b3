"""Our rate: within the plan's, for all processes together, and waited for within the time there is."""

import subprocess
import sys
import threading
import time
from collections import Counter, deque
from typing import Any

import pytest

from bot.local.account.account import Account
from bot.local.account.exchanging import Request, Response
from integrations.zendesk.addressing import Site
from integrations.zendesk.authorizing import ApiToken
from integrations.zendesk.client import Zendesk
from integrations.zendesk.pacing import PLANS, SHARE, TICKET_UPDATES, UPDATES, Limit, Pace
from integrations.zendesk.refusing import MissingError
from integrations.zendesk.tickets import NewTicket, Tickets
from rag_core.backends.memory import MemoryBudget
from rag_core.domain import Deadline
from rag_core.errors import UnavailableError
from tests.bot.local.account.conftest import Clock
from tests.services.redis import Server

API = "https://example.zendesk.com/api/v2/"
FAST = 15  # account seconds in one of ours
BUSY = """
import sys, time
from integrations.zendesk.addressing import Site
from integrations.zendesk.authorizing import ApiToken
from integrations.zendesk.client import Zendesk
from integrations.zendesk.pacing import Pace
from integrations.zendesk.tickets import Tickets
from rag_core.backends.memory import MemoryBudget
from rag_core.backends.redis.budget import RedisBudget
from rag_core.backends.redis.connecting import RedisAddress
from rag_core.domain import Deadline
from rag_core.errors import UnavailableError
_, url, email, token, redis, numbers, fast = sys.argv
address = RedisAddress("127.0.0.1", int(redis), tls=False, patience=10)
with RedisBudget(address, MemoryBudget()) as budget:
    pace = Pace(budget, "one", "team", minute=60 / int(fast))
    tickets = Tickets(Zendesk(Site.of("", url), ApiToken(email, token), pace=pace))
    until, done = time.monotonic() + 4, 0
    while time.monotonic() < until:
        try:
            if done % 3:
                tickets.named("q1", Deadline.within(30))
            else:
                tickets.tag(int(numbers.split()[done % 40]), ["more"], Deadline.within(30))
        except UnavailableError:
            continue
        done += 1
    print(done)
"""


class Counting(Account):
    """Knows how often it said what."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.said = Counter[int]()
        self._counting = threading.Lock()

    def answer(self, request: Request) -> Response:
        response = super().answer(request)
        with self._counting:
            self.said[response.status] += 1
        return response


def pace(clock: Clock, plan: str = "team") -> Pace:
    return Pace(MemoryBudget(clock), "one", plan)


def named(found: Pace, method: str, path: str) -> list[str]:
    return [limit.name for limit in found.limits(method, API + path)]


def test_a_request_counts_for_the_limits_it_falls_under(clock: Clock) -> None:
    found = pace(clock)
    assert named(found, "GET", "tickets/7.json") == ["requests"]
    assert named(found, "PUT", "tickets/7.json") == ["ticket:7", "updates", "requests"]
    assert named(found, "PUT", "tickets/7/tags.json") == ["ticket:7", "updates", "requests"]
    assert named(found, "POST", "tickets.json") == ["requests"]
    assert named(found, "GET", "incremental/tickets/cursor.json?start_time=7") == ["exports", "requests"]
    assert named(found, "GET", "help_center/incremental/articles.json") == ["exports", "requests"]


@pytest.mark.parametrize("plan", PLANS)
def test_in_no_minute_more_than_the_share_and_nearly_all_of_it_in_the_long_run(clock: Clock, plan: str) -> None:
    found = pace(clock, plan)
    [limit] = found.limits("GET", API + "users/me.json")
    begun, times, share = clock.now, deque[float](), int(PLANS[plan] * SHARE)
    total = 0
    while clock.now < begun + 600:
        if wait := found.take(limit):
            clock.now += wait
            continue
        total += 1
        times.append(clock.now)
        while times[0] <= clock.now - 60:
            times.popleft()
        assert len(times) <= share
    assert total > 0.74 * 10 * share


def test_one_ticket_is_updated_less_than_thirty_times_in_ten_minutes(clock: Clock) -> None:
    found = pace(clock)
    done = 0
    for _ in range(600):
        taken = [found.take(limit) for limit in found.limits("PUT", API + "tickets/7.json")]
        done += not any(taken)
        clock.now += 1
    assert 20 < done <= TICKET_UPDATES
    assert found.take(next(found.limits("PUT", API + "tickets/8.json"))) == 0


def test_accounts_are_apart_and_names_of_one_lie_together() -> None:
    names: list[str] = []

    class Noted(MemoryBudget):
        def take(self, name: str, *, rate: float, burst: int) -> float:
            names.append(name)
            return 0.0

    for account in ("one.zendesk.com", "two.zendesk.com"):
        found = Pace(Noted(), account, "team")
        for limit in found.limits("PUT", API + "tickets/7.json"):
            found.take(limit)
    assert len(set(names)) == 6
    assert Counter(name.partition("}")[0] for name in names) == {
        "{zendesk:one.zendesk.com": 3,
        "{zendesk:two.zendesk.com": 3,
    }


@pytest.fixture
def paced(zendesk: Account, waited: list[float], clock: Clock) -> Tickets:
    def sleep(seconds: float) -> None:
        waited.append(seconds)
        clock.now += seconds

    own = zendesk.authority
    access = ApiToken(own.email, own.token)
    return Tickets(Zendesk(Site.of("", zendesk.url), access, sleep, Pace(MemoryBudget(clock), "one", "team")))


def test_it_waits_for_its_turn(paced: Tickets, zendesk: Account, waited: list[float], clock: Clock) -> None:
    zendesk.limits.plan = int(PLANS["team"] * SHARE)  # not one more is accepted
    begun = clock.now
    for _ in range(150):
        paced.named("q1", Deadline.within(1000))
    assert clock.now - begun == pytest.approx(80, abs=0.1)  # 30 at once, then three in two seconds
    assert max(waited) < 1  # no 429 was waited for
    assert zendesk.count("GET tickets") == 150


def test_updates_are_waited_for_too(paced: Tickets, zendesk: Account, clock: Clock) -> None:
    zendesk.limits.updates = int(UPDATES * SHARE)
    numbers = [
        paced.create(NewTicket(f"q{n}", "Help", "it broke", []), Deadline.within(1000), key=f"q{n}") for n in range(5)
    ]
    begun = clock.now
    for done in range(75):
        paced.tag(numbers[done % 5], ["more"], Deadline.within(1000))
    assert 75 <= clock.now - begun < 320
    assert zendesk.count("PUT tickets/{id}/tags") == 75


def test_a_turn_beyond_the_time_there_is_is_for_the_caller(
    paced: Tickets, zendesk: Account, waited: list[float]
) -> None:
    number = paced.create(NewTicket("q1", "Help", "it broke", []), Deadline.within(10), key="q1")
    for _ in range(TICKET_UPDATES // 4):
        paced.tag(number, ["more"], Deadline.within(1000))
    with pytest.raises(UnavailableError, match="as much as may be asked") as caught:
        paced.tag(number, ["more"], Deadline.within(10))
    assert 20 < (caught.value.retry_after or 0) < 40
    assert zendesk.count("PUT tickets/{id}/tags") == TICKET_UPDATES // 4
    assert waited == []


def test_what_was_taken_is_kept_while_the_next_is_waited_for(zendesk: Account) -> None:
    taken = Counter[str]()

    class Slow(MemoryBudget):
        def take(self, name: str, *, rate: float, burst: int) -> float:
            kind = name.rpartition(":")[2]
            taken[kind] += 1
            return 0.5 if kind == "requests" and taken[kind] < 5 else 0.0

    own = zendesk.authority
    found = Pace(Slow(), "one", "team")
    tickets = Tickets(Zendesk(Site.of("", zendesk.url), ApiToken(own.email, own.token), lambda _: None, found))
    with pytest.raises(MissingError):
        tickets.tag(7, ["more"], Deadline.within(30))
    assert (taken["7"], taken["updates"], taken["requests"]) == (1, 1, 5)


def test_processes_together_never_meet_a_429(redis_server: Server) -> None:
    """At a clock that is fifteen times as fast, of an account that takes hardly more than our share."""
    begun = time.time()
    with Counting(clock=lambda: begun + (time.time() - begun) * FAST, plan=150) as account:
        ada = account.desk.add_user("Ada")
        numbers = " ".join(str(account.people.write(ada, "Help", "it broke").id) for _ in range(40))
        own = account.authority
        where = [account.url, own.email, own.token, str(redis_server.port), numbers, str(FAST)]
        running = [
            subprocess.Popen([sys.executable, "-c", BUSY, *where], stdout=subprocess.PIPE, text=True) for _ in range(3)
        ]
        done = [process.communicate(timeout=60)[0] for process in running]
    assert account.said[429] == 0
    assert sum(map(int, done)) > 40  # of the share of 120 a minute


def test_a_limit_of_few_still_gives_one() -> None:
    assert (Limit("a", 6, 60).burst, Limit("a", 3, 60).burst) == (1, 1)
    assert Limit("a", 6, 60).burst + Limit("a", 6, 60).rate * 60 == 6
