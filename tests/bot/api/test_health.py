from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot.api.health import LASTS, Pulse
from bot.api.parts import Parts
from rag_core.domain import NEVER
from rag_core.errors import MisconfiguredError, UnavailableError


class Index:
    def __init__(self) -> None:
        self.looked, self.error = 0, cast(Exception | None, None)

    @property
    def version(self) -> str:
        self.looked += 1
        if self.error:
            raise self.error
        return "1"


def pulse(index: Index, now: list[float]) -> Pulse:
    parts: Any = SimpleNamespace(index=index)
    return Pulse(cast(Parts, parts), clock=lambda: now[0])


def test_many_who_ask_cost_one_look() -> None:
    index, now = Index(), [0.0]
    checked = pulse(index, now)
    for _ in range(100):
        checked.check(NEVER)
    assert index.looked == 1
    now[0] += LASTS
    checked.check(NEVER)
    assert index.looked == 2


@pytest.mark.parametrize("error", [UnavailableError("down"), MisconfiguredError("there is no index")])
def test_what_cannot_answer_is_unavailable_until_it_can(error: Exception) -> None:
    index, now = Index(), [0.0]
    index.error, checked = error, pulse(index, now)
    for _ in range(2):
        with pytest.raises(UnavailableError, match=str(error)):
            checked.check(NEVER)
    index.error, now[0] = None, LASTS
    checked.check(NEVER)
