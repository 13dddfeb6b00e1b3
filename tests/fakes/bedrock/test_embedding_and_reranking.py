"""Vectors and scores, and what is refused of them."""

from typing import Any

import pytest

from tests.fakes.bedrock.asking import COHERE, HAIKU, RERANKER, TITAN, embedded, near, rerank_request
from tests.fakes.bedrock.fake import BedrockFake


def test_texts_with_the_same_words_are_near(runtime: Any) -> None:
    texts = ("How do I get a refund?", "refunds are paid to the card", "parcels to Norway")
    for model in (COHERE, TITAN):
        if model == COHERE:
            question, right, wrong = embedded(runtime, *texts)["embeddings"]
        else:
            question, right, wrong = (embedded(runtime, text, model=TITAN)["embedding"] for text in texts)
        assert near(question, question) == pytest.approx(1, abs=1e-5)
        assert near(question, right) > near(question, wrong) + 0.2
    assert len(embedded(runtime, *["x"] * 96)["embeddings"]) == 96


def test_cohere_has_five_types_and_two_shapes(fake: BedrockFake, runtime: Any) -> None:
    kinds = ["float", "int8", "uint8", "binary", "ubinary"]
    answer = embedded(runtime, "one two", "three", embedding_types=kinds, output_dimension=256)
    assert answer["response_type"] == "embeddings_by_type"
    assert [len(answer["embeddings"][kind][1]) for kind in kinds] == [256, 256, 256, 32, 32]
    floats, bits = answer["embeddings"]["float"][0], answer["embeddings"]["ubinary"][0]
    assert [value > 0 for value in floats] == [byte >> (7 - n) & 1 == 1 for byte in bits for n in range(8)]
    assert [byte - 128 for byte in bits] == answer["embeddings"]["binary"][0]
    assert answer["texts"] == ["one two", "three"]
    assert embedded(runtime, "x")["response_type"] == "embeddings_floats"
    assert list(embedded(runtime, "x", embedding_types=["int8"])["embeddings"]) == ["int8"]
    fake.settings.single_type_as_list = True
    assert len(embedded(runtime, "x", embedding_types=["float"])["embeddings"][0]) == 1536


def test_titan_has_two_types(runtime: Any) -> None:
    answer = embedded(runtime, "hello", model=TITAN, dimensions=512, embeddingTypes=["float", "binary"])
    assert answer["embedding"] == answer["embeddingsByType"]["float"]
    assert set(answer["embeddingsByType"]["binary"]) <= {0, 1}
    assert (len(answer["embedding"]), answer["inputTextTokenCount"]) == (512, 2)


@pytest.mark.parametrize(
    ("model", "change", "complaint"),
    [
        (COHERE, {"texts": ["x"] * 97}, "maximum item count: 96, found: 97"),
        (COHERE, {"texts": []}, "minimum item count"),
        (COHERE, {"texts": ["x", " "]}, "#/texts/1: expected minLength: 1"),
        (COHERE, {"texts": "x"}, "expected type: JSONArray"),
        (COHERE, {"texts": ["x" * 600_000]}, "too long"),
        (COHERE, {"output_dimension": 384}, "384 is not a valid enum value"),
        (COHERE, {"input_type": "query"}, "query is not a valid enum value"),
        (COHERE, {"embedding_types": ["half"]}, "half is not a valid enum value"),
        (COHERE, {"inputText": "x"}, r"extraneous key \[inputText\]"),
        (TITAN, {"inputText": ""}, "minLength: 1"),
        (TITAN, {"inputText": "x" * 50_001}, "maxLength: 50000"),
        (TITAN, {"inputText": "x" * 40_000}, "Too many input tokens"),
        (TITAN, {"dimensions": 1536}, "1536 is not a valid enum value"),
        (TITAN, {"texts": ["x"]}, r"extraneous key \[texts\]"),
        ("us.amazon.titan-embed-text-v2:0", {}, "model identifier is invalid"),
        (HAIKU, {}, "embedding models only"),
    ],
)
def test_embedding_refuses_what_bedrock_refuses(
    runtime: Any, model: str, change: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(runtime.exceptions.ValidationException, match=complaint):
        embedded(runtime, "x", model=model, **change)


def test_rerank_puts_the_likest_first(reranking: Any) -> None:
    request = rerank_request("shipping", "a refund", "refund of parcels", numberOfResults=2)
    results = reranking.rerank(**request)["results"]
    assert [one["index"] for one in results] == [1, 2]
    assert 1 >= results[0]["relevanceScore"] > results[1]["relevanceScore"] > 0


@pytest.mark.parametrize(
    "request_",
    [
        rerank_request(*["x"] * 1001),
        rerank_request("x" * 32_001),
        rerank_request("x", query="x" * 32_001),
        rerank_request("x", numberOfResults=2),
        rerank_request("x", arn=RERANKER.replace("cohere.rerank-v3-5:0", TITAN)),
        rerank_request("x", arn=RERANKER.replace("cohere.rerank-v3-5:0", "amazon.rerank-v1:0")),  # not in us-east-1
    ],
)
def test_rerank_refuses_what_bedrock_refuses(reranking: Any, request_: dict[str, Any]) -> None:
    with pytest.raises(reranking.exceptions.ValidationException):
        reranking.rerank(**request_)
