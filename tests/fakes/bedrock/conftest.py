"""One fake for the tests of a module, forgetful between them."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.fakes.bedrock.asking import ONCE
from tests.fakes.bedrock.fake import BedrockFake


@pytest.fixture(scope="module")
def running() -> Iterator[BedrockFake]:
    with BedrockFake() as fake:
        yield fake


@pytest.fixture(autouse=True)
def fake(running: BedrockFake) -> BedrockFake:
    running.reset()
    return running


@pytest.fixture(scope="module")
def runtime(running: BedrockFake) -> Any:
    return running.client(config=ONCE)


@pytest.fixture(scope="module")
def reranking(running: BedrockFake) -> Any:
    return running.client("bedrock-agent-runtime", config=ONCE)


@pytest.fixture(scope="module")
def control(running: BedrockFake) -> Any:
    return running.client("bedrock", config=ONCE)
