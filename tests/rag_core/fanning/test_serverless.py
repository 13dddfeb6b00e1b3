"""The same steps over Serverless of both generations: it refuses nothing, and what is shown late is waited for."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag_core.backends.opensearch.target import Kind, Target
from rag_core.runs import RunState
from tests.fakes.serverless.proxy import Proxy, serving
from tests.making import write
from tests.rag_core.fanning.crew import Crew, Lottery
from tests.rag_core.fanning.pages import every, found, text, word


@pytest.fixture(params=[Kind.NEXTGEN, Kind.CLASSIC])
def proxy(request: pytest.FixtureRequest, opensearch_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAFIRST")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "first")
    with serving(Proxy(opensearch_url, request.param, shown_every=0.3, secrets={"AKIAFIRST": "first"})) as serverless:
        yield serverless
    assert serverless.refusals == []


@pytest.fixture
def crew(proxy: Proxy, index_prefix: str, tmp_path: Path) -> Iterator[Crew]:
    assert proxy.kind is not None
    docs = write(tmp_path / "docs", **{f"page{number}": text(number) for number in range(6)})
    target = Target(proxy.url, proxy.kind, f"{index_prefix}docs", region="eu-west-1", visible_within=20)
    crew = Crew(target, tmp_path / "home", docs, Lottery(random.Random(1), twice=50))  # noqa: S311
    with crew.steps:
        yield crew


def test_what_is_written_changed_and_removed_is_in_the_version_that_answers(crew: Crew) -> None:
    assert crew.ingest("r1").state is RunState.DONE
    assert found(crew.target, word(1)) == every(range(6))
    write(crew.docs, page0=text(0, 2))
    (crew.docs / "page5.md").unlink()
    done = crew.ingest("r2")
    assert (done.state, done.reason) == (RunState.DONE, "")
    assert (found(crew.target, word(2)), found(crew.target, word(1))) == (every(range(1)), every(range(1, 5)))
    crew.parts.assembly.bring_back(crew.parts.assembly.before())
    assert found(crew.target, word(1)) == every(range(6))


def test_killed_at_any_write_it_converges(crew: Crew) -> None:
    crew.lottery.deaths = 25
    done = crew.ingest("r1")
    assert (done.state, done.reason) == (RunState.DONE, "")
    assert crew.lottery.killed
    assert found(crew.target, word(1)) == every(range(6))
