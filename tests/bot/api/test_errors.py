"""What a caller is told of an error, and what not."""

from http import HTTPStatus

import pytest

from bot.api.errors import bad, problem
from rag_core.errors import MisconfiguredError, RejectedError, SupportBotError, UnavailableError

WORDS = "no such parameter arn:aws:bedrock:eu-central-1:123456789012:x"


def translated(error: SupportBotError) -> SupportBotError:
    """As a backend raises it."""
    try:
        raise error from ValueError(WORDS)
    except SupportBotError as raised:
        return raised


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        (RejectedError, HTTPStatus.INTERNAL_SERVER_ERROR, "misconfigured"),
        (MisconfiguredError, HTTPStatus.INTERNAL_SERVER_ERROR, "misconfigured"),
        (UnavailableError, HTTPStatus.SERVICE_UNAVAILABLE, "unavailable"),
    ],
)
def test_a_backends_refusal_is_not_the_callers_fault_and_its_words_stay_here(
    kind: type[SupportBotError], status: HTTPStatus, code: str
) -> None:
    found = problem(translated(kind(f"DynamoDB refused the request: {WORDS}")))
    assert (found.status, found.code) == (status, code)
    for word in (b"arn", b"DynamoDB", b"refused"):
        assert word not in found.body("r")


def test_what_the_caller_did_wrong_is_told() -> None:
    for error in (RejectedError("the question is empty"), bad("the question is empty")):
        found = problem(error)
        assert (found.status, found.message) == (HTTPStatus.BAD_REQUEST, "the question is empty")
