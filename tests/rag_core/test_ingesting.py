"""A folder and the index that follows it."""

import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.app import App
from rag_core.backends.embedded.writer import EmbeddedWriter
from rag_core.backends.folder import FolderSource
from rag_core.domain import Audience, DocumentId, SourceName
from rag_core.errors import MisconfiguredError, UnavailableError
from rag_core.ingesting import Ingestion
from rag_core.ports import OnListed
from rag_core.runs import IngestionRun, Progress, SourceItem
from tests.fakes.embedder import HashingEmbedder
from tests.making import app, write

Counts = tuple[int, int, int, int]


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    return write(tmp_path / "docs", billing__refunds="Refunds take thirty days.", spf="SPF is a TXT record.")


@pytest.fixture
def built(tmp_path: Path) -> App:
    return app(tmp_path / "home")


def counts(run: IngestionRun) -> Counts:
    return run.written, run.unchanged, run.removed, len(run.failures)


def found(built: App, text: str, audience: Audience = Audience.PUBLIC) -> list[str]:
    return [p.chunk.document.id for p in built.index.search(text, None, audience=audience, limit=10).passages]


class TestWhatChanged:
    def test_a_second_run_touches_nothing(self, built: App, docs: Path) -> None:
        assert counts(built.ingest(docs)) == (2, 0, 0, 0)
        assert counts(built.ingest(docs)) == (0, 2, 0, 0)

    def test_changed_new_and_disappeared(self, built: App, docs: Path) -> None:
        built.ingest(docs)
        write(docs, spf="SPF is now a paragraph.", dkim="DKIM signs.")
        (docs / "billing" / "refunds.md").unlink()
        assert counts(built.ingest(docs)) == (2, 0, 1, 0)
        assert found(built, "refunds") == []
        assert found(built, "paragraph") == ["spf"]

    def test_full_reads_everything_again(self, built: App, docs: Path) -> None:
        built.ingest(docs)
        assert counts(built.ingest(docs, full=True)) == (2, 0, 0, 0)

    def test_a_new_default_audience_reaches_every_document(self, built: App, docs: Path) -> None:
        built.ingest(docs)
        assert found(built, "refunds") == ["billing/refunds"]
        assert counts(built.ingest(docs, audience=Audience.INTERNAL)) == (2, 0, 0, 0)
        assert found(built, "refunds") == []
        assert found(built, "refunds", Audience.INTERNAL) == ["billing/refunds"]

    def test_what_a_document_says_of_its_audience_goes_first(self, built: App, docs: Path) -> None:
        write(
            docs, open="---\naudience: public\n---\nOpening hours.", secret="---\naudience: internal\n---\nDiscounts."
        )
        built.ingest(docs, audience=Audience.INTERNAL)
        assert found(built, "opening hours") == ["open"]
        assert found(built, "discounts") == []

    def test_a_single_file_is_a_source_too(self, built: App, docs: Path) -> None:
        assert counts(built.ingest(docs / "spf.md")) == (1, 0, 0, 0)
        assert found(built, "SPF") == ["spf"]

    def test_citations_lead_to_where_the_folder_is_published(self, built: App, docs: Path) -> None:
        (docs / "price list.csv").write_text("question,answer\nPrice?,Ten euros.")
        built.ingest(docs, base_url="https://help.example/")
        (page,) = built.index.search("refunds", None, audience=Audience.PUBLIC, limit=1).passages
        assert page.chunk.url == "https://help.example/billing/refunds"
        (row,) = built.index.search("euros", None, audience=Audience.PUBLIC, limit=1).passages
        assert row.chunk.url == "https://help.example/price%20list.csv#price"

    def test_what_a_run_that_died_had_read_counts_as_written_by_the_one_that_shows_it(
        self, built: App, docs: Path
    ) -> None:
        built.ingest(docs / "spf.md")
        write(docs, spf="Changed.")
        source = FolderSource(docs / "spf.md")
        with EmbeddedWriter(built.home, source.name) as writer:
            dying = Ingestion(source, writer, HashingEmbedder(), progress=_die)
            with pytest.raises(KeyboardInterrupt):
                dying.run()
        assert counts(built.ingest(docs / "spf.md")) == (1, 0, 0, 0)


