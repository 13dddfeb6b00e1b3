"""The server around the answers: their wire form, the control plane, delays, a process of its own."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import botocore.session
import pytest
from botocore.config import Config
from botocore.eventstream import EventStreamBuffer
from botocore.exceptions import (
    EndpointConnectionError,
)
from botocore.validate import ParamValidator

from tests.fakes.bedrock.answering import UNKNOWN, Answer, Cited, ToolUse
from tests.fakes.bedrock.asking import (
    HAIKU,
    ONCE,
    TITAN,
    asking,
    embedded,
    raw,
    rerank_request,
    streamed,
)
from tests.fakes.bedrock.fake import BedrockFake
from tests.fakes.bedrock.process import BedrockProcess
from tests.fakes.bedrock.settings import Spread

APPLY = {"source": "INPUT", "content": [{"text": {"text": "a bomb"}}]}


@pytest.mark.parametrize(
    ("service", "operation", "path", "body"),
    [
        ("bedrock-runtime", "Converse", f"/model/{HAIKU}/converse", asking()),
        ("bedrock-runtime", "ConverseStream", f"/model/{HAIKU}/converse-stream", asking()),
        ("bedrock-runtime", "ApplyGuardrail", "/guardrail/g1/version/1/apply", APPLY),
        ("bedrock-agent-runtime", "Rerank", "/rerank", rerank_request("a", "b")),
        ("bedrock", "GetFoundationModel", f"/foundation-models/{TITAN}", None),
        ("bedrock", "ListFoundationModels", "/foundation-models", None),
        ("bedrock", "GetInferenceProfile", f"/inference-profiles/{HAIKU}", None),
        ("bedrock", "ListInferenceProfiles", "/inference-profiles", None),
    ],
)
def test_every_answer_fits_the_service_model(
    fake: BedrockFake, service: str, operation: str, path: str, body: dict[str, Any] | None
) -> None:
    fake.script(Answer([ToolUse("look", {"for": "it"}), Cited("Yes.", (0, 1))], thinking="Hm."))
    fake.settings.blocked_words = ("bomb",)
    shape: Any = botocore.session.get_session().get_service_model(service).operation_model(operation).output_shape
    answer = raw(fake, path, body)
    if operation != "ConverseStream":
        assert not ParamValidator().validate(json.loads(answer), shape).generate_report()
        return
    buffer: Any = EventStreamBuffer()
    buffer.add_data(answer)
    for event in buffer:
        assert event.headers[":message-type"] == "event"
        payload = {name: value for name, value in json.loads(event.payload).items() if name != "p"}
        member = shape.members["stream"].members[event.headers[":event-type"]]
        assert not ParamValidator().validate(payload, member).generate_report()


def test_the_control_plane_knows_models_and_profiles(control: Any) -> None:
    details = control.get_foundation_model(modelIdentifier="anthropic.claude-haiku-5-5")["modelDetails"]
    assert details["responseStreamingSupported"]
    assert details["modelLifecycle"]["status"] == "ACTIVE"
    profile = control.get_inference_profile(inferenceProfileIdentifier=HAIKU)
    assert details["modelArn"] in [model["modelArn"] for model in profile["models"]]
    pages = control.get_paginator("list_inference_profiles").paginate(PaginationConfig={"PageSize": 3})
    names = [one["inferenceProfileId"] for page in pages for one in page["inferenceProfileSummaries"]]
    assert {HAIKU, "us.cohere.embed-v4:0"} <= set(names)
    assert not [name for name in names if name.startswith("eu.")]
    assert len(control.list_foundation_models(byOutputModality="EMBEDDING")["modelSummaries"]) == 2
    with pytest.raises(control.exceptions.ResourceNotFoundException):
        control.get_foundation_model(modelIdentifier="anthropic.claude-9")
    with pytest.raises(control.exceptions.ResourceNotFoundException):
        control.get_inference_profile(inferenceProfileIdentifier="eu.anthropic.claude-haiku-5-5")


def test_nobody_listens_while_it_is_down(fake: BedrockFake, runtime: Any) -> None:
    with fake.down(), pytest.raises(EndpointConnectionError):
        runtime.converse(**asking())
    assert runtime.converse(**asking())["stopReason"] == "end_turn"


def test_delays_are_kept(fake: BedrockFake, runtime: Any) -> None:
    fake.settings.first_token, fake.settings.between_tokens = 0.2, 0.02
    fake.script(Answer("one two three four five six"), Answer("quick", first_token=0, between_tokens=0))
    begun = time.monotonic()
    times = [time.monotonic() - begun for _ in runtime.converse_stream(**asking())["stream"]]
    assert times[0] >= 0.2
    assert times[-1] >= 0.29
    begun = time.monotonic()
    streamed(runtime)
    assert time.monotonic() - begun < 0.2
    fake.settings.change({"embedding": {"median": 0.05, "p99": 0.1}, "first_token": 0, "between_tokens": 0})
    assert fake.settings.embedding == Spread(0.05, 0.1)
    fake.fail("InvokeModel", with_="slow", delay=0.2)
    begun = time.monotonic()
    embedded(runtime, "x")
    assert time.monotonic() - begun >= 0.2


def test_a_client_that_hangs_up_is_noticed(fake: BedrockFake) -> None:
    fake.settings.between_tokens = 0.02
    fake.script("word " * 1000)
    stream = fake.client(config=ONCE).converse_stream(**asking())["stream"]
    next(iter(stream))
    assert fake.open_streams == 1
    stream.close()
    deadline = time.monotonic() + 5
    while fake.open_streams and time.monotonic() < deadline:
        time.sleep(0.01)
    assert (fake.last.outcome, fake.peak_streams) == ("aborted", 1)
    assert 0 < fake.last.events < 500


def test_reset_forgets(fake: BedrockFake, runtime: Any) -> None:
    fake.settings.first_token = 9
    fake.script("Never said.")
    fake.fail("*", with_="reset", times=None)
    fake.reset()
    assert runtime.converse(**asking("Zebras?"))["output"]["message"]["content"] == [{"text": UNKNOWN}]
    assert fake.counters == {"Converse": 1, "Converse.ok": 1}


def test_an_application_finds_it_by_its_environment(fake: BedrockFake, monkeypatch: pytest.MonkeyPatch) -> None:
    import boto3

    for name, value in fake.environment(region="eu-west-1").items():
        monkeypatch.setenv(name, value)
    client = boto3.session.Session().client("bedrock-runtime")
    client.converse(**{**asking(), "modelId": "eu.anthropic.claude-haiku-5-5"})
    client.close()
    assert fake.last.region == "eu-west-1"


def test_it_runs_in_a_process_of_its_own() -> None:
    with BedrockProcess(first_token={"median": 0.01, "p99": 0.02}, answer_words=20) as fake:
        runtime = fake.client(config=ONCE)
        fake.fail("ConverseStream", with_="ThrottlingException")
        with pytest.raises(runtime.exceptions.ThrottlingException):
            streamed(runtime)
        assert len(streamed(runtime)) > 20
        assert fake.state["counters"]["ConverseStream.ok"] == 1
        fake.change(answer_words=0)
        fake.reset()
        assert fake.state["counters"] == {}


def test_many_streams_at_once(fake: BedrockFake) -> None:
    fake.settings.between_tokens = 0.05
    with ThreadPoolExecutor(20) as pool:
        runtime = fake.client(config=ONCE.merge(Config(max_pool_connections=20)))
        begun = time.monotonic()
        said = list(pool.map(lambda _: streamed(runtime), range(20)))
    assert time.monotonic() - begun < 20 * 0.05 * 10
    assert fake.peak_streams > 10
    assert all(events[:-1] == said[0][:-1] for events in said)
