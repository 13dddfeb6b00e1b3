"""What every index must do, embedded or not: a Retriever and the IndexWriter that feeds it."""

import random
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

import pytest

from rag_core.domain import Audience, Chunk, Document, DocumentId, Passage, SourceName, Vector
from rag_core.errors import MisconfiguredError, RejectedError, UnavailableError
from rag_core.ports import Embedder, IndexWriter, Retriever
from tests.fakes.embedder import HashingEmbedder
from tests.making import SOURCE, chunk, document

Open = Callable[[], Retriever]


class OpenWriter(Protocol):
    def __call__(self, source: SourceName = SOURCE) -> AbstractContextManager[IndexWriter]: ...


def fill(writer: IndexWriter, documents: Sequence[tuple[Document, str]], embedder: Embedder | None = None) -> int:
    """Stage one chunk a document, and commit."""
    for each, text in documents:
        writer.replace(each, [chunk(text, each, "Section")])
    return writer.commit(embedder)


class Failing(HashingEmbedder):
    def embed_passages(self, texts: Sequence[str]) -> list[Vector]:
        raise UnavailableError("the model is away")


class IndexContract:
    """Inherit and give the fixtures `reader` and `writer`, which open the same empty index."""

    def found(self, reader: Retriever, text: str, audience: Audience = Audience.PUBLIC) -> list[str]:
        return [p.chunk.document.id for p in reader.search(text, None, audience=audience, limit=10).passages]

    def test_a_passage_brings_back_all_of_its_chunk(self, reader: Open, writer: OpenWriter) -> None:
        page = document("spf", audience=Audience.INTERNAL)
        kept = Chunk(
            page,
            0,
            chunk("", page, "Set up", "DNS").headings,
            "https://help.example/spf#dns",
            "Add a `TXT` record — é.",
            overlap=4,
        )
        with writer() as writing:
            writing.replace(page, [kept])
            writing.commit(None)
        (passage,) = reader().search("txt record", None, audience=Audience.INTERNAL, limit=5).passages
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
                public = reading.search(text, vector, audience=Audience.PUBLIC, limit=60).passages
                assert public
                assert not internal & {p.chunk.document.id for p in public}
                staff = reading.search(text, vector, audience=Audience.INTERNAL, limit=60).passages
                assert internal & {p.chunk.document.id for p in staff}

    def test_nothing_is_visible_before_the_commit(self, reader: Open, writer: OpenWriter) -> None:
        with writer() as writing:
            fill(writing, [(document("kept"), "old words")])
        with writer() as writing:
            writing.replace(document("kept", version="2"), [chunk("new words", document("kept", version="2"))])
            writing.replace(document("more"), [chunk("other words", document("more"))])
            reading = reader()
            (passage,) = reading.search("words", None, audience=Audience.PUBLIC, limit=10).passages
            assert passage.chunk.text == "old words"
            writing.commit(None)
            found = reading.search("words", None, audience=Audience.PUBLIC, limit=10).passages
            assert {p.chunk.text for p in found} == {"new words", "other words"}

    def test_what_a_dead_run_staged_is_not_visible_and_not_lost(self, reader: Open, writer: OpenWriter) -> None:
        embedder = HashingEmbedder()
        with writer() as writing:
            fill(writing, [(document("a"), "first")], embedder)
        with writer() as writing:
            writing.replace(document("b"), [chunk("second", document("b"))])
        assert self.found(reader(), "second") == []
        with writer() as writing:
            if "b" not in writing.versions():  # an index may keep it or have it staged again
                writing.replace(document("b"), [chunk("second", document("b"))])
            assert set(writing.versions()) == {"a", "b"}
            writing.commit(embedder)
        assert self.found(reader(), "second") == ["b"]

    def test_a_removed_document_is_gone_from_both_legs(self, reader: Open, writer: OpenWriter) -> None:
        embedder = HashingEmbedder()
        with writer() as writing:
            fill(writing, [(document("a"), "shared words"), (document("b"), "shared words")], embedder)
        with writer() as writing:
            writing.remove([DocumentId("a"), DocumentId("never seen")])
            writing.commit(embedder)
        vector = embedder.embed_question("shared words")
        found = reader().search("shared words", vector, audience=Audience.PUBLIC, limit=10).passages
        assert [p.chunk.document.id for p in found] == ["b"]

    def test_a_removed_document_can_come_back(self, reader: Open, writer: OpenWriter) -> None:
        with writer() as writing:
            fill(writing, [(document("a"), "words"), (document("b"), "words")])
        with writer() as writing:
            writing.remove([DocumentId("a")])
            assert set(writing.versions()) == {"b"}
            assert set(writing.answering()) == {"a", "b"}
            writing.commit(None)
        with writer() as writing:
            assert set(writing.versions()) == {"b"}
            fill(writing, [(document("a", version="2"), "words")])
        assert sorted(self.found(reader(), "words")) == ["a", "b"]

    def test_what_is_forgotten_is_removed(self, reader: Open, writer: OpenWriter) -> None:
        with writer() as writing:
            fill(writing, [(document(name), "words") for name in "abc"])
        with writer() as writing:
            assert not writing.forget(DocumentId("a"))  # there is no version before
            assert not writing.forget(DocumentId("never seen"))
            writing.commit(None)
        assert sorted(self.found(reader(), "words")) == ["b", "c"]
        with writer(SourceName("/other")) as writing:
            writing.forget()
            writing.commit(None)
        assert len(self.found(reader(), "words")) == 2
        with writer() as writing:
            writing.forget()
            writing.commit(None)
        assert self.found(reader(), "words") == []

    def test_sources_do_not_touch_each_other(self, reader: Open, writer: OpenWriter) -> None:
        other = SourceName("/other")
        with writer() as writing:
            fill(writing, [(document("a"), "words here")])
        with writer(other) as writing:
            assert writing.versions() == {}
            fill(writing, [(document("a", source=other), "words there")])
            writing.remove([DocumentId("a")])
            writing.commit(None)
        reading = reader()
        (passage,) = reading.search("words", None, audience=Audience.PUBLIC, limit=10).passages
        assert passage.chunk.text == "words here"
        assert dict(reading.sources()) == {SOURCE: 1}

    def test_documents_of_one_id_in_two_sources_are_two_documents(self, reader: Open, writer: OpenWriter) -> None:
        other = SourceName("/other")
        for source, text in ((SOURCE, "words here"), (other, "words there")):
            with writer(source) as writing:
                fill(writing, [(document("a", source=source), text)])
        reading = reader()
        assert dict(reading.sources()) == {SOURCE: 1, other: 1}
        for source, text in ((SOURCE, "words here"), (other, "words there")):
            (kept,) = reading.document(source, DocumentId("a"), audience=Audience.PUBLIC)
            assert kept.text == text

    def test_a_document_is_read_in_order_and_by_those_who_may(self, reader: Open, writer: OpenWriter) -> None:
        page = document("secret", audience=Audience.INTERNAL)
        with writer() as writing:
            writing.replace(page, [chunk(f"part {n}", page, ordinal=n) for n in range(12)])
            writing.commit(None)
        reading = reader()
        texts = [each.text for each in reading.document(SOURCE, page.id, audience=Audience.INTERNAL)]
        assert texts == [f"part {n}" for n in range(12)]
        assert reading.document(SOURCE, page.id, audience=Audience.PUBLIC) == []
        assert reading.document(SourceName("/other"), page.id, audience=Audience.INTERNAL) == []

    def test_documents_are_counted_by_who_may_read_them(self, reader: Open, writer: OpenWriter) -> None:
        other = SourceName("/other")
        for source, readers in ((SOURCE, Audience.PUBLIC), (other, Audience.INTERNAL)):
            with writer(source) as writing:
                fill(writing, [(document("a", source=source, audience=readers), "words")])
        counts = [dict(reader().sources(audience=each)) for each in (None, Audience.INTERNAL, Audience.PUBLIC)]
        assert counts == [{SOURCE: 1, other: 1}, {SOURCE: 1, other: 1}, {SOURCE: 1}]

    def test_only_the_named_sources_are_searched(self, reader: Open, writer: OpenWriter) -> None:
        embedder, names = HashingEmbedder(), [SourceName(f"/s{n}") for n in range(3)]
        for name in names:
            with writer(name) as writing:
                fill(writing, [(document(f"p{n}", source=name), f"refund rule {n}") for n in range(40)], embedder)
        reading = reader()
        for vector in (None, embedder.embed_question("refund rule 3")):
            for wanted in ([names[1]], names[:2], []):
                found = reading.search("refund rule 3", vector, audience=Audience.PUBLIC, limit=90, sources=wanted)
                assert {p.chunk.document.source for p in found.passages} == set(wanted)
                assert len(found.passages) == 40 * len(wanted)

    def test_every_change_makes_another_version(self, reader: Open, writer: OpenWriter) -> None:
        seen = []
        for text in ("words", "other words"):
            with writer() as writing:
                fill(writing, [(document("a", version=text), text)])
            reading = reader()
            found = reading.search("words", None, audience=Audience.PUBLIC, limit=1)
            assert found.version == reading.version
            seen.append(found.version)
        with writer() as writing:
            writing.commit(None)
        assert len(set(seen)) == 2
        assert reader().version == seen[-1]

    def test_by_meaning_and_by_words_are_fused(self, reader: Open, writer: OpenWriter) -> None:
        embedder = HashingEmbedder()
        with writer() as writing:
            fill(writing, [(document("a"), "apple"), (document("b"), "banana"), (document("c"), "cherry")], embedder)
        found = reader().search("apple", embedder.embed_question("banana"), audience=Audience.PUBLIC, limit=3).passages
        assert {p.chunk.document.id for p in found[:2]} == {"a", "b"}
        assert all(0 <= p.score <= 1 for p in found)
        assert [p.score for p in found] == sorted((p.score for p in found), reverse=True)

    def test_how_many_are_asked_for_changes_no_score(self, reader: Open, writer: OpenWriter) -> None:
        """Neither of pages that words find, nor of those that only their meaning finds."""
        embedder, chance = HashingEmbedder(), random.Random(5)  # noqa: S311
        words = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota"]
        with writer() as writing:
            fill(writing, [(document(f"p{n}"), " ".join(chance.choices(words, k=6))) for n in range(90)], embedder)
        reading, vector = reader(), embedder.embed_question("gamma gamma delta zeta")

        def found(limit: int) -> tuple[Passage, ...]:
            return reading.search("alpha beta", vector, audience=Audience.PUBLIC, limit=limit).passages

        whole = found(90)
        assert {each.bm25 is None for each in whole[:20]} == {each.bm25 is None for each in whole[20:]} == {True, False}
        for limit in (1, 2, 5, 20, 60):
            scores = [each.score for each in found(limit)]
            assert scores == pytest.approx([each.score for each in whole[:limit]], abs=1e-6)

    def test_a_change_of_model_embeds_everything_again(self, reader: Open, writer: OpenWriter) -> None:
        former, latter, told = HashingEmbedder(), HashingEmbedder(32, "other"), []
        with writer() as writing:
            fill(writing, [(document("a"), "words")], former)
        with writer(SourceName("/other")) as writing:
            assert writing.embedding_model == former.name
            assert writing.commit(latter, lambda done, total: told.append((done, total))) == 1
        assert told == [(1, 1)]
        reading = reader()
        assert reading.embedding_model == "other"
        vector = latter.embed_question("words")
        assert reading.search("words", vector, audience=Audience.PUBLIC, limit=1).passages[0].cosine
        with pytest.raises(MisconfiguredError, match="64"):
            reading.search("words", former.embed_question("words"), audience=Audience.PUBLIC, limit=1)

    def test_only_what_changed_is_embedded(self, writer: OpenWriter) -> None:
        embedder = HashingEmbedder()
        with writer() as writing:
            fill(writing, [(document("a"), "words"), (document("b"), "more")], embedder)
        with writer() as writing:
            fill(writing, [(document("b", version="2"), "changed")], embedder)
        assert embedder.embedded == 3

    def test_an_embedder_that_fails_changes_nothing(self, reader: Open, writer: OpenWriter) -> None:
        with writer() as writing:
            fill(writing, [(document("a"), "words")], HashingEmbedder())
        with writer() as writing, pytest.raises(UnavailableError):
            fill(writing, [(document("a", version="2"), "other words")], Failing())
        assert self.found(reader(), "words") == ["a"]
        assert reader().embedding_model == HashingEmbedder().name

    def test_a_document_of_another_source_is_refused(self, writer: OpenWriter) -> None:
        with writer() as writing, pytest.raises(RejectedError, match="/other"):
            writing.replace(document("a", source="/other"), [])

    def interfere(self, first: IndexWriter, writer: OpenWriter) -> None:
        with writer(SourceName("/other")) as second:
            fill(second, [(document("c", source="/other"), "words of others")])
            first.commit(None)

    def test_of_two_writers_at_once_one_is_refused(self, reader: Open, writer: OpenWriter) -> None:
        with writer() as writing:
            fill(writing, [(document("a"), "words")])
        with writer() as first:
            first.replace(document("b"), [chunk("more words", document("b"))])
            with pytest.raises(UnavailableError, match="another ingestion"):
                self.interfere(first, writer)
        assert "a" in self.found(reader(), "words")
