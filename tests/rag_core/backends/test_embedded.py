"""The embedded index keeps the contract, and its two stores never disagree."""

import shutil
import sqlite3
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import tantivy

from rag_core.backends.embedded.book import BOOK, INDEX_FORMAT, VERSIONS, WORDS
from rag_core.backends.embedded.index import EmbeddedIndex
from rag_core.backends.embedded.writer import BATCH, EmbeddedWriter
from rag_core.domain import Audience, DocumentId, SourceName, Vector
from rag_core.errors import MisconfiguredError, UnavailableError
from tests.contracts.index import IndexContract, Open, OpenWriter, fill
from tests.fakes.embedder import HashingEmbedder
from tests.making import SOURCE, document


@pytest.fixture
def reader(tmp_path: Path) -> Open:
    return lambda: EmbeddedIndex(tmp_path)


@pytest.fixture
def writer(tmp_path: Path) -> OpenWriter:
    def opened(source: SourceName = SOURCE) -> EmbeddedWriter:
        return EmbeddedWriter(tmp_path, source)

    return opened


class Dying(HashingEmbedder):
    """Fails once, after some batches."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self._left = after

    def embed_passages(self, texts: Sequence[str]) -> list[Vector]:
        self._left -= 1
        if self._left == -1:
            raise UnavailableError("the model is away")
        return super().embed_passages(texts)


class TestEmbeddedIndex(IndexContract):
    @pytest.mark.parametrize("damage", ["all", "meta.json", "*.term", "vectors.f32", "keys.i64", "manifest.json"])
    def test_a_damaged_index_is_named_and_made_again(
        self, tmp_path: Path, reader: Open, writer: OpenWriter, damage: str
    ) -> None:
        embedder = HashingEmbedder()
        with writer() as writing:
            fill(writing, [(document("a"), "words"), (document("b"), "other")], embedder)
        (folder,) = (tmp_path / VERSIONS).iterdir()
        if damage == "all":
            shutil.rmtree(folder)
        else:
            (file,) = folder.rglob(damage)
            file.unlink() if file.suffix == ".term" else file.write_bytes(file.read_bytes()[:8])
        vector = embedder.embed_question("words")
        with pytest.raises(MisconfiguredError, match="incomplete"):
            reader().search("words", vector, audience=Audience.PUBLIC, limit=2)
        with writer() as writing:
            writing.commit(embedder)
        found = reader().search("words", vector, audience=Audience.PUBLIC, limit=2).passages
        assert [passage.chunk.document.id for passage in found] == ["a", "b"]

    def test_an_index_of_another_schema_is_made_again(self, tmp_path: Path, reader: Open, writer: OpenWriter) -> None:
        with writer() as writing:
            fill(writing, [(document("a"), "words")])
        (folder,) = (tmp_path / VERSIONS).iterdir()
        shutil.rmtree(folder)
        (folder / WORDS).mkdir(parents=True)
        tantivy.Index(tantivy.SchemaBuilder().add_text_field("body").build(), path=str(folder / WORDS))
        with pytest.raises(MisconfiguredError, match="another version"):
            self.found(reader(), "words")
        with writer() as writing:
            writing.commit(None)
        assert self.found(reader(), "words") == ["a"]

    def test_what_a_dead_run_embedded_is_not_embedded_again(self, writer: OpenWriter) -> None:
        embedder = Dying(after=2)
        with writer() as writing, pytest.raises(UnavailableError):
            fill(writing, [(document(f"p{n}"), f"text {n}") for n in range(200)], embedder)
        assert embedder.embedded == 2 * BATCH
        with writer() as writing:
            assert len(writing.versions()) == 200
            writing.commit(embedder)
        assert embedder.embedded == 200

    def test_a_run_that_changes_nothing_makes_no_new_version(self, tmp_path: Path, writer: OpenWriter) -> None:
        with writer() as writing:
            fill(writing, [(document("a"), "words")])
        with writer() as writing:
            writing.commit(None)
        assert [folder.name for folder in (tmp_path / VERSIONS).iterdir()] == [f"1.{INDEX_FORMAT}"]

    def test_a_search_that_goes_on_during_commits_always_finds_one_whole_version(
        self, reader: Open, writer: OpenWriter
    ) -> None:
        pages, embedder = [f"p{n}" for n in range(8)], HashingEmbedder(384)

        def write(version: str) -> None:
            with writer() as writing:
                fill(writing, [(document(page, version=version), f"words v{version}") for page in pages], embedder)

        write("0")
        reading = reader()

        def versions() -> set[str]:
            found = reading.search(
                "words", embedder.embed_question("words"), audience=Audience.PUBLIC, limit=8
            ).passages
            assert len(found) == len(pages)
            return {passage.chunk.text for passage in found}

        with ThreadPoolExecutor(2) as pool:
            writes = pool.submit(lambda: deque(map(write, map(str, range(1, 12)))))
            searches = 0
            while not writes.done() or not searches:
                assert len(versions()) == 1
                searches += 1
            writes.result()
        assert searches > 5

    def test_a_version_that_answers_is_never_written_to(self, tmp_path: Path, writer: OpenWriter) -> None:
        def contents() -> dict[str, bytes]:
            return {
                file.name: file.read_bytes()
                for file in (tmp_path / VERSIONS / f"1.{INDEX_FORMAT}").rglob("*")
                if file.is_file()
            }

        embedder = HashingEmbedder()
        with writer() as writing:
            fill(writing, [(document("a"), "words"), (document("b"), "more words")], embedder)
        before = contents()
        with writer() as writing:
            fill(writing, [(document("a", version="2"), "other"), (document("c"), "still more")], embedder)
        assert contents() == before

    def test_what_is_forgotten_stands_in_no_file(self, tmp_path: Path, reader: Open, writer: OpenWriter) -> None:
        """Neither in free pages, nor in what the index was linked to, nor in the version before."""
        embedder, reading = HashingEmbedder(), None
        for version in ("1", "2"):
            with writer() as writing:
                fill(writing, [(document("a", version=version), "zqcanary"), (document("b"), "words")], embedder)
            reading = reader()
        assert reading
        assert self.found(reading, "zqcanary") == ["a"]
        former = {path.stat().st_ino for path in (tmp_path / VERSIONS).rglob("*.*")}
        with writer() as writing:
            writing.forget(DocumentId("a"))
            writing.commit(embedder)
        files = [path for path in tmp_path.rglob("*") if path.is_file()]
        assert [path.name for path in files if b"zqcanary" in path.read_bytes()] == []
        (folder,) = (tmp_path / VERSIONS).iterdir()
        assert not former & {path.stat().st_ino for path in folder.rglob("*.*")}
        assert self.found(reading, "words") == ["b"]

    def test_a_file_that_is_no_book_is_named(self, tmp_path: Path) -> None:
        (tmp_path / BOOK).write_bytes(b"not a database" * 100)
        with pytest.raises(MisconfiguredError, match="not a readable index"):
            EmbeddedIndex(tmp_path)

    def test_a_book_of_another_format_is_refused(self, tmp_path: Path, writer: OpenWriter) -> None:
        with writer():
            pass
        with sqlite3.connect(tmp_path / BOOK) as db:
            db.execute("PRAGMA user_version = 1")
        db.close()
        with pytest.raises(MisconfiguredError, match="format 1,"):
            EmbeddedIndex(tmp_path)
        for _ in range(2):  # a run that could not begin holds nobody up
            with pytest.raises(MisconfiguredError, match="format 1,"):
                writer()
