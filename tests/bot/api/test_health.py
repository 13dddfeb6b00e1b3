import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot.api.health import LASTS, Pulse
from bot.api.parts import Parts
from bot.app import App
from rag_core.domain import NEVER
from rag_core.errors import MisconfiguredError, RejectedError, UnavailableError
from tests.bot.api.asking import Client, settings
from tests.fakes.aws_wire import create_table


class Index:
    def __init__(self) -> None:
        self.looked, self.error = 0, cast(Exception | None, None)

    @property
    def version(self) -> str:
        self.looked += 1
        if self.error:
            raise self.error
        return "1"


class Log:
    def __init__(self, error: Exception | None = None, takes: float = 0.0) -> None:
        self.error, self.takes = error, takes

    def answer(self, _question_id: str) -> None:
        time.sleep(self.takes)
        raise self.error or RejectedError("there is no such answer")


def pulse(index: Index, now: list[float], log: Log | None = None) -> Pulse:
    parts: Any = SimpleNamespace(index=index, log=log or Log())
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


def refused() -> RejectedError:
    error = RejectedError("DynamoDB refused the request (ValidationException)")
    error.__cause__ = OSError()
    return error


@pytest.mark.parametrize("error", [UnavailableError("busy"), MisconfiguredError("no table"), refused()])
def test_without_a_log_nothing_can_be_answered(error: Exception) -> None:
    with pytest.raises(UnavailableError, match=str(error).split()[0]):
        pulse(Index(), [0.0], Log(error)).check(NEVER)


def test_a_log_that_is_stuck_is_not_waited_for() -> None:
    started = time.monotonic()
    with pytest.raises(UnavailableError, match="not healthy"):
        pulse(Index(), [0.0], Log(takes=5)).check(NEVER)
    assert time.monotonic() - started < 2


def test_a_table_that_is_missing_is_no_health(home: Path, aws_url: str) -> None:
    app = App(settings(home, table="answers", aws_url=aws_url, region="eu-central-1"))
    _ = app.log, app.index  # to make them takes longer than a look may
    with pytest.raises(UnavailableError, match="ResourceNotFoundException"):
        Pulse(app).check(NEVER)
    create_table(aws_url, "answers")
    Pulse(app).check(NEVER)


def test_a_dead_log_is_503_and_says_no_more(client: Client) -> None:
    client.parts.__dict__["log"] = Log(UnavailableError("DynamoDB is busy"))
    refused = client.call("GET", "/health", caller=None)
    assert (refused.status, refused.code, refused.headers["Retry-After"]) == (503, "unavailable", "10")
