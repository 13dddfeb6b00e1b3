"""A run whose documents, parts or workers fail: what can be done is done, and it ends with its reason."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from rag_core.backends.folder import FolderSource
from rag_core.backends.opensearch.target import Target
from rag_core.domain import Audience, DocumentId
from rag_core.errors import DeniedError, MisconfiguredError, RejectedError, UnavailableError
from rag_core.fanning.plans import Opened
from rag_core.fanning.steps import Steps
from rag_core.jobs import Job
from rag_core.messaging import read
from rag_core.runs import Build, RunId, RunRecord, RunState, SourceItem
from tests.making import write
from tests.rag_core.fanning.crew import ADA, TRIES, Crew, KilledError, Make
from tests.rag_core.fanning.pages import every, found, text, word


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
    fail_at_the_check(built, MisconfiguredError("the role may not"))
    failed = built.ingest("r2", full=True)
    assert (failed.state, failed.reason) == (RunState.FAILED, "the role may not")
    assert failed.ended is not None
    assert built.ended[-1] == failed


def fail_at_the_check(built: Crew, error: Exception) -> None:
    def check(build: Build) -> None:  # noqa: ARG001 - the port says how it is called
        raise error

    built.parts.assembly.check = check  # type: ignore[method-assign]


def test_one_whose_flaw_is_ours_is_tried_again_and_ends_with_its_kind_alone(crew: Make) -> None:
    built = crew()
    built.ingest("r1")
    fail_at_the_check(built, ValueError("secret text of a customer"))
    built.begin("r2", full=True)
    tried = list[bool]()

    def work(job: Job, last: bool) -> None:
        try:
            built.steps.work(job, last)
        except ValueError as error:
            tried.append(last)
            raise UnavailableError("as a function that fails: delivered again") from error

    built.lottery.run(work)
    assert tried == [False] * (TRIES - 1) + [True]
    failed = built.ended[-1]
    assert (failed.state, failed.reason) == (
        RunState.FAILED,
        "a flaw of this program (ValueError): its log says more",
    )


def test_one_that_is_away_at_every_try_ends_with_its_reason(crew: Make) -> None:
    built = crew()
    built.ingest("r1")
    fail_at_the_check(built, UnavailableError("the index cannot be reached"))
    failed = built.ingest("r2", full=True)
    assert (failed.state, failed.reason) == (RunState.FAILED, "the index cannot be reached")
    assert built.lottery.dead == []


def test_a_resumption_that_no_queue_takes_holds_its_source_for_nobody(crew: Make, target: Target) -> None:
    built = crew()
    built.begin("r1")
    built.lottery.waiting.clear()
    working, built.parts = built.parts, replace(built.parts, queue=Full())
    with Steps(built.runs, built.parts) as built.steps, pytest.raises(UnavailableError, match="SQS"):
        built.steps.resume(built.source, ADA)
    failed = built.runs.current(built.source, RunId("r1"))
    assert failed is not None
    assert (failed.state, failed.reason) == (RunState.FAILED, "SQS cannot be reached")
    with Steps(built.runs, working) as built.steps:
        assert built.ingest("r2").state is RunState.DONE
    assert found(target, word(1)) == every(range(6))


class Full:
    """A queue that takes nothing."""

    def send_all(self, jobs: Sequence[Job], *, delay: float = 0.0) -> None:
        raise UnavailableError("SQS cannot be reached")
