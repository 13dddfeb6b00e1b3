"""Converse and ConverseStream, as the real boto3 meets them."""

import json
from typing import Any

import pytest

from tests.fakes.bedrock.answering import UNKNOWN, Answer, Cited, ToolUse
from tests.fakes.bedrock.asking import (
    HAIKU,
    OLDER,
    asking,
    deltas,
    result,
    streamed,
)
from tests.fakes.bedrock.fake import BedrockFake
from tests.fakes.bedrock.settings import CitationOrder


def test_the_derived_answer_cites_the_sentence_that_answers(fake: BedrockFake, runtime: Any) -> None:
    answer = runtime.converse(**asking())
    citation = {
        "title": "shipping",
        "source": "https://help.test/shipping",
        "sourceContent": [{"text": "Parcels to Norway take a week."}],
        "location": {"searchResultLocation": {"searchResultIndex": 1, "start": 1, "end": 2}},
    }
    assert answer["output"]["message"]["content"] == [
        {"text": "According to the sources:\n\n"},
        {"citationsContent": {"content": [{"text": "Parcels to Norway take a week."}], "citations": [citation]}},
    ]
    assert answer["stopReason"] == "end_turn"
    assert fake.last.model == HAIKU
    assert runtime.converse(**asking("Zebras?"))["output"]["message"]["content"] == [{"text": UNKNOWN}]


@pytest.mark.parametrize(("order", "position"), [("before", 0), ("amid", 3), ("after", -1)])
def test_a_stream_says_the_same_with_its_citations_in_any_order(
    fake: BedrockFake, runtime: Any, order: CitationOrder, position: int
) -> None:
    whole = runtime.converse(**asking())["output"]["message"]["content"]
    fake.settings.citation_order = order
    events = streamed(runtime)
    kinds = [next(iter(event)) for event in events]
    assert (kinds[0], kinds[-2], kinds[-1]) == ("messageStart", "messageStop", "metadata")
    assert "contentBlockStart" not in kinds
    said = deltas(events, 1)
    assert said[position] == {"citation": whole[1]["citationsContent"]["citations"][0]}
    assert "".join(delta.get("text", "") for delta in said) == "Parcels to Norway take a week."
    assert "".join(delta["text"] for delta in deltas(events, 0)) == whole[0]["text"]


@pytest.mark.parametrize(
    "reason",
    [
        "end_turn", "max_tokens", "stop_sequence", "guardrail_intervened", "content_filtered", "tool_use",
        "malformed_model_output", "model_context_window_exceeded",
    ],
)  # fmt: skip
def test_every_stop_reason_can_be_scripted(fake: BedrockFake, runtime: Any, reason: str) -> None:
    fake.script(Answer("So far", stop_reason=reason), repeat=True)
    assert runtime.converse(**asking())["stopReason"] == reason
    assert {"messageStop": {"stopReason": reason}} in streamed(runtime)


def test_scripts_wait_for_their_question_and_are_used_up(fake: BedrockFake, runtime: Any) -> None:
    fake.script("First.", lambda body: f"{len(body['messages'])} message")
    fake.script(Cited("Thirty.", (0, 9)), when="refund")
    answers = [runtime.converse(**asking(question)) for question in ("A?", "Refund?", "B?")]
    said = [answer["output"]["message"]["content"] for answer in answers]
    assert said[0] == [{"text": "First."}]
    assert said[2] == [{"text": "1 message"}]
    citations = said[1][0]["citationsContent"]["citations"]
    assert citations[0]["sourceContent"] == [{"text": "A refund takes thirty days. Ask by mail."}]
    assert citations[1] == {"location": {"searchResultLocation": {"searchResultIndex": 9, "start": 0, "end": 1}}}
    assert runtime.converse(**asking("C?"))["output"]["message"]["content"] == [{"text": UNKNOWN}]


