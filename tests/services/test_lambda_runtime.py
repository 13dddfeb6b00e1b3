from collections.abc import Iterator

import pytest

from tests.services.lambda_runtime import Function, lambda_function

HANDLER = "tests.services.handler.handle"


@pytest.fixture(scope="module")
def function() -> Iterator[Function]:
    with lambda_function(HANDLER, {"GREETING": "hello"}, timeout=2) as function:
        yield function


def test_it_runs_with_its_own_environment(function: Function) -> None:
    status, answer = function.invoke({"number": 1})
    assert (status, answer["event"], answer["greeting"]) == (200, {"number": 1}, "hello")
    assert 0 < answer["left"] <= 2000
    assert "handled {'number': 1}" in function.log


def test_a_warm_start_keeps_the_process(function: Function) -> None:
    _, first = function.invoke({})
    _, second = function.invoke({})
    assert second["count"] == first["count"] + 1


def test_an_exception_is_told(function: Function) -> None:
    status, answer = function.invoke({"fail": "no such page"})
    assert (status, answer["errorType"], answer["errorMessage"]) == (200, "ValueError", "no such page")


def test_a_timeout_ends_the_process(function: Function) -> None:
    _, answer = function.invoke({"sleep": 10})
    assert "timed out" in str(answer).lower()
    _, after = function.invoke({})
    assert after["count"] == 1
