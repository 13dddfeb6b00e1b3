"""What every index must do, embedded or not: a Retriever and the IndexWriter that feeds it."""

import random
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

import pytest

from rag_core.domain import Audience, Chunk, Document, DocumentId, SourceName
from rag_core.errors import MisconfiguredError, RejectedError, UnavailableError
from rag_core.ports import Embedder, IndexWriter, Retriever
from tests.fakes.embedder import HashingEmbedder
from tests.making import SOURCE, chunk, document

Open = Callable[[], Retriever]


class OpenWriter(Protocol):
    def __call__(self, source: SourceName = SOURCE) -> AbstractContextManager[IndexWriter]: ...


def fill(writer: IndexWriter, documents: Sequence[tuple[Document, str]], embedder: Embedder | None = None) -> int:
    """Stage one chunk a document, embed and commit."""
    for each, text in documents:
        writer.replace(each, [chunk(text, each, "Section")])
    if embedder:
        embed(writer, embedder)
    return writer.commit(embedder.name if embedder else None)


def embed(writer: IndexWriter, embedder: Embedder) -> None:
    last = 0
    while batch := writer.pending(embedder.name, after=last, limit=3):
        vectors = embedder.embed_passages([each.text for each in batch])
        writer.store_vectors(embedder.name, zip([each.key for each in batch], vectors, strict=True))
        last = batch[-1].key