def test_a_tool_is_used_in_pieces_of_json(fake: BedrockFake, runtime: Any) -> None:
    fake.script(Answer(ToolUse("search", {"words": ["refund", "Norway"]})))
    events = streamed(runtime)
    start = next(event["contentBlockStart"]["start"] for event in events if "contentBlockStart" in event)
    assert start["toolUse"]["name"] == "search"
    written = "".join(delta["toolUse"]["input"] for delta in deltas(events, 0))
    assert json.loads(written) == {"words": ["refund", "Norway"]}
    assert {"messageStop": {"stopReason": "tool_use"}} in events


def test_thinking_comes_first_when_it_is_asked_for(fake: BedrockFake, runtime: Any) -> None:
    request = asking(additionalModelRequestFields={"thinking": {"type": "adaptive"}})
    assert "reasoningContent" in runtime.converse(**request)["output"]["message"]["content"][0]
    assert "signature" in deltas(streamed(runtime, **request), 0)[-1]["reasoningContent"]
    fake.settings.thinking = ""
    assert list(deltas(streamed(runtime), 0)[0]["reasoningContent"]) == ["signature"]


def test_limits_of_the_request_end_the_answer(fake: BedrockFake, runtime: Any) -> None:
    fake.script("One two three. STOP four", repeat=True)
    stopped = runtime.converse(**asking(inferenceConfig={"stopSequences": ["STOP"]}))
    assert (stopped["stopReason"], stopped["output"]["message"]["content"]) == (
        "stop_sequence",
        [{"text": "One two three. "}],
    )
    cut = runtime.converse(**asking(inferenceConfig={"maxTokens": 2}))
    assert (cut["stopReason"], cut["usage"]["outputTokens"]) == ("max_tokens", 2)


def test_structured_output_fits_its_schema(runtime: Any) -> None:
    schema = {"type": "object", "properties": {"about": {"enum": ["refunds"]}, "sure": {"type": "boolean"}}}
    form = {"type": "json_schema", "structure": {"jsonSchema": {"schema": json.dumps(schema)}}}
    answer = runtime.converse(**asking("?", result("a", "b", cited=False), outputConfig={"textFormat": form}))
    assert json.loads(answer["output"]["message"]["content"][0]["text"]) == {"about": "refunds", "sure": False}


def test_a_prompt_seen_before_is_read_from_the_cache(fake: BedrockFake, runtime: Any) -> None:
    def used(words: int, ttl: str = "5m", model: str = HAIKU) -> tuple[int, int, list[dict[str, Any]]]:
        system = [{"text": "word " * words}, {"cachePoint": {"type": "default", "ttl": ttl}}]
        usage = runtime.converse(**{**asking(), "modelId": model}, system=system)["usage"]
        read, written = usage["cacheReadInputTokens"], usage["cacheWriteInputTokens"]
        assert usage["totalTokens"] == usage["inputTokens"] + usage["outputTokens"] + read + written
        return read, written, usage["cacheDetails"]

    assert used(400) == (0, 0, [])  # 500 tokens: too few
    assert used(440) == (0, 550, [{"ttl": "5m", "inputTokens": 550}])
    assert used(440) == (550, 0, [])
    assert used(440, model=OLDER) == (0, 0, [])  # its minimum is higher
    fake.advance(301)
    assert used(440)[:2] == (0, 550)
    assert used(444, "1h")[2] == [{"ttl": "1h", "inputTokens": 555}]
    fake.advance(301)
    assert used(444, "1h")[:2] == (555, 0)


def test_a_guardrail_intervenes(fake: BedrockFake, runtime: Any) -> None:
    fake.settings.blocked_words = ("bomb",)
    guarded = asking("A bomb?", guardrailConfig={"guardrailIdentifier": "g1", "guardrailVersion": "1"})
    assert runtime.converse(**guarded)["stopReason"] == "guardrail_intervened"
    assert runtime.converse(**asking("A bomb?"))["stopReason"] == "end_turn"
    for text, action in (("a bomb", "GUARDRAIL_INTERVENED"), ("a flower", "NONE")):
        content = [{"text": {"text": text}}]
        guardrail = {"guardrailIdentifier": "g1", "guardrailVersion": "1"}
        applied = runtime.apply_guardrail(**guardrail, source="INPUT", content=content)
        assert applied["action"] == action
