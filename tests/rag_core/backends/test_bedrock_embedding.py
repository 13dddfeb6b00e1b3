"""Embeddings over the wire: none lost, as few requests as the quota wants, an error that says what to do."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from rag_core.backends.bedrock.client import Connection
from rag_core.backends.bedrock.embedding import MOST_CHARACTERS, BedrockEmbedder, Embedding, batches
from rag_core.calling import Patience
from rag_core.domain import Deadline
from rag_core.errors import MisconfiguredError, UnavailableError
from tests.fakes.bedrock.fake import BedrockFake

COHERE, TITAN = "cohere.embed-v4:0", "amazon.titan-embed-text-v2:0"
QUICK = Patience(attempts=12, first_wait=0.01, longest_wait=0.05, retry_share=1.0, spare_retries=50.0, failures=60)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[BedrockFake]:
    with BedrockFake() as made:
        for name, value in made.environment().items():
            monkeypatch.setenv(name, value)
        yield made


def embedder(fake: BedrockFake, model: str = COHERE, *, timeout: float = 0.5, **how: Any) -> BedrockEmbedder:
    connection = Connection("us-east-1", fake.endpoint_url, connect_timeout=timeout, read_timeout=timeout)
    return BedrockEmbedder(Embedding(model, **how), connection, working=QUICK)


def near(one: Any, other: Any) -> float:
    return float(sum(a * b for a, b in zip(one, other, strict=True)))


@pytest.mark.parametrize(("model", "precision"), [(COHERE, "float"), (COHERE, "int8"), (TITAN, "float")])
@pytest.mark.parametrize("dimensions", [256, 1024])
def test_vectors_are_of_unit_length_in_order_and_mean_something(
    fake: BedrockFake, model: str, precision: str, dimensions: int
) -> None:
    made = embedder(fake, f"us.{model}" if model == COHERE else model, dimensions=dimensions, precision=precision)
    vectors = made.embed_passages([f"subject {n} alone" for n in range(200)])
    assert {len(vector) for vector in vectors} == {dimensions} == {made.dimensions}
    assert all(near(vector, vector) == pytest.approx(1, abs=1e-3) for vector in vectors)
    asked = made.embed_question("subject 117 alone")
    assert max(range(200), key=lambda n: near(asked, vectors[n])) == 117


def test_a_question_and_a_passage_are_told_apart(fake: BedrockFake) -> None:
    made = embedder(fake)
    made.embed_question("why?")
    made.embed_passages(["because"])
    assert [call.body["input_type"] for call in fake.requests] == ["search_query", "search_document"]


def test_as_few_requests_as_the_model_allows(fake: BedrockFake) -> None:
    embedder(fake, timeout=30).embed_passages(["text"] * 1000)
    assert len(fake.requests) == 11


def test_requests_are_under_way_side_by_side(fake: BedrockFake) -> None:
    fake.settings.embedding = 0.1
    started = time.perf_counter()
    embedder(fake, TITAN, timeout=30, at_once=10).embed_passages(["text"] * 50)
    assert len(fake.requests) == 50
    assert time.perf_counter() - started < 50 * 0.1 / 2


def test_a_batch_is_bounded_by_its_size_too() -> None:
    texts = ["a" * 200_000, "b" * 200_000, "c", "d" * 400_000, "e"]
    found = list(batches(texts, 96))
    assert [text for batch in found for text in batch] == texts
    assert all(len(batch) == 1 or sum(map(len, batch)) <= MOST_CHARACTERS for batch in found)
    assert list(batches([], 96)) == []


@pytest.mark.parametrize("fault", ["ThrottlingException", "ServiceUnavailableException", "reset", "corrupt"])
def test_trouble_is_waited_out_and_no_text_is_lost(fake: BedrockFake, fault: str) -> None:
    fake.fail("InvokeModel", with_=fault, calls=(1, 2, 3, 5, 7, 8, 11))
    texts = [f"subject {n}" for n in range(480)]
    assert embedder(fake).embed_passages(texts) == embedder(fake).embed_passages(texts)


def test_what_goes_on_failing_is_an_error(fake: BedrockFake) -> None:
    fake.fail("InvokeModel", with_="ThrottlingException", times=None)
    with pytest.raises(UnavailableError, match="busy"):
        embedder(fake).embed_passages(["text"])


def test_a_refusal_of_our_request_is_for_an_operator_to_mend(fake: BedrockFake) -> None:
    fake.fail("InvokeModel", with_="ValidationException", times=2)
    for embed in (lambda: embedder(fake).embed_question("why?"), lambda: embedder(fake).embed_passages(["text"])):
        with pytest.raises(MisconfiguredError, match="may not be used"):
            embed()


def test_a_question_does_not_wait_beyond_its_deadline(fake: BedrockFake) -> None:
    fake.fail("InvokeModel", with_="stall", times=None)
    started = time.monotonic()
    with pytest.raises(UnavailableError):
        embedder(fake).embed_question("why?", deadline=Deadline.within(0.7))
    assert time.monotonic() - started < 1.5


def test_blank_texts_have_vectors_too(fake: BedrockFake) -> None:
    assert len(embedder(fake).embed_passages(["", "  ", "text"])) == 3


@pytest.mark.parametrize(
    ("model", "how", "reason"),
    [
        ("amazon.titan-embed-text-v1", {}, "choose one"),
        (COHERE, {"dimensions": 384}, "256, 512, 1024, 1536"),
        (TITAN, {"dimensions": 1536}, "256, 512, 1024"),
        (TITAN, {"precision": "int8"}, "float"),
    ],
)
def test_what_a_model_cannot_do_is_said_at_the_start(
    fake: BedrockFake, model: str, how: dict[str, Any], reason: str
) -> None:
    with pytest.raises(MisconfiguredError, match=reason):
        embedder(fake, model, **how)
