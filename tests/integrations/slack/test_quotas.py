"""A person's and a workspace's questions are counted once each, over all processes, and with the cache down too."""

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from integrations.slack.quotas import SlackQuotas
from rag_core.backends.memory import MemoryCache
from rag_core.domain import QuestionId
from rag_core.ports import Cache
from tests.contracts.claims import Hands

MINUTE = timedelta(minutes=1)
NINE = 1_800_003_600.0 - 1_800_003_600.0 % 3600


class Missing:
    """A cache that is down: keeps nothing and knows of nothing."""

    def get(self, keys: Sequence[str]) -> list[bytes | None]:
        return [None] * len(keys)

    def put(self, values: Mapping[str, bytes], *, ttl: timedelta) -> None: ...

    def add(self, key: str, value: bytes, *, ttl: timedelta) -> bool:
        return True

    def remove(self, keys: Sequence[str], *, holding: bytes | None = None) -> None: ...

    def append(self, name: str, value: bytes, *, longest: int, ttl: timedelta) -> None: ...

    def read(self, name: str, *, after: str = "", most: int = 1000) -> list[tuple[str, bytes]]:
        return []


@pytest.fixture
def clock() -> Hands:
    return Hands(NINE + 600)


def admitted(quotas: SlackQuotas, user: str, questions: Collection[str], team: str = "T1") -> list[bool]:
    return [quotas.admit(team, user, QuestionId(each)) is None for each in questions]


@pytest.mark.parametrize("cache", [MemoryCache(), Missing()])
def test_a_person_may_ask_so_much_and_another_is_not_held_up(cache: Cache, clock: Hands) -> None:
    quotas = SlackQuotas(cache, person=3, workspace=0, clock=clock)
    assert admitted(quotas, "ada", ["1", "2", "3", "4", "5"]) == [True, True, True, False, False]
    assert admitted(quotas, "ben", ["6"]) == [True]
    assert admitted(quotas, "ada", ["7"], team="T2") == [True]


@pytest.mark.parametrize("cache", [MemoryCache(), Missing()])
def test_a_workspace_may_ask_so_much_and_another_is_not_held_up(cache: Cache, clock: Hands) -> None:
    quotas = SlackQuotas(cache, person=0, workspace=2, clock=clock)
    assert admitted(quotas, "ada", ["1"]) + admitted(quotas, "ben", ["2", "3"]) == [True, True, False]
    assert admitted(quotas, "ada", ["4"], team="T2") == [True]


def test_who_is_refused_does_not_count_for_the_workspace(clock: Hands) -> None:
    quotas = SlackQuotas(MemoryCache(), person=1, workspace=2, clock=clock)
    assert admitted(quotas, "ada", ["1", "2", "3", "4"]) == [True, False, False, False]
    assert admitted(quotas, "ben", ["5"]) == [True]


@pytest.mark.parametrize("cache", [MemoryCache(), Missing()])
def test_a_question_that_comes_again_is_counted_once_and_stays_admitted(cache: Cache, clock: Hands) -> None:
    quotas = SlackQuotas(cache, person=2, workspace=3, clock=clock)
    assert admitted(quotas, "ada", ["1", "1", "1", "2", "1", "3", "2", "1"]) == [*[True] * 5, False, True, True]


def test_it_stays_admitted_in_the_next_hour(clock: Hands) -> None:
    cache = MemoryCache()
    quotas = SlackQuotas(cache, person=2, workspace=0, clock=clock)
    assert admitted(quotas, "ada", ["1"]) == [True]
    clock.move(60 * MINUTE)
    assert admitted(quotas, "ada", ["2", "3", "4", "1"]) == [True, True, False, True]
    elsewhere = SlackQuotas(cache, person=2, workspace=0, clock=clock)
    assert admitted(elsewhere, "ada", ["1", "4"]) == [True, False]


def test_what_was_refused_is_not_taken_for_admitted_in_the_next_hour(clock: Hands) -> None:
    cache = MemoryCache()
    first, second = (SlackQuotas(cache, person=1, workspace=0, clock=clock) for _ in range(2))
    assert admitted(first, "ada", ["1"]) + admitted(second, "ada", ["2"]) == [True, False]
    clock.move(60 * MINUTE)
    assert admitted(second, "ada", ["3", "2"]) == [True, False]


def test_a_new_hour_begins_anew(clock: Hands) -> None:
    quotas = SlackQuotas(MemoryCache(), person=1, workspace=1, clock=clock)
    assert admitted(quotas, "ada", ["1", "2"]) == [True, False]
    clock.move(49 * MINUTE)
    assert admitted(quotas, "ada", ["2"]) == [False]
    clock.move(MINUTE)
    assert admitted(quotas, "ada", ["2"]) == [True]


def test_the_processes_count_together(clock: Hands) -> None:
    cache = MemoryCache()
    several = [SlackQuotas(cache, person=4, workspace=0, clock=clock) for _ in range(3)]
    with ThreadPoolExecutor(8) as pool:
        said = pool.map(lambda n: several[n % 3].admit("T1", "ada", QuestionId(str(n // 2))), range(60))
        assert {sentence is None for sentence in said} == {True, False}
    assert sum(admitted(several[0], "ada", [str(n) for n in range(30)])) == 4


def test_the_refusal_is_kind_and_says_when(clock: Hands) -> None:
    quotas = SlackQuotas(MemoryCache(), person=1, workspace=2_000, clock=clock)
    quotas.admit("T1", "ada", QuestionId("1"))
    said = quotas.admit("T1", "ada", QuestionId("2")) or ""
    assert "1 question within" in said
    assert "in 50 minutes" in said
    clock.move(timedelta(minutes=49, seconds=30))
    assert "in a minute" in (quotas.admit("T1", "ada", QuestionId("2")) or "")
    quotas = SlackQuotas(MemoryCache(), person=0, workspace=1, clock=clock)
    quotas.admit("T1", "ada", QuestionId("1"))
    assert "ask an admin" in (quotas.admit("T1", "ben", QuestionId("2")) or "")


def test_nought_is_no_limit(clock: Hands) -> None:
    quotas = SlackQuotas(MemoryCache(), person=0, workspace=0, clock=clock)
    assert all(admitted(quotas, "ada", [str(number) for number in range(500)]))