def _die(progress: Progress) -> None:
    if progress.stage == "embedding":
        raise KeyboardInterrupt


class TestWhatFails:
    def test_a_document_that_fails_is_named_and_its_former_version_answers(self, built: App, docs: Path) -> None:
        built.ingest(docs)
        (docs / "spf.md").write_bytes(b"\0\0")
        run = built.ingest(docs)
        assert counts(run) == (0, 1, 0, 1)
        assert run.failures[0].document == "spf.md"
        assert "NUL" in run.failures[0].reason
        assert found(built, "TXT record") == ["spf"]
        write(docs, spf="Mended.")
        assert counts(built.ingest(docs)) == (1, 1, 0, 0)

    def test_a_flaw_of_a_reader_costs_no_other_document(self, built: App, docs: Path) -> None:
        (docs / "wide.csv").write_bytes(b"x" * 200_000 + b",answer\n1,2")
        (docs / "odd.md").write_bytes(b"---\na: !!bool foo\n---\nx")
        run = built.ingest(docs)
        assert counts(run) == (2, 0, 0, 2)
        assert found(built, "refunds") == ["billing/refunds"]

    def test_two_files_of_one_id_are_told_apart_by_name(self, built: App, docs: Path) -> None:
        (docs / "spf.txt").write_text("Another.")
        run = built.ingest(docs)
        assert run.failures[0].document == "spf.txt"
        assert "spf.md" in run.failures[0].reason

    def test_formats_that_are_not_read_are_counted(self, built: App, docs: Path) -> None:
        (docs / "logo.png").write_bytes(b"\x89PNG")
        (docs / ".hidden.md").write_text("not read")
        run = built.ingest(docs)
        assert run.skipped == ("logo.png",)
        assert counts(run) == (2, 0, 0, 0)

    def test_an_empty_folder_empties_nothing(self, built: App, docs: Path) -> None:
        built.ingest(docs)
        for file in docs.rglob("*.md"):
            file.unlink()
        with pytest.raises(MisconfiguredError, match="nothing was changed"):
            built.ingest(docs)
        assert found(built, "refunds") == ["billing/refunds"]

    def test_a_folder_that_is_not_there_changes_nothing(self, built: App, tmp_path: Path) -> None:
        with pytest.raises(MisconfiguredError, match="does not exist"):
            built.ingest(tmp_path / "nowhere")

    def test_a_link_out_of_the_folder_is_not_followed(self, built: App, docs: Path, tmp_path: Path) -> None:
        write(tmp_path, password="The secret word.")
        (docs / "link.md").symlink_to(tmp_path / "password.md")
        (docs / ".git").mkdir()
        (docs / ".git" / "config.md").write_text("The secret word.")
        (docs / "shown.md").symlink_to(docs / ".git" / "config.md")
        (docs / "loop").symlink_to(docs)
        built.ingest(docs)
        assert found(built, "secret word") == []

    def test_a_file_that_cannot_be_opened_fails_alone(self, docs: Path, tmp_path: Path) -> None:
        class Vanishing(FolderSource):
            def read(self, item):  # type: ignore[no-untyped-def]
                if item.id == "spf":
                    (docs / item.name).unlink()
                return super().read(item)

        source = Vanishing(docs)
        with EmbeddedWriter(tmp_path / "home", source.name) as writer:
            run = Ingestion(source, writer, None).run()
        assert counts(run) == (1, 0, 0, 1)
        assert "No such file" in run.failures[0].reason

    def test_a_name_that_cannot_be_shown_fails_alone(self, built: App, docs: Path) -> None:
        (docs / os.fsdecode(b"caf\xe9.md")).write_text("Words.")
        run = built.ingest(docs)
        assert counts(run) == (2, 0, 0, 1)
        assert "rename" in run.failures[0].reason
        assert run.failures[0].document.isascii()

    def test_a_second_ingestion_at_the_same_time_is_refused(self, built: App, docs: Path) -> None:
        built.ingest(docs)
        with EmbeddedWriter(built.home, FolderSource(docs).name), pytest.raises(UnavailableError, match="another"):
            built.ingest(docs)


