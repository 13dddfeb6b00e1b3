"""An ingestion by many workers over a real OpenSearch node: whatever is killed or delivered twice, it converges."""

import os
import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot import fanning
from bot.app import NO_WAY_BACK, App
from bot.settings import load
from rag_core.backends.folder import FolderSource
from rag_core.backends.opensearch.index import OpenSearchIndex
from rag_core.backends.opensearch.target import Engine, Target
from rag_core.domain import Audience, DocumentId
from rag_core.errors import DeniedError, MisconfiguredError, RejectedError
from rag_core.fanning import steps
from rag_core.fanning.plans import Opened
from rag_core.fanning.steps import Steps
from rag_core.messaging import read
from rag_core.ports import OnListed, Records
from rag_core.reverting import roll_back
from rag_core.runs import Build, RunRecord, RunState, SourceItem
from tests.fakes.embedder import HashingEmbedder
from tests.making import write
from tests.rag_core.fanning.crew import ADA, Crew, KilledError, Lottery

Make = Callable[..., Crew]
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


def text(number: int, version: int = 1) -> str:
    sections = (f"## Part {part}\n\nPage {number} speaks of topic{number}x{part} in {word(version)}." for part in "abc")
    return f"# Page {number}\n\n" + "\n\n".join(sections)


def word(version: int) -> str:
    """One that no analysis takes apart or shortens."""
    return "zq" + "".join("bcfghjkmpz"[int(digit)] for digit in str(version))


def found(target: Target, words: str) -> list[str]:
    passages = OpenSearchIndex(target).search(words, None, audience=Audience.PUBLIC, limit=60).passages
    return sorted(f"{passage.chunk.document.id}/{passage.chunk.ordinal}" for passage in passages)


def every(pages: range) -> list[str]:
    return sorted(f"page{page}/{part}" for page in pages for part in range(3))


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


def test_a_poison_document_fails_alone_and_is_retried_alone(crew: Make, target: Target, docs: Path) -> None:
    (docs / "poison.pdf").write_bytes(b"%PDF-1.7 broken")
    built = crew()
    result = built.ingest("r1").result
    assert result is not None
    assert [failure.document for failure in result.failures] == ["poison.pdf"]
    assert result.failures[0].reason
    assert found(target, word(1)) == every(range(6))
    (docs / "poison.pdf").unlink()
    write(docs, poison=text(7))
    assert built.embedder is not None
    before = built.embedder.embedded
    result = built.ingest("r2").result
    assert result is not None
    assert (result.written, result.failures, built.embedder.embedded - before) == (1, (), 3)


def test_a_document_that_kills_its_worker_does_not_keep_the_run(crew: Make, target: Target) -> None:
    built = crew()
    open_source = built.parts.source
    deadly = DocumentId("page2")

    def killing(name: str) -> object:
        opened = open_source(name)  # type: ignore[arg-type]
        original = opened.source.read

        def reading(item: object) -> object:
            if item.id == deadly:  # type: ignore[attr-defined]
                raise KilledError
            return original(item)  # type: ignore[arg-type]

        opened.source.read = reading  # type: ignore[method-assign, assignment]
        return opened

    object.__setattr__(built.parts, "source", killing)
    result = built.ingest("r1").result
    assert result is not None
    assert [failure.document for failure in result.failures] == ["page2.md"]
    assert found(target, word(1)) == every(range(2)) + every(range(3, 6))


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


def test_a_run_whose_messages_are_lost_is_resumed_from_where_it_was(crew: Make, target: Target) -> None:
    for left in range(1, 10):
        built = crew()
        built.begin(f"r{left}", full=True)
        for _ in range(left):  # all that waits is lost after so many jobs
            message = built.lottery.waiting.pop(0)
            built.steps.work(read(message.body), False)
            if not built.lottery.waiting:
                break
        built.lottery.waiting.clear()
        assert built.embedder is not None
        if built.runs.current(built.source, f"r{left}").state is RunState.DONE:  # type: ignore[union-attr, arg-type]
            continue
        built.steps.resume(built.source, ADA)
        built.lottery.run(built.steps.work)
        assert built.runs.current(built.source, f"r{left}").state is RunState.DONE  # type: ignore[union-attr, arg-type]
        assert found(target, word(1)) == every(range(6))
    with pytest.raises(RejectedError, match="half done"):
        built.steps.resume(built.source, ADA)


def test_one_that_died_once_it_answered_is_ended_by_a_resumption(crew: Make, target: Target) -> None:
    built = crew()
    end = built.runs.end

    def killed(run: RunRecord) -> None:
        if run.state is RunState.DONE:
            raise KilledError
        end(run)

    built.runs.end = killed  # type: ignore[method-assign]
    assert built.ingest("r1").state is RunState.RUNNING
    assert found(target, word(1)) == every(range(6))
    built.runs.end = end  # type: ignore[method-assign]
    built.steps.resume(built.source, ADA)
    built.lottery.run(built.steps.work)
    assert [each.state for each in built.ended] == [RunState.DONE]
    assert found(target, word(1)) == every(range(6))