class IndexContract:
    """Inherit and give the fixtures `reader` and `writer`, which open the same empty index."""

    def found(self, reader: Retriever, text: str, audience: Audience = Audience.PUBLIC) -> list[str]:
        return [p.chunk.document.id for p in reader.search(text, None, audience=audience, limit=10)]

    def test_a_passage_brings_back_all_of_its_chunk(self, reader: Open, writer: OpenWriter) -> None:
        page = document("spf", audience=Audience.INTERNAL)
        kept = Chunk(
            page,
            0,
            chunk("", page, "Set up", "DNS").headings,
            "https://help.example/spf#dns",
            "Add a `TXT` record — é.",
        )
        with writer() as writing:
            writing.replace(page, [kept])
            writing.commit(None)
        (passage,) = reader().search("txt record", None, audience=Audience.INTERNAL, limit=5)
        assert passage.chunk == kept
        assert passage.score == 1.0
        assert passage.bm25 is not None
        assert passage.cosine is None

    def test_before_anything_is_committed_it_says_what_to_do(self, reader: Open) -> None:
        with pytest.raises(MisconfiguredError, match="ingest"):
            reader().search("anything", None, audience=Audience.PUBLIC, limit=5)

    @pytest.mark.parametrize(
        "text", ["", "   ", "the of and", "🙂", "' OR 1=1 --", "a" * 100_000, '"un(balanced [query:']
    )
    def test_any_text_is_a_legal_search(self, reader: Open, writer: OpenWriter, text: str) -> None:
        with writer() as writing:
            fill(writing, [(document("a"), "hello world")])
        assert self.found(reader(), text) in ([], ["a"])

    def test_identifiers_are_found_whole_and_in_parts(self, reader: Open, writer: OpenWriter) -> None:
        with writer() as writing:
            fill(
                writing,
                [(document("send"), "Set sendAt in api/v3/mail_send."), (document("error"), "LP-4021: unpaid.")],
            )
        reading = reader()
        assert self.found(reading, "send_at") == ["send"]
        assert self.found(reading, "mail-send") == ["send"]
        assert self.found(reading, "lp 4021") == ["error"]
        assert self.found(reading, "LP4021") == ["error"]

    def test_a_word_said_often_counts_more_than_one_said_once(self, reader: Open, writer: OpenWriter) -> None:
        often, once = "bounce bounce bounce mail today here", "bounce mail today here once again"
        with writer() as writing:
            fill(writing, [(document("once"), once), (document("often"), often)])
        assert self.found(reader(), "bounce") == ["often", "once"]

    def test_nobody_is_shown_what_they_may_not_read(self, reader: Open, writer: OpenWriter) -> None:
        chance, embedder = random.Random(7), HashingEmbedder()  # noqa: S311
        pages = [document(f"p{n}", audience=chance.choice(list(Audience))) for n in range(60)]
        with writer() as writing:
            fill(writing, [(page, f"refund rule {n % 7} for plan {n % 5}") for n, page in enumerate(pages)], embedder)
        reading = reader()
        internal = {page.id for page in pages if page.audience is Audience.INTERNAL}
        for n in range(7):
            text = f"refund rule {n}"
            for vector in (None, embedder.embed_question(text)):
                public = reading.search(text, vector, audience=Audience.PUBLIC, limit=60)
                assert public
                assert not internal & {p.chunk.document.id for p in public}
                staff = reading.search(text, vector, audience=Audience.INTERNAL, limit=60)
                assert internal & {p.chunk.document.id for p in staff}

    def test_nothing_is_visible_before_the_commit(self, reader: Open, writer: OpenWriter) -> None:
        with writer() as writing:
            fill(writing, [(document("kept"), "old words")])
        with writer() as writing:
            writing.replace(document("kept", version="2"), [chunk("new words", document("kept", version="2"))])
            writing.replace(document("more"), [chunk("other words", document("more"))])
            reading = reader()
            (passage,) = reading.search("words", None, audience=Audience.PUBLIC, limit=10)
            assert passage.chunk.text == "old words"
            writing.commit(None)
            texts = {p.chunk.text for p in reading.search("words", None, audience=Audience.PUBLIC, limit=10)}
            assert texts == {"new words", "other words"}

    def test_what_a_dead_run_staged_is_not_done_again_and_not_lost(self, reader: Open, writer: OpenWriter) -> None:
        embedder = HashingEmbedder()
        with writer() as writing:
            fill(writing, [(document("a"), "first")], embedder)
        with writer() as writing:
            writing.replace(document("b"), [chunk("second", document("b"))])
            embed(writing, embedder)
        with writer() as writing:
            assert set(writing.versions()) == {"a", "b"}
            assert writing.count_pending(embedder.name) == 0
            writing.commit(embedder.name)
        assert self.found(reader(), "second") == ["b"]

    def test_a_removed_document_is_gone_from_both_legs(self, reader: Open, writer: OpenWriter) -> None:
        embedder = HashingEmbedder()
        with writer() as writing:
            fill(writing, [(document("a"), "shared words"), (document("b"), "shared words")], embedder)
        with writer() as writing:
            writing.remove([DocumentId("a"), DocumentId("never seen")])
            writing.commit(embedder.name)
        vector = embedder.embed_question("shared words")
        found = reader().search("shared words", vector, audience=Audience.PUBLIC, limit=10)
        assert [p.chunk.document.id for p in found] == ["b"]

    def test_a_removed_document_can_come_back(self, reader: Open, writer: OpenWriter) -> None:
        with writer() as writing:
            fill(writing, [(document("a"), "words"), (document("b"), "words")])
        with writer() as writing:
            writing.remove([DocumentId("a")])
        with writer() as writing:
            assert set(writing.versions()) == {"b"}
            fill(writing, [(document("a", version="2"), "words")])
        assert sorted(self.found(reader(), "words")) == ["a", "b"]

    def test_sources_do_not_touch_each_other(self, reader: Open, writer: OpenWriter) -> None:
        other = SourceName("/other")
        with writer() as writing:
            fill(writing, [(document("a"), "words here")])
        with writer(other) as writing:
            assert writing.versions() == {}
            fill(writing, [(document("a", source=other), "words there")])
            writing.remove([DocumentId("a")])
            writing.commit(None)
        (passage,) = reader().search("words", None, audience=Audience.PUBLIC, limit=10)
        assert passage.chunk.text == "words here"

    def test_by_meaning_and_by_words_are_fused(self, reader: Open, writer: OpenWriter) -> None:
        embedder = HashingEmbedder()
        with writer() as writing:
            fill(writing, [(document("a"), "apple"), (document("b"), "banana"), (document("c"), "cherry")], embedder)
        found = reader().search("apple", embedder.embed_question("banana"), audience=Audience.PUBLIC, limit=3)
        assert {p.chunk.document.id for p in found[:2]} == {"a", "b"}
        assert all(0 <= p.score <= 1 for p in found)
        assert [p.score for p in found] == sorted((p.score for p in found), reverse=True)

    def test_a_change_of_model_embeds_everything_again(self, reader: Open, writer: OpenWriter) -> None:
        former, latter = HashingEmbedder(), HashingEmbedder(32, "other")
        with writer() as writing:
            fill(writing, [(document("a"), "words")], former)
        with writer(SourceName("/other")) as writing:
            assert writing.count_pending(latter.name) == 1
            fill(writing, [], latter)
        reading = reader()
        assert reading.embedding_model == "other"
        assert reading.search("words", latter.embed_question("words"), audience=Audience.PUBLIC, limit=1)[0].cosine
        with pytest.raises(MisconfiguredError, match="64"):
            reading.search("words", former.embed_question("words"), audience=Audience.PUBLIC, limit=1)

    def test_a_commit_refuses_chunks_without_vectors(self, reader: Open, writer: OpenWriter) -> None:
        with writer() as writing:
            writing.replace(document("a"), [chunk("words", document("a"))])
            with pytest.raises(UnavailableError, match="vector"):
                writing.commit("hashing")

    def test_a_document_of_another_source_is_refused(self, writer: OpenWriter) -> None:
        with writer() as writing, pytest.raises(RejectedError, match="/other"):
            writing.replace(document("a", source="/other"), [])

    def test_only_one_writer_at_a_time(self, writer: OpenWriter) -> None:
        with writer(), pytest.raises(UnavailableError, match="another ingestion"), writer():
            pass
