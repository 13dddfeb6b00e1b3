"""Scanned pages: Textract at wire level, its message through SNS and SQS, and a table that stays a table."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.recognition import recognition, stated
from bot.settings import load
from rag_core.backends.sqlite.records import SqliteRecords
from rag_core.backends.textract.completing import completed
from rag_core.backends.textract.recognizing import Channel, TextractRecognizer
from rag_core.calling import Patience
from rag_core.chunking import chunk
from rag_core.domain import Audience, Document, DocumentId, Fingerprint, SourceName
from rag_core.errors import BusyError, MisconfiguredError, RejectedError, UnavailableError
from rag_core.extracting import reading
from rag_core.extracting.isolating import IsolatedExtractor
from rag_core.recognizing import NOTHING, Recognition, key
from rag_core.runs import SourceItem
from rag_core.scans import RecognitionId, Scan
from tests.fakes.textract.account import ROLE, Account, pdf, picture
from tests.fakes.textract.blocks import papers
from tests.fakes.textract.server import TextractFake, textract
from tests.services.aws import REGION

QUICK = Patience(first_wait=0.01, longest_wait=0.02, spare_retries=5.0)
SOURCE = SourceName("handbook")
ITEM = SourceItem(DocumentId("plan"), "plan.pdf", ".pdf", "s3://docs/plan.pdf", "etag")


@pytest.fixture
def account(aws_url: str) -> Account:
    return Account(aws_url)


@pytest.fixture
def fake(account: Account) -> Iterator[TextractFake]:
    with textract(account.s3, account.sns) as made:
        yield made


@pytest.fixture
def recognizer(account: Account, fake: TextractFake, aws_url: str) -> TextractRecognizer:
    where = Channel(REGION, "scratch", account.topic, ROLE, endpoint_url=fake.url, s3_url=aws_url)
    return TextractRecognizer(where, QUICK)


@pytest.fixture
def recognizing(recognizer: TextractRecognizer, tmp_path: Path) -> Recognition:
    return Recognition(recognizer, SqliteRecords(tmp_path), price=0.02, ask_above=0.05)


@pytest.fixture(scope="module")
def extractor() -> Iterator[IsolatedExtractor]:
    with IsolatedExtractor(workers=1) as made:
        yield made


def scan_of(content: bytes) -> Scan:
    found = reading.read(reading.SCAN, content).scan
    assert found is not None
    return found


class TestWhichPages:
    def test_only_those_without_a_text_layer(self, recognizing: Recognition, extractor: IsolatedExtractor) -> None:
        scan = recognizing.look(ITEM, pdf("Refunds", "scan", "", "Invoices", "stamped", "scan"), extractor)
        assert scan is not None
        assert (scan.pages, scan.total, scan.is_whole) == ((2, 5, 6), 6, False)
        assert len(scan_of(scan.content).pages) == scan_of(scan.content).total == 3  # and they alone are sent

    def test_none_where_all_have_one(self, recognizing: Recognition, extractor: IsolatedExtractor) -> None:
        assert recognizing.look(ITEM, pdf("Refunds", "Invoices", ""), extractor) is None

    def test_a_picture_is_a_page(self, recognizing: Recognition, extractor: IsolatedExtractor) -> None:
        item = SourceItem(DocumentId("plan"), "plan.png", ".png", "s3://docs/plan.png")
        scan = recognizing.look(item, picture(), extractor)
        assert scan == Scan((1,), 1, ".png", picture())

    @pytest.mark.parametrize("content", [b"%PDF-1.7 broken", b"<html>", b"MZ\x90"])
    def test_what_is_neither_is_refused(
        self, recognizing: Recognition, extractor: IsolatedExtractor, content: bytes
    ) -> None:
        with pytest.raises(RejectedError):
            recognizing.look(ITEM, content, extractor)

    def test_other_formats_are_never_looked_at(self, recognizing: Recognition, extractor: IsolatedExtractor) -> None:
        item = SourceItem(DocumentId("page"), "page.md", ".md", "x")
        assert recognizing.look(item, b"# Refunds", extractor) is None

    def test_no_file_can_ask_for_it_by_its_name(self) -> None:
        assert reading.SCAN not in reading.READERS
        assert not reading.SCAN.startswith(".")

    def test_what_it_costs_is_known_before(self, recognizing: Recognition) -> None:
        assert str(recognizing.estimate(3)) == "3 scanned pages to be recognised: 0.06 USD"
        assert recognizing.needs_consent(recognizing.estimate(3))
        assert not recognizing.needs_consent(recognizing.estimate(2))


class TestFromPictureToSections:
    def test_a_message_brings_the_document_back(
        self, recognizing: Recognition, account: Account, fake: TextractFake, extractor: IsolatedExtractor
    ) -> None:
        content = pdf("Refunds", "scan", "scan", "Invoices")
        scan = recognizing.look(ITEM, content, extractor)
        assert scan is not None
        name = key(SOURCE, ITEM, "etag")
        recognizing.begin(scan, name, {"run": "r1", "document": "plan"})
        assert (fake.paid, account.kept()) == (2, [f"textract/{name}"])

        first, second = papers(2)
        first.area("HEADER", "Northwind confidential")
        first.area("TITLE", "Price list")
        first.area("TEXT", "Prices are per month", "and without tax.")
        first.table(("Plan", "Price"), ("Small", "10 | 12"), ("Large", "40"), title="What plans cost")
        first.area("PAGE_NUMBER", "1")
        second.area("TEXT", "Prices hold until March.")
        second.area("SECTION_HEADER", "What is in it")
        second.bullets("• Ten mailboxes", "- One domain")
        fake.finish([*first.blocks, *second.blocks])

        (body,) = account.messages()
        recognition, told = completed(body)
        pending = recognizing.taken(told)
        assert pending is not None
        assert (pending.about, pending.is_whole) == ({"run": "r1", "document": "plan"}, False)
        text = extractor.result(extractor.submit(".pdf", content))
        finished = recognizing.finished(pending, recognition, text)
        assert finished is not None
        shown = [
            (section.headings[0].text, section.headings[0].anchor, [block.source.strip() for block in section.blocks])
            for section in finished.extracted.sections
            if section.blocks
        ]
        table = "| Plan | Price |\n|---|---|\n| Small | 10 \\| 12 |\n| Large | 40 |"
        assert shown == [
            ("Refunds", "page=1", ["All about refunds in plain words, as one reads it."]),
            ("Price list", "page=2", ["Prices are per month\nand without tax.", "What plans cost", table]),
            ("Price list", "page=3", ["Prices hold until March."]),
            ("What is in it", "page=3", ["- Ten mailboxes\n- One domain"]),
            ("Invoices", "page=4", ["All about invoices in plain words, as one reads it."]),
        ]
        document = Document(ITEM.id, SOURCE, "Plan", ITEM.url, Audience.PUBLIC, Fingerprint("1"))
        (held,) = [each for each in chunk(document, finished.extracted.sections) if "Large" in each.text]
        assert (table in held.text, held.url) == (True, "s3://docs/plan.pdf#page=2")

        recognizing.done(told)
        assert (account.kept(), recognizing.taken(told)) == ([], None)  # a second message is nobody's

    def test_every_page_of_the_result_is_read(self, recognizer: TextractRecognizer, fake: TextractFake) -> None:
        recognition = recognizer.start(scan_of(pdf("scan")), "k1")
        (paper,) = papers(1)
        for number in range(800):
            paper.area("TEXT", f"Line {number} of many")
        fake.finish(paper.blocks)
        found = recognizer.result(recognition)
        assert found is not None
        assert len(found.pieces) == 800
        assert fake.times("GetDocumentAnalysis") == -(-len(paper.blocks) // 1_000)

    def test_until_it_is_over_nobody_waits(self, recognizer: TextractRecognizer, fake: TextractFake) -> None:
        recognition = recognizer.start(scan_of(pdf("scan")), "k1")
        assert recognizer.result(recognition) is None
        assert fake.times("GetDocumentAnalysis") == 1

    def test_a_picture_without_layout_is_its_lines(self, recognizing: Recognition, fake: TextractFake) -> None:
        pending = recognizing.begin(Scan((1,), 1, ".png", picture()), "k1", {})
        (paper,) = papers(1)
        paper.line("Refunds take thirty days.")
        del paper.blocks[0]["Page"]  # of a picture there is none
        job = fake.finish(paper.blocks)
        finished = recognizing.finished(pending, RecognitionId(job.id), None)
        assert finished is not None
        (section,) = finished.extracted.sections
        assert (section.headings[0].anchor, section.blocks[0].source) == ("", "Refunds take thirty days.")

    def test_tables_are_whole_whatever_their_form(self, recognizer: TextractRecognizer, fake: TextractFake) -> None:
        recognition = recognizer.start(scan_of(pdf("scan")), "k1")
        (paper,) = papers(1)
        paper.table(("Plan", "Cost"), ("Each month", ""), ("S", "1"), merged=((2, 1), (2, 2)))
        paper.table(("Alone", "Here"), ("a", "b"), laid=False)
        fake.finish(paper.blocks)
        found = recognizer.result(recognition)
        assert found is not None
        assert [piece.rows for piece in found.pieces] == [
            (("Plan", "Cost"), ("Each month", "Each month"), ("S", "1")),
            (("Alone", "Here"), ("a", "b")),
        ]

    def test_what_is_on_the_page_is_text_and_nothing_else(self, recognizing: Recognition, fake: TextractFake) -> None:
        pending = recognizing.begin(scan_of(pdf("scan")), "k1", {})
        (paper,) = papers(1)
        paper.table(("a|b\\", "<script>\x07"), ("c", "d"))
        job = fake.finish(paper.blocks)
        finished = recognizing.finished(pending, RecognitionId(job.id), None)
        assert finished is not None
        assert finished.extracted.sections[0].blocks[0].source == "| a\\|b\\\\ | <script> |\n|---|---|\n| c | d |"


class TestOnce:
    def test_begun_again_it_is_not_paid_again(
        self, recognizing: Recognition, fake: TextractFake, account: Account
    ) -> None:
        scan = scan_of(pdf("scan", "scan"))
        for _ in range(3):
            recognizing.begin(scan, "k1", {})
        assert (fake.times("StartDocumentAnalysis"), len(fake.jobs), fake.paid) == (3, 1, 2)

    def test_another_version_is_another(self) -> None:
        keys = [key(SOURCE, ITEM, version) for version in ("1", "2")] + [key(SourceName("other"), ITEM, "1")]
        assert len(set(keys)) == 3
        assert all(len(each) == 64 for each in keys)

    def test_failing_it_is_tried_again(self, recognizer: TextractRecognizer, fake: TextractFake) -> None:
        fake.fail("StartDocumentAnalysis", "InternalServerError", 2)
        recognizer.start(scan_of(pdf("scan")), "k1")
        assert (fake.times("StartDocumentAnalysis"), fake.paid) == (3, 1)
        fake.fail("StartDocumentAnalysis", "InternalServerError", 9)
        with pytest.raises(UnavailableError, match="Textract") as found:
            recognizer.start(scan_of(pdf("scan")), "k2")
        assert not isinstance(found.value, BusyError)

    @pytest.mark.parametrize(
        ("code", "seconds"),
        [("LimitExceededException", 60), ("ProvisionedThroughputExceededException", 5), ("ThrottlingException", 5)],
    )
    def test_at_a_limit_it_is_asked_again_later_however_many_wait(
        self, recognizer: TextractRecognizer, fake: TextractFake, code: str, seconds: float
    ) -> None:
        fake.fail("StartDocumentAnalysis", code, 9)
        for number in range(1, 10):  # more than a service that fails is asked
            with pytest.raises(BusyError) as found:
                recognizer.start(scan_of(pdf("scan")), f"k{number}")
            assert (found.value.retry_after, fake.times("StartDocumentAnalysis")) == (seconds, number)


class TestFailures:
    def test_failed_it_says_why(self, recognizing: Recognition, fake: TextractFake) -> None:
        pending = recognizing.begin(scan_of(pdf("scan")), "k1", {})
        job = fake.finish([], status="FAILED", message="INVALID_IMAGE_TYPE")
        with pytest.raises(RejectedError, match="Textract could not read it: INVALID_IMAGE_TYPE"):
            recognizing.finished(pending, RecognitionId(job.id), None)

    def test_in_part_it_names_the_pages_that_are_missing(self, recognizing: Recognition, fake: TextractFake) -> None:
        pending = recognizing.begin(scan_of(pdf("Refunds", "scan", "scan")), "k1", {})
        (paper, _) = papers(2)
        paper.area("TEXT", "Refunds take thirty days.")
        job = fake.finish(paper.blocks, status="PARTIAL_SUCCESS", failed_pages=(2,))
        finished = recognizing.finished(pending, RecognitionId(job.id), None)
        assert finished is not None
        assert finished.missing == (3,)

    def test_empty_it_is_refused(self, recognizing: Recognition, fake: TextractFake) -> None:
        pending = recognizing.begin(scan_of(pdf("scan")), "k1", {})
        job = fake.finish([])
        with pytest.raises(RejectedError, match=NOTHING):
            recognizing.finished(pending, RecognitionId(job.id), None)

    @pytest.mark.parametrize(
        ("code", "error", "words"),
        [
            ("BadDocumentException", RejectedError, "damaged"),
            ("DocumentTooLargeException", RejectedError, "split it"),
            ("AccessDeniedException", MisconfiguredError, "textract:StartDocumentAnalysis"),
            ("InvalidS3ObjectException", MisconfiguredError, "s3:GetObject"),
        ],
    )
    def test_refused_it_says_what_to_do(
        self, recognizer: TextractRecognizer, fake: TextractFake, code: str, error: type[Exception], words: str
    ) -> None:
        fake.fail("StartDocumentAnalysis", code)
        with pytest.raises(error, match=words):
            recognizer.start(scan_of(pdf("scan")), "k1")

    def test_long_gone_it_is_read_again(self, recognizer: TextractRecognizer) -> None:
        with pytest.raises(RejectedError, match="read it again"):
            recognizer.result(RecognitionId("0" * 64))

    @pytest.mark.parametrize(
        "body",
        [
            "",
            "[]",
            "{}",
            '{"API": "StartExpenseAnalysis", "JobId": "a", "JobTag": "b"}',
            '{"Type": "Notification", "Message": "x"}',
        ],
    )
    def test_a_message_of_others_is_refused(self, body: str) -> None:
        with pytest.raises(RejectedError, match="none of Textract's"):
            completed(body)

    def test_a_raw_message_is_read_as_well(self) -> None:
        raw = {"API": "StartDocumentAnalysis", "JobId": "a", "JobTag": "b", "Status": "SUCCEEDED"}
        assert completed(json.dumps(raw)) == ("a", "b")


class TestTheSetting:
    STATED = '{"bucket": "scratch", "topic": "arn:aws:sns:eu-central-1:1:done", "role": "arn:aws:iam::1:role/t"}'

    def test_it_makes_one(self, aws_url: str, tmp_path: Path) -> None:
        settings = load({"SUPPORTBOT_TEXTRACT": self.STATED, "SUPPORTBOT_REGION": REGION}, home=str(tmp_path))
        assert isinstance(recognition(settings, SqliteRecords(tmp_path)), Recognition)
        assert recognition(load({}, home=str(tmp_path)), SqliteRecords(tmp_path)) is None

    @pytest.mark.parametrize(
        "text", ["{}", STATED.replace("arn:aws:sns", "x"), STATED.replace("}", ', "page_price": -1}')]
    )
    def test_wrong_it_is_said(self, text: str, tmp_path: Path) -> None:
        with pytest.raises(MisconfiguredError, match=r"SUPPORTBOT_TEXTRACT is wrong.*docs/ingesting\.md"):
            load({"SUPPORTBOT_TEXTRACT": text}, home=str(tmp_path))
        assert stated(load({}, home=str(tmp_path))) is None