class Listing:
    """A source that tells of each document what a platform's list does."""

    name, may_be_empty, apart = SourceName("platform"), True, False

    def __init__(self, *items: SourceItem, fails: bool = False, permalink: str = "") -> None:
        self._items, self._fails, self._permalink = items, fails, permalink
        self.read_ids: list[str] = []
        self.full, self.done = False, False

    def items(self, *, full: bool = False, listed: OnListed = lambda _done, _total: None) -> Iterator[SourceItem]:
        self.full = full
        for number, item in enumerate(self._items, 1):
            listed(number, len(self._items))
            yield item

    def read(self, item: SourceItem) -> tuple[bytes, str]:
        self.read_ids.append(item.id)
        if self._fails:
            return b"\0", "other"
        stated = f"audience: public\npermalink: {self._permalink}" if self._permalink else "audience: public"
        return f"---\n{stated}\n---\n# Title\n\nRefunds.\n\n## Part\n\nMore.".encode(), "other"

    def committed(self) -> None:
        self.done = True


class TestASourceThatListsVersions:
    def item(self, version: str = "1", audience: Audience | None = None, *headings: str) -> SourceItem:
        return SourceItem(DocumentId("p"), "p", ".md", "https://h.example/p", version, audience, headings)

    def run(self, home: Path, source: Listing) -> Counts:
        with EmbeddedWriter(home, source.name) as writer:
            return counts(Ingestion(source, writer, None).run())

    def test_only_another_version_is_read(self, built: App) -> None:
        first, second, third = Listing(self.item()), Listing(self.item()), Listing(self.item("2"))
        assert [self.run(built.home, each) for each in (first, second, third)] == [
            (1, 0, 0, 0),
            (0, 1, 0, 0),
            (1, 0, 0, 0),
        ]
        assert [each.read_ids for each in (first, second, third)] == [["p"], [], ["p"]]
        assert [each.full for each in (first, second, third)] == [True, False, False]

    def test_its_word_on_the_readers_goes_first(self, built: App) -> None:
        self.run(built.home, Listing(self.item(audience=Audience.INTERNAL)))
        assert found(built, "refunds") == []
        assert found(built, "refunds", Audience.INTERNAL) == ["p"]

    def test_its_headings_stand_above_and_lead_nowhere(self, built: App) -> None:
        self.run(built.home, Listing(self.item("1", None, "Billing", "Invoices")))
        first, second = built.index.document(SourceName("platform"), DocumentId("p"), audience=Audience.PUBLIC)
        assert (first.heading, first.url) == ("Title > Billing > Invoices", "https://h.example/p")
        assert (second.heading, second.url) == ("Title > Billing > Invoices > Part", "https://h.example/p#part")

    @pytest.mark.parametrize(
        ("permalink", "url"),
        [
            ("/returns/", "https://h.example/returns/"),
            ("//other.example/r", "https://other.example/r"),
            ("https://other.example/r", "https://other.example/r"),
            ("https://[/r", "https://h.example/p"),
        ],
    )
    def test_the_address_that_a_document_states_is_meant_from_where_it_is(
        self, built: App, permalink: str, url: str
    ) -> None:
        self.run(built.home, Listing(self.item(), permalink=permalink))
        chunks = built.index.document(SourceName("platform"), DocumentId("p"), audience=Audience.PUBLIC)
        assert [chunk.url for chunk in chunks] == [f"{url}#title", f"{url}#part"]

    def test_a_file_on_no_site_has_no_address_below_one(self, built: App) -> None:
        item = replace(self.item(), url="s3://documents/p.md")
        self.run(built.home, Listing(item, permalink="/returns/"))
        first, _ = built.index.document(SourceName("platform"), DocumentId("p"), audience=Audience.PUBLIC)
        assert first.url == "s3://documents/p.md#title"

    def test_restricted_and_failing_it_answers_no_more(self, built: App) -> None:
        self.run(built.home, Listing(self.item()))
        assert self.run(built.home, Listing(self.item("2"), fails=True)) == (0, 0, 0, 1)
        assert found(built, "refunds") == ["p"]
        assert self.run(built.home, Listing(self.item("2", Audience.INTERNAL), fails=True)) == (0, 0, 1, 1)
        assert found(app(built.home), "refunds") == []

    def test_it_is_told_once_everything_is_visible(self, built: App) -> None:
        source, seen = Listing(self.item()), list[bool]()
        with EmbeddedWriter(built.home, source.name) as writer:
            Ingestion(source, writer, HashingEmbedder(), progress=lambda _: seen.append(source.done)).run()
        assert source.done
        assert not any(seen)

    def test_it_may_list_nothing(self, built: App) -> None:
        self.run(built.home, Listing(self.item()))
        assert self.run(built.home, Listing()) == (0, 0, 1, 0)


