"""Reranking and rewriting over the wire; both may fail, and then say so at once."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from rag_core.backends.bedrock.client import Connection
from rag_core.backends.bedrock.reranking import BedrockReranker
from rag_core.backends.bedrock.rewriting import BedrockRewriter
from rag_core.errors import UnavailableError
from tests.fakes.bedrock.answering import Answer
from tests.fakes.bedrock.fake import BedrockFake
from tests.making import passage, question

SMALL = "us.anthropic.claude-haiku-5-5"
FOLLOW_UP = replace(question("And how long does it take?"), previous="Can I get a refund?")


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[BedrockFake]:
    with BedrockFake() as made:
        for name, value in made.environment().items():
            monkeypatch.setenv(name, value)
        yield made


@pytest.fixture
def connection(fake: BedrockFake) -> Connection:
    return Connection("us-east-1", fake.endpoint_url, connect_timeout=0.5, read_timeout=0.5)


def test_the_best_passage_comes_first_and_none_is_lost(connection: Connection) -> None:
    passages = [
        passage("The barn is red.", "barn"),
        passage("", "empty"),
        passage("Refunds take thirty days.", "refunds"),
    ]
    ranked = BedrockReranker("cohere.rerank-v3-5:0", connection).rank("how long do refunds take", passages)
    assert ranked[0] == 2
    assert sorted(ranked) == [0, 1, 2]


def test_nothing_to_rank_is_not_sent(fake: BedrockFake, connection: Connection) -> None:
    assert BedrockReranker("cohere.rerank-v3-5:0", connection).rank("why", []) == []
    assert fake.requests == []


def test_a_follow_up_is_rewritten(fake: BedrockFake, connection: Connection) -> None:
    fake.script(Answer("How long does a refund take?", thinking="Hm."))
    assert BedrockRewriter(SMALL, connection).rewrite(FOLLOW_UP) == "How long does a refund take?"
    assert "temperature" not in fake.last.body["inferenceConfig"]


@pytest.mark.parametrize("text", ["no " * 400, " "])
def test_what_is_no_question_is_not_taken(fake: BedrockFake, connection: Connection, text: str) -> None:
    fake.script(text)
    with pytest.raises(UnavailableError, match="no question"):
        BedrockRewriter(SMALL, connection).rewrite(FOLLOW_UP)


@pytest.mark.parametrize("fault", ["ThrottlingException", "stall", "close", "corrupt"])
def test_trouble_is_said_at_once_and_not_tried_again(fake: BedrockFake, connection: Connection, fault: str) -> None:
    fake.fail("*", with_=fault, times=None)
    with pytest.raises(UnavailableError):
        BedrockReranker("cohere.rerank-v3-5:0", connection).rank("why", [passage("because")])
    with pytest.raises(UnavailableError):
        BedrockRewriter(SMALL, connection).rewrite(FOLLOW_UP)
    assert len(fake.requests) == 2
