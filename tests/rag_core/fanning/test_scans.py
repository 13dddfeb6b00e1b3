"""Scanned pages in a run of many workers: Textract at wire level, its messages as the ingest function gets them."""

import random
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, cast

import pytest

from bot import ingest_worker
from rag_core.backends.opensearch.index import OpenSearchIndex
from rag_core.backends.opensearch.target import Target
from rag_core.backends.textract.recognizing import Channel, TextractRecognizer
from rag_core.calling import Patience
from rag_core.domain import NEVER, Audience
from rag_core.errors import BusyError
from rag_core.fanning.plans import Step
from rag_core.messaging import read
from rag_core.runs import IngestionRun, RunId, RunRecord, RunState
from tests.fakes.textract.account import ROLE, Account, pdf, picture
from tests.fakes.textract.blocks import papers
from tests.fakes.textract.server import TextractFake, textract
from tests.making import write
from tests.rag_core.fanning.crew import ADA, TRIES, Crew, KilledError, Lottery, Make
from tests.services.aws import REGION

QUICK = Patience(first_wait=0.01, longest_wait=0.02, spare_retries=5.0)


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    """Three scanned pages in two documents, and a page that is none."""
    folder = write(tmp_path / "docs", refunds="# Refunds\n\nWithin thirty days.")
    (folder / "plan.pdf").write_bytes(pdf("Invoices", "scan", "scan"))
    (folder / "photo.png").write_bytes(picture())
    return folder


@pytest.fixture
def account(aws_url: str) -> Account:
    return Account(aws_url)


@pytest.fixture
def fake(account: Account) -> Iterator[TextractFake]:
    with textract(account.s3, account.sns) as made:
        yield made


@pytest.fixture
def crew(
    target: Target, tmp_path: Path, docs: Path, account: Account, fake: TextractFake, aws_url: str
) -> Iterator[Make]:
    where = Channel(REGION, "scratch", account.topic, ROLE, endpoint_url=fake.url, s3_url=aws_url)
    with ExitStack() as stack:

        def made(seed: int = 1, deaths: int = 0, twice: int = 0) -> Crew:
            lottery = Lottery(random.Random(seed), deaths, twice)  # noqa: S311
            crew = Crew(target, tmp_path / "home", docs, lottery, recognizer=TextractRecognizer(where, QUICK))
            stack.enter_context(crew.steps)
            return crew

        yield made


def begun(crew: Crew, run: str = "r1", **asked: bool) -> RunRecord:
    """As far as it comes without Textract."""
    crew.begin(run, **asked)
    crew.lottery.run(crew.steps.work)
    return current(crew, run)


def current(crew: Crew, run: str = "r1") -> RunRecord:
    found = crew.runs.current(crew.source, RunId(run))
    assert found is not None
    return found


def result(crew: Crew, run: str = "r1") -> IngestionRun:
    found = current(crew, run)
    assert (found.state, found.reason) == (RunState.DONE, "")
    assert found.result is not None
    return found.result


def recognise(fake: TextractFake, *failing: int) -> None:
    """All that is under way, in the order in which it was begun."""
    for number, job in enumerate(fake.jobs.values()):
        if job.status == "IN_PROGRESS":
            made = papers(job.pages)
            for paper in made:
                paper.area("TEXT", f"Recognised words of {job.pages} pages.")
            job.blocks = [block for paper in made for block in paper.blocks]
            job.status, job.message = ("FAILED", "INVALID_IMAGE_TYPE") if number in failing else ("SUCCEEDED", "")
            fake.tell(job)


def deliver(crew: Crew, account: Account) -> list[str]:
    """Textract's messages, and what follows from them."""
    bodies = account.messages()
    for body in bodies:
        hear(crew, body)
    crew.lottery.run(crew.steps.work)
    return bodies


def hear(crew: Crew, body: str) -> None:
    """As often as its worker dies."""
    worker = ingest_worker.IngestWorker(cast(Any, None), crew.steps, crew.lottery)
    for received in range(1, TRIES + 1):
        try:
            worker.work(ingest_worker.read(body), NEVER, received == TRIES)
        except KilledError:
            continue
        return
    crew.lottery.dead.append(body)


def found(target: Target, words: str) -> list[str]:
    passages = OpenSearchIndex(target).search(words, None, audience=Audience.PUBLIC, limit=60).passages
    return sorted({passage.chunk.document.id for passage in passages})


def test_scanned_pages_are_with_the_rest_of_their_document_and_nobody_waits(
    crew: Make, target: Target, account: Account, fake: TextractFake
) -> None:
    built = crew(twice=50)
    assert begun(built).state is RunState.RUNNING
    assert (len(fake.jobs), fake.paid, len(account.kept())) == (2, 3, 2)
    recognise(fake)
    bodies = deliver(built, account)
    assert (result(built).written, result(built).failures) == (3, ())
    assert found(target, "recognised words") == ["photo", "plan"]
    assert (found(target, "invoices"), found(target, "thirty")) == (["plan"], ["refunds"])
    hear(built, bodies[0])  # once more, when nothing is left of the run
    assert (account.kept(), built.lottery.waiting) == ([], [])
    again = built.ingest("r2").result
    assert again is not None
    assert (again.unchanged, fake.paid) == (3, 3)


