"""An ingestion by many workers over a real OpenSearch node: whatever is killed or delivered twice, it converges."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from rag_core.backends.folder import FolderSource
from rag_core.backends.opensearch.index import OpenSearchIndex
from rag_core.backends.opensearch.target import Target
from rag_core.domain import Audience
from rag_core.fanning import steps
from rag_core.fanning.plans import Opened
from rag_core.ports import OnListed
from rag_core.runs import RunState, SourceItem
from tests.fakes.embedder import HashingEmbedder
from tests.making import write
from tests.rag_core.fanning.crew import ADA, Make
from tests.rag_core.fanning.pages import every, found, text, word

KILLS = int(os.environ.get("RUNS_WITH_KILLS", "12"))


class Listed(FolderSource):
    """As a bucket: what it lists tells which version each document has."""

    def __init__(self, docs: Path) -> None:
        super().__init__(docs)
        self.read_items: list[str] = []

    def items(self, *, full: bool = False, listed: OnListed = lambda _done, _total: None) -> Iterator[SourceItem]:
        for item in super().items(full=full, listed=listed):
            yield replace(item, version=super().read(item)[1])

    def read(self, item: SourceItem) -> tuple[bytes, str]:
        self.read_items.append(item.name)
        return super().read(item)


def test_a_run_makes_what_its_source_holds(crew: Make, target: Target) -> None:
    built = crew(twice=50)
    done = built.ingest("r1")
    assert (done.state, done.reason) == (RunState.DONE, "")
    moments = [done.started, done.begun, done.listed, done.ended]
    assert moments == sorted(filter(None, moments))
    assert done.result is not None
    assert (done.result.written, done.result.chunks) == (6, 18)
    assert found(target, word(1)) == every(range(6))
    assert [each.state for each in built.ended] == [RunState.DONE]


def test_what_changed_is_read_and_what_did_not_is_not(crew: Make, target: Target, docs: Path) -> None:
    built = crew(twice=50)
    built.ingest("r1")
    write(docs, page0=text(0, 2), page9=text(9, 2))
    (docs / "page1.md").unlink()
    assert built.embedder is not None
    before = built.embedder.embedded
    result = built.ingest("r2").result
    assert result is not None
    assert (result.written, result.unchanged, result.removed, result.chunks) == (2, 4, 1, 18)
    assert found(target, word(2)) == every(range(0, 1)) + every(range(9, 10))
    assert found(target, word(1)) == every(range(2, 6))
    assert built.embedder.embedded - before == 6
    again = built.ingest("r3").result
    assert again is not None
    assert (again.written, again.unchanged, again.removed) == (0, 6, 0)
    assert built.embedder.embedded - before == 6


def test_a_run_without_a_change_is_one_message_and_three_requests(crew: Make, docs: Path) -> None:
    built = crew()
    listed = Listed(docs)
    object.__setattr__(built.parts, "source", lambda _: Opened(listed, Audience.PUBLIC))
    built.ingest("r1")
    assert len(listed.read_items) == 6
    messages, requests = built.lottery.delivered, len(built.asked)
    result = built.ingest("r2").result
    assert result is not None
    assert (result.written, result.unchanged, result.removed, result.chunks) == (0, 6, 0, 18)
    assert (built.lottery.delivered - messages, len(built.asked) - requests, len(listed.read_items)) == (1, 3, 6)


def test_another_model_embeds_what_stays_too(crew: Make, target: Target) -> None:
    built = crew()
    built.ingest("r1")
    built.embedder = HashingEmbedder(32, "smaller")
    assert built.ingest("r2").state is RunState.DONE
    assert OpenSearchIndex(target).embedding_model == "smaller"
    vector = built.embedder.embed_question("topic3xb")
    passages = OpenSearchIndex(target).search("topic3xb", vector, audience=Audience.PUBLIC, limit=1).passages
    assert passages[0].chunk.document.id == "page3"
    built.embedder = None
    assert built.ingest("r3").state is RunState.DONE
    assert OpenSearchIndex(target).embedding_model is None
    assert found(target, word(1)) == every(range(6))


def test_a_run_is_cancelled_between_two_jobs(crew: Make, target: Target, docs: Path) -> None:
    built = crew()
    built.ingest("r1")
    write(docs, **{f"page{number}": text(number, 2) for number in range(6)})
    done = 0

    def cancel() -> None:
        nonlocal done
        done += 1
        if done == 4:
            built.steps.cancel(built.source, ADA)

    assert built.ingest("r2", between=cancel).state is RunState.CANCELLED
    assert found(target, word(1)) == every(range(6))
    assert built.ingest("r3").state is RunState.DONE
    assert found(target, word(2)) == every(range(6))


def test_a_run_that_is_done_is_at_nothing_any_more(crew: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "EVERY", 0.0)
    done = crew().ingest("r1")
    assert (done.state, done.stage, done.done, done.total, done.current) == (RunState.DONE, "", 0, 0, "")


def test_killed_at_any_write_it_converges_and_every_question_meets_one_version(
    crew: Make, target: Target, docs: Path
) -> None:
    version = 1
    assert crew().ingest("r0").state is RunState.DONE
    killed = 0
    for number in range(1, KILLS + 1):
        pages = range(number % 3, 4 + number % 5)
        for file in docs.glob("*.md"):
            file.unlink()
        write(docs, **{f"page{page}": text(page, number + 1) for page in pages})
        built = crew(number, deaths=25, twice=20)
        before = found(target, word(version))

        def whole(before: list[str] = before, new: int = number + 1, old: int = version) -> None:
            assert (found(target, word(old)), found(target, word(new))) in (
                (before, []),
                ([], every(pages)),  # noqa: B023
            )

        built.begin(f"r{number}")
        resumed = 0
        while (run := built.runs.current(built.source, f"r{number}")) and run.state is not RunState.DONE:  # type: ignore[arg-type]
            built.lottery.run(built.steps.work, whole)
            run = built.runs.current(built.source, f"r{number}")  # type: ignore[arg-type]
            if run and run.state is not RunState.DONE:  # its messages were killed five times: as an admin does
                built.lottery.deaths = 0
                built.steps.resume(built.source, ADA)
                resumed += 1
                assert resumed < 3, run.reason
        killed += built.lottery.killed
        assert found(target, word(number + 1)) == every(pages)
        assert found(target, word(version)) == []
        version = number + 1
    assert killed > KILLS / 2
