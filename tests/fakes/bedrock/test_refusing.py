"""What the fake refuses: what Bedrock does."""

import urllib.error
import urllib.request
from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
)

from tests.fakes.bedrock.asking import COHERE, OLDER, ONCE, TITAN, asking, raw, result
from tests.fakes.bedrock.fake import BedrockFake

CACHE_POINTS = [{"text": "a"}, {"cachePoint": {"type": "default"}}] * 5
ASSISTANT = [{"role": "user", "content": [{"text": "Q"}]}, {"role": "assistant", "content": [{"text": "A"}]}]
FORM = {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": {"schema": "{}"}}}}
FORCED = {"tools": [{"toolSpec": {"name": "t", "inputSchema": {"json": {}}}}], "toolChoice": {"any": {}}}


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"inferenceConfig": {"temperature": 0.1}}, "`temperature` is deprecated"),
        ({"inferenceConfig": {"topP": 0.1}}, "`top_p` is deprecated"),
        ({"additionalModelRequestFields": {"top_k": 5}}, "`top_k` is deprecated"),
        ({"inferenceConfig": {"maxTokens": 0}}, "greater than or equal to 1"),
        ({"modelId": OLDER, "inferenceConfig": {"temperature": 0.1, "topP": 0.1}}, "cannot both be specified"),
        ({"messages": ASSISTANT}, "does not support assistant message prefill"),
        ({"messages": ASSISTANT[1:]}, "must start with a user message"),
        ({"messages": [{"role": "user", "content": []}]}, "messages.0 is empty"),
        ({"messages": [{"role": "user", "content": [{"text": " "}]}]}, "messages.0.content.0 is blank"),
        (asking("?", result("", "b")), "search_result.title"),
        (asking("?", result("a")), "search_result.content"),
        (asking("?", result("a", "")), "content.0.text"),
        (asking("?", result("a", "b"), result("c", "d", cited=False)), "for all search results"),
        ({"outputConfig": FORM}, "structured outputs"),
        ({"system": CACHE_POINTS}, "maximum of 4"),
        ({"modelId": "us.anthropic.claude-sonnet-5-5", "toolConfig": FORCED}, "forced tool use"),
        (asking("word " * 170_000), "too long"),
        ({"modelId": "anthropic.claude-9"}, "model identifier is invalid"),
        ({"modelId": "eu.anthropic.claude-haiku-5-5"}, "model identifier is invalid"),  # the client is in us-east-1
        ({"modelId": OLDER.removeprefix("us.")}, "on-demand throughput"),
        ({"modelId": COHERE}, "supported text or chat model"),
    ],
)
def test_converse_refuses_what_bedrock_refuses(
    fake: BedrockFake, runtime: Any, change: dict[str, Any], complaint: str
) -> None:
    request = {**asking(), **change, **({"modelId": change["modelId"]} if "modelId" in change else {})}
    for call in (runtime.converse, runtime.converse_stream):
        with pytest.raises(runtime.exceptions.ValidationException, match=complaint) as refused:
            call(**request)
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert fake.counters["Converse.ValidationException"] == 1


def test_a_retired_model_is_gone(runtime: Any) -> None:
    with pytest.raises(runtime.exceptions.ResourceNotFoundException, match="end of its life"):
        runtime.converse(**{**asking(), "modelId": "anthropic.claude-3-sonnet-20240229-v1:0"})


def test_an_older_model_takes_what_the_new_ones_refuse(runtime: Any) -> None:
    runtime.converse(modelId=OLDER, messages=ASSISTANT, inferenceConfig={"temperature": 0.1})


def test_profiles_of_other_regions_and_bare_ids(fake: BedrockFake) -> None:
    frankfurt = fake.client(region="eu-central-1", config=ONCE)
    for model in ("eu.anthropic.claude-haiku-5-5", "global.anthropic.claude-haiku-5-5", "anthropic.claude-haiku-5-5"):
        assert frankfurt.converse(**{**asking(), "modelId": model})["stopReason"] == "end_turn"
    fake.settings.profiles_only = True
    with pytest.raises(ClientError, match="on-demand throughput"):
        frankfurt.converse(**{**asking(), "modelId": "anthropic.claude-haiku-5-5"})


@pytest.mark.parametrize(("signed", "kind"), [("", "MissingAuthenticationToken"), ("s3", "InvalidSignature")])
def test_a_request_that_is_not_signed_for_bedrock_is_refused(fake: BedrockFake, signed: str, kind: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        raw(fake, f"/model/{TITAN}/invoke", {"inputText": "hello"}, signed=signed)
    with refused.value as answer:
        assert (answer.code, answer.headers["x-amzn-ErrorType"].partition(":")[0]) == (403, f"{kind}Exception")