def test_a_failed_recognition_fails_its_document_alone(
    crew: Make, target: Target, account: Account, fake: TextractFake
) -> None:
    built = crew()
    begun(built)
    recognise(fake, 0)
    deliver(built, account)
    (failure,) = result(built).failures
    assert failure.reason == "Textract could not read it: INVALID_IMAGE_TYPE"
    assert (result(built).written, len(found(target, "recognised words")), account.kept()) == (2, 1, [])


def test_a_page_that_is_missing_is_named_and_the_others_answer(
    crew: Make, target: Target, docs: Path, account: Account, fake: TextractFake
) -> None:
    (docs / "photo.png").unlink()
    built = crew()
    begun(built)
    next(iter(fake.jobs.values())).failed_pages = [2]
    recognise(fake)
    deliver(built, account)
    (failure,) = result(built).failures
    assert failure.reason == "not recognised of its scanned pages: 3; the others answer"
    assert found(target, "recognised words") == ["plan"]


def test_what_costs_more_is_agreed_to_before_anything_is_sent(
    crew: Make, target: Target, docs: Path, account: Account, fake: TextractFake
) -> None:
    (docs / "long.pdf").write_bytes(pdf("scan", "scan", "scan"))
    built = crew()
    assert begun(built).state is RunState.DONE
    assert {failure.document for failure in result(built).failures} == {"long.pdf", "photo.png", "plan.pdf"}
    assert {failure.reason for failure in result(built).failures} == {
        "this run has 6 scanned pages to be recognised: 0.12 USD, and more than 0.10 USD are agreed to first: "
        "ingest again with --agree (docs/ingesting.md)"
    }
    assert (fake.asked, account.kept(), found(target, "thirty")) == ([], [], ["refunds"])
    begun(built, "r2", agreed=True)
    recognise(fake)
    deliver(built, account)
    assert (result(built, "r2").written, result(built, "r2").unchanged, fake.paid) == (3, 1, 6)


def test_a_message_that_is_lost_is_made_up_for_by_a_resumption(
    crew: Make, target: Target, account: Account, fake: TextractFake
) -> None:
    built = crew()
    begun(built)
    recognise(fake)
    assert len(account.messages()) == 2
    built.steps.resume(built.source, ADA)
    built.lottery.run(built.steps.work)
    assert (result(built).written, fake.paid, account.kept()) == (3, 3, [])
    assert found(target, "recognised words") == ["photo", "plan"]


def test_of_a_cancelled_run_nothing_is_left_at_textract(crew: Make, account: Account, fake: TextractFake) -> None:
    built = crew()
    begun(built)
    built.steps.cancel(built.source, ADA)
    built.lottery.run(built.steps.work)
    recognise(fake)
    deliver(built, account)
    assert (current(built).state, account.kept()) == (RunState.CANCELLED, [])


def test_busy_it_is_asked_again_however_often(crew: Make, account: Account, fake: TextractFake) -> None:
    built = crew()
    fake.fail("StartDocumentAnalysis", "LimitExceededException", 40)
    begun(built)
    assert fake.times("StartDocumentAnalysis") == 42  # nobody asked at once again what is full
    recognise(fake)
    deliver(built, account)
    assert (result(built).failures, fake.paid) == ((), 3)


def test_a_document_that_waits_for_a_place_is_no_try_and_its_run_lives(crew: Make, fake: TextractFake) -> None:
    built = crew()
    fake.fail("StartDocumentAnalysis", "LimitExceededException", 99)
    built.begin("r1")
    while (job := read(built.lottery.waiting.pop(0).body)).payload["step"] != Step.SCAN:
        built.steps.work(job, False)
    waiting = list(built.lottery.waiting)
    with pytest.raises(BusyError, match="takes no more") as busy:
        built.steps.work(job, False)
    assert busy.value.retry_after == 60
    assert (current(built).state, built.lottery.waiting) == (RunState.RUNNING, waiting)


@pytest.mark.parametrize("error", ["InternalServerError"])
def test_what_is_no_limit_is_a_try_as_any_other(crew: Make, fake: TextractFake, error: str) -> None:
    built = crew()
    fake.fail("StartDocumentAnalysis", error, 99)
    begun(built)
    assert {failure.document for failure in result(built).failures} == {"photo.png", "plan.pdf"}


@pytest.mark.parametrize("seed", range(2, 8))
def test_killed_at_any_write_a_page_is_paid_for_once(
    crew: Make, target: Target, account: Account, fake: TextractFake, seed: int
) -> None:
    built = crew(seed, deaths=20, twice=30)
    begun(built)
    recognise(fake)
    deliver(built, account)
    assert (built.lottery.dead, result(built).written, fake.paid) == ([], 3, 3)
    assert found(target, "recognised words") == ["photo", "plan"]