class TestVectors:
    def run(self, docs: Path, home: Path, embedder: HashingEmbedder | None) -> IngestionRun:
        source = FolderSource(docs)
        with EmbeddedWriter(home, source.name) as writer:
            return Ingestion(source, writer, embedder).run()

    def test_only_new_chunks_are_embedded(self, docs: Path, tmp_path: Path) -> None:
        embedder = HashingEmbedder()
        self.run(docs, tmp_path / "home", embedder)
        assert embedder.embedded == 2
        write(docs, spf="Changed.")
        self.run(docs, tmp_path / "home", embedder)
        assert embedder.embedded == 3

    def test_to_words_only_and_back(self, docs: Path, tmp_path: Path) -> None:
        home, embedder = tmp_path / "home", HashingEmbedder()
        assert self.run(docs, home, embedder).embedding_model == "hashing"
        assert self.run(docs, home, None).embedding_model is None
        assert app(home).index.embedding_model is None
        self.run(docs, home, embedder)
        assert app(home).index.embedding_model == "hashing"
        assert embedder.embedded == 4

    def test_progress_counts_documents_then_chunks(self, docs: Path, tmp_path: Path) -> None:
        seen: list[Progress] = []
        source = FolderSource(docs)
        with EmbeddedWriter(tmp_path / "home", source.name) as writer:
            Ingestion(source, writer, HashingEmbedder(), progress=seen.append).run()
        assert [(p.stage, p.done, p.total) for p in seen] == [("reading", 1, 2), ("reading", 2, 2), ("embedding", 2, 2)]


def test_a_run_killed_at_any_moment_leaves_one_whole_version_and_the_next_converges(tmp_path: Path) -> None:
    docs, home, pages, kills = tmp_path / "docs", tmp_path / "home", 300, 8

    def publish(version: int) -> None:
        for n in range(pages):
            write(docs, **{f"page{n}": f"---\ntitle: Page {n}\n---\n" + f"common words in v{version} here. " * 40})

    def start() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "bot.cli", "ingest", str(docs), "--home", str(home), "--json"]
        environment = os.environ | {"SUPPORTBOT_EMBEDDING_MODEL": "none"}
        return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def answering() -> int:
        reading = app(home).index.search("common words", None, audience=Audience.PUBLIC, limit=50).passages
        (version,) = {re.findall(r"in v(\d+) here", passage.chunk.text)[0] for passage in reading}
        return int(version)

    publish(0)
    started = time.monotonic()
    with start() as process:
        process.wait()
    duration = time.monotonic() - started
    chance, killed, version = random.Random(3), 0, 0  # noqa: S311
    while killed < kills:
        publish(version + 1)
        with start() as process:
            time.sleep(chance.uniform(0.2, 1.0) * duration)
            if process.poll() is None:
                killed += 1
            else:
                duration *= 0.8  # the machine was busier when it was measured
            process.kill()
        assert answering() in (version, version + 1)
        version = answering()
    publish(99)
    run = app(home).ingest(docs)
    assert run.written + run.unchanged == pages
    assert run.chunks == app(tmp_path / "fresh").ingest(docs).chunks
    assert answering() == 99