def test_who_waits_for_a_run_that_fails_is_told_of_its_end_and_the_reason(crew: Make) -> None:
    built = crew()
    built.ingest("r1")
    built.parts.assembly.check = refusing  # type: ignore[method-assign]
    failed = built.ingest("r2", full=True)
    assert (failed.state, failed.reason) == (RunState.FAILED, "the role may not")
    assert failed.ended is not None
    assert built.ended[-1] == failed


def refusing(build: Build) -> None:  # noqa: ARG001 - the port says how it is called
    raise MisconfiguredError("the role may not")


def test_a_run_that_is_done_is_at_nothing_any_more(crew: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "EVERY", 0.0)
    done = crew().ingest("r1")
    assert (done.state, done.stage, done.done, done.total, done.current) == (RunState.DONE, "", 0, 0, "")


def test_the_version_before_answers_again(crew: Make, target: Target, docs: Path) -> None:
    built, told = crew(), list[str]()
    built.ingest("r1")

    def rolled_back(once: str, records: Records = built.parts.records) -> str:
        return roll_back(built.parts.assembly, records, once, told.append)

    with pytest.raises(RejectedError, match="no version before"):
        rolled_back("too soon")
    write(docs, **{f"page{number}": text(number, 2) for number in range(6)})
    built.ingest("r2")
    with pytest.raises(KilledError):  # once it was done, before that could be noted
        rolled_back("once", Dying(built.parts.records))
    former = rolled_back("once")
    assert (found(target, word(1)), found(target, word(2))) == (every(range(6)), [])
    latter = rolled_back("and forth")
    assert found(target, word(2)) == every(range(6))
    assert rolled_back("once") == former  # delivered late: it says the same, and does nothing
    assert found(target, word(2)) == every(range(6))
    assert told == [former, former, latter]
    rolled_back("twice")
    assert built.ingest("r3").state is RunState.DONE  # what a source holds is read again
    assert found(target, word(2)) == every(range(6))


class Dying:
    """Records to which nothing can be put."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def __getattr__(self, name: str) -> Any:
        return getattr(self._records, name)

    def put(self, *_: object, **__: object) -> None:
        raise KilledError


class Guarded(FolderSource):
    """A folder of which some documents may not be read."""

    locked: frozenset[str] = frozenset()

    def read(self, item: SourceItem) -> tuple[bytes, str]:
        if item.name in self.locked:
            raise DeniedError("it may not be read")
        return super().read(item)


def test_a_document_that_may_not_be_read_fails_alone_but_where_none_may_be(
    crew: Make, target: Target, docs: Path
) -> None:
    built = crew()
    source = Guarded(docs)
    built.parts = replace(built.parts, source=lambda _: Opened(source, Audience.PUBLIC))
    with Steps(built.runs, built.parts) as built.steps:
        source.locked = frozenset(f"page{number}.md" for number in range(6))
        failed = built.ingest("r1")
        assert (failed.state, "none of the 6 documents" in failed.reason) == (RunState.FAILED, True)
        source.locked = frozenset({"page3.md"})
        result = built.ingest("r2").result
        assert result is not None
        assert (result.written, [each.document for each in result.failures]) == (5, ["page3.md"])
        assert found(target, word(1)) == every(range(3)) + every(range(4, 6))
        assert built.ingest("r3").state is RunState.DONE  # of those that changed none may be read: the others answer


def test_what_was_forgotten_does_not_come_back_with_the_version_before(
    crew: Make, target: Target, docs: Path, tmp_path: Path
) -> None:
    built, said = crew(), list[str]()
    built.embedder = None
    for version in (1, 2):
        write(docs, page0=text(0, version))
        built.ingest(f"r{version}")
    node = {"opensearch_url": target.endpoint, "opensearch_index": target.alias, "opensearch_engine": "lucene"}
    app = App(
        load({}, home=str(tmp_path), opensearch_kind="domain", opensearch_signed=False, embedding_model="none", **node),
        notice=said.append,
    )
    assert app.forget(built.source, DocumentId("never")) == 0
    assert said == []
    before, page = fanning.roll_back(app, "c1"), DocumentId("page5")
    (docs / f"{page}.md").unlink()
    assert built.ingest("r3").state is RunState.DONE
    assert kept(target) == 2
    assert app.forget(built.source, page) == 1  # of the version before alone
    assert said == [NO_WAY_BACK]
    assert (kept(target), before in kept_names(target)) == (1, False)
    with pytest.raises(RejectedError, match="something in it was forgotten"):
        fanning.roll_back(app, "c2")
    write(docs, page0=text(0, 3))
    built.ingest("r4")
    assert app.forget(built.source) == 5
    assert (kept(target), found(target, word(1))) == (1, [])
    with pytest.raises(RejectedError):
        fanning.roll_back(app, "c3")


def kept_names(target: Target) -> list[str]:
    """The physical indices that there are."""
    found = httpx.get(f"{target.endpoint}/_resolve/index/{target.alias}-*").json()
    return [each["name"] for each in found["indices"]]


def kept(target: Target) -> int:
    return len(kept_names(target))


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
