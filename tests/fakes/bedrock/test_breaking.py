"""Faults on demand, and which exceptions boto3 makes of them."""

import json
import time
from contextlib import closing
from typing import Any

import pytest
from botocore.config import Config
from botocore.eventstream import ChecksumMismatch
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    EventStreamError,
    ReadTimeoutError,
    ResponseStreamingError,
)
from urllib3.exceptions import ProtocolError
from urllib3.exceptions import ReadTimeoutError as StreamTimeoutError

from tests.fakes.bedrock.asking import (
    COHERE,
    TITAN,
    asking,
    deltas,
    embedded,
    streamed,
)
from tests.fakes.bedrock.fake import BedrockFake


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("ThrottlingException", 429),
        ("ModelNotReadyException", 429),
        ("ModelTimeoutException", 408),
        ("ModelErrorException", 424),
        ("InternalServerException", 500),
        ("ServiceUnavailableException", 503),
        ("AccessDeniedException", 403),
        ("ExpiredTokenException", 403),
        ("ServiceQuotaExceededException", 400),
    ],
)
def test_errors_have_their_name_and_status(fake: BedrockFake, runtime: Any, kind: str, status: int) -> None:
    fake.fail("Converse", with_=kind)
    with pytest.raises(ClientError) as failed:
        runtime.converse(**asking())
    assert failed.value.response["Error"]["Code"] == kind
    assert failed.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert runtime.converse(**asking())["stopReason"] == "end_turn"


def test_throttled_twice_then_served_to_a_client_that_tries_again(fake: BedrockFake) -> None:
    patient = fake.client(config=Config(retries={"total_max_attempts": 3, "mode": "standard"}))
    fake.fail("ConverseStream", times=2, with_="ThrottlingException", retry_after=0)
    assert streamed(patient)[-1]["metadata"]["usage"]["outputTokens"] > 0
    calls = fake.calls("ConverseStream")
    ends = time.monotonic() + 5
    while calls[-1].outcome == "pending" and time.monotonic() < ends:  # the last byte is read before it is recorded
        time.sleep(0.01)
    assert [call.outcome for call in calls] == ["ThrottlingException"] * 2 + ["ok"]
    assert [call.headers["amz-sdk-request"] for call in calls] == [f"attempt={n}; max=3" for n in (1, 2, 3)]


def test_faults_strike_the_calls_they_name(fake: BedrockFake, runtime: Any) -> None:
    fake.fail("InvokeModel", with_="ThrottlingException", calls=(2, 4), retry_after=1.5)
    fake.fail("*", with_="InternalServerException", after=2, model="titan")
    outcomes = []
    for model in (COHERE, COHERE, TITAN, COHERE, TITAN, TITAN):
        try:
            embedded(runtime, "x", model=model)
            outcomes.append("ok")
        except ClientError as error:
            outcomes.append(error.response["Error"]["Code"])
            headers = error.response["ResponseMetadata"]["HTTPHeaders"]
            assert headers.get("retry-after") == ("1.5" if outcomes[-1] == "ThrottlingException" else None)
    assert outcomes == ["ok", "ThrottlingException", "ok", "ThrottlingException", "ok", "InternalServerException"]


def test_a_mistyped_fault_is_named(fake: BedrockFake) -> None:
    for operation, with_ in (("Convers", "reset"), ("Converse", "Throttling")):
        with pytest.raises(ValueError, match="there are"):
            fake.fail(operation, with_=with_)
    with pytest.raises(ValueError, match="inside a stream"):
        fake.fail("ConverseStream", with_="AccessDeniedException", midway=True)
    with pytest.raises(AttributeError, match="there are"):
        fake.settings.change({"first_tokens": 1})


@pytest.mark.parametrize(
    ("with_", "error"),
    [("reset", ConnectionClosedError), ("close", ConnectionClosedError), ("stall", ReadTimeoutError)],
)
def test_a_connection_that_breaks_before_the_answer(
    fake: BedrockFake, runtime: Any, with_: str, error: type[Exception]
) -> None:
    fake.fail("ConverseStream", with_=with_)
    with pytest.raises(error):
        streamed(runtime)
    assert fake.last.outcome == with_
    assert streamed(runtime)


@pytest.mark.parametrize(
    ("with_", "error"),
    [
        ("reset", ProtocolError),
        ("close", ProtocolError),
        ("stall", StreamTimeoutError),
        ("corrupt", ChecksumMismatch),
        ("ThrottlingException", EventStreamError),
        ("ModelStreamErrorException", EventStreamError),
    ],
)
def test_a_stream_that_breaks_midway(fake: BedrockFake, runtime: Any, with_: str, error: type[Exception]) -> None:
    fake.script("One two three four five six.")
    fake.fail("ConverseStream", with_=with_, midway=True, after_events=3)
    came: list[dict[str, Any]] = []
    with closing(runtime.converse_stream(**asking())["stream"]) as stream, pytest.raises(error):
        came.extend(stream)
    assert "".join(delta["text"] for delta in deltas(came, 0)) == "One two three"
    assert (fake.last.outcome, fake.last.events) == (with_, 3)
    assert streamed(runtime)


@pytest.mark.parametrize(
    ("with_", "error"),
    [
        ("reset", ResponseStreamingError),
        ("close", ResponseStreamingError),
        ("stall", ReadTimeoutError),
        ("corrupt", json.JSONDecodeError),
    ],
)
def test_half_an_embedding(fake: BedrockFake, runtime: Any, with_: str, error: type[Exception]) -> None:
    fake.fail("InvokeModel", with_=with_, midway=True)
    with pytest.raises(error):
        embedded(runtime, "x")
    assert fake.last.outcome == with_


@pytest.mark.parametrize("with_", ["close", "corrupt"])
def test_half_a_converse_is_an_empty_success_to_boto3(fake: BedrockFake, runtime: Any, with_: str) -> None:
    """Botocore takes a body that is no JSON for an empty one, and does not try again: `output` must be looked for."""
    fake.fail("Converse", with_=with_, midway=True)
    assert runtime.converse(**asking()).keys() == {"ResponseMetadata"}
    assert fake.counters["Converse"] == 1
