"""The stub answers what our index and our writer ask, as a node does."""

import time
from array import array
from collections.abc import Iterator

import pytest

from rag_core.backends.opensearch.index import OpenSearchIndex
from rag_core.backends.opensearch.target import Target
from rag_core.backends.opensearch.writer import OpenSearchWriter
from rag_core.domain import Audience
from tests.benchmarks.material import DEMO
from tests.fakes.bedrock.reading import vector
from tests.fakes.embedder import HashingEmbedder
from tests.fakes.opensearch.__main__ import DIMENSIONS
from tests.fakes.opensearch.process import OpenSearchProcess
from tests.making import SOURCE, chunk, document

TEXT = "Import your subscribers from a CSV file"


@pytest.fixture(scope="module")
def stub() -> Iterator[OpenSearchProcess]:
    with OpenSearchProcess(DEMO / "help-center") as made:
        yield made


def test_both_legs_find_the_page_the_words_are_of(stub: OpenSearchProcess) -> None:
    slots = vector(TEXT, DIMENSIONS)
    asked = array("f", [slots.get(slot, 0.0) for slot in range(DIMENSIONS)])
    found = OpenSearchIndex(Target(stub.url)).search(TEXT, asked, audience=Audience.PUBLIC, limit=5)
    assert found.version == "supportbot-1"
    assert len(found.passages) == 5
    best = found.passages[0]
    assert best.bm25 is not None
    assert best.cosine is not None
    assert "import" in best.chunk.contextual_text.lower()


def test_what_is_written_is_counted(stub: OpenSearchProcess) -> None:
    page = document("page")
    with OpenSearchWriter(Target(stub.url, alias="written"), SOURCE) as writer:
        writer.replace(page, [chunk(f"text {number}", page, ordinal=number) for number in range(20)])
        assert writer.commit(HashingEmbedder()) == 20


def test_every_answer_waits(stub: OpenSearchProcess) -> None:
    index = OpenSearchIndex(Target(stub.url))
    stub.wait(0.2)
    started = time.monotonic()
    assert index.version == "supportbot-1"
    stub.wait(0.0)
    assert time.monotonic() - started >= 0.2
