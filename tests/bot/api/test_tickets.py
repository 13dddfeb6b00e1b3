import pytest

from bot.api import tickets
from bot.api.callers import Caller
from rag_core.domain import QuestionId

NOW = 1_800_000_000.0
DAY = 86_400


def caller(name: str = "a", *keys: str) -> Caller:
    return Caller(name, list(keys) or ["0" * 64])


def issued(to: Caller) -> QuestionId:
    return tickets.issue(to, lambda: NOW)


def test_an_id_is_pending_for_whom_it_was_made_and_for_a_day() -> None:
    name = issued(caller())
    assert tickets.is_pending(name, caller(), lambda: NOW + DAY - 2)
    assert not tickets.is_pending(name, caller(), lambda: NOW + DAY + 2)
    assert not tickets.is_pending(name, caller("b"), lambda: NOW)
    assert not tickets.is_pending(name, caller("a", "1" * 64), lambda: NOW)


def test_it_stays_pending_while_a_key_is_exchanged() -> None:
    assert tickets.is_pending(issued(caller()), caller("a", "1" * 64, "0" * 64), lambda: NOW)


@pytest.mark.parametrize("place", range(0, 40, 3))
def test_an_id_that_was_changed_is_none(place: int) -> None:
    name = issued(caller())
    changed = QuestionId(f"{name[:place]}{(int(name[place], 16) + 1) % 16:x}{name[place + 1 :]}")
    assert not tickets.is_pending(changed, caller(), lambda: NOW)


def test_no_two_are_alike() -> None:
    assert len({issued(caller()) for _ in range(1000)}) == 1000
