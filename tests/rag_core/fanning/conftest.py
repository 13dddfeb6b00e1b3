"""A crew over a folder of six pages and a real OpenSearch node."""

import random
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from rag_core.backends.opensearch.target import Engine, Target
from tests.making import write
from tests.rag_core.fanning.crew import Crew, Lottery, Make
from tests.rag_core.fanning.pages import text


@pytest.fixture
def target(opensearch_url: str, index_prefix: str) -> Target:
    return Target(opensearch_url, alias=f"{index_prefix}docs", engine=Engine.LUCENE, visible_within=20)


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    return write(tmp_path / "docs", **{f"page{number}": text(number) for number in range(6)})


@pytest.fixture
def crew(target: Target, tmp_path: Path, docs: Path) -> Iterator[Make]:
    with ExitStack() as stack:

        def made(seed: int = 1, deaths: int = 0, twice: int = 0) -> Crew:
            crew = Crew(target, tmp_path / "home", docs, Lottery(random.Random(seed), deaths, twice))  # noqa: S311
            stack.enter_context(crew.steps)
            return crew

        yield made
