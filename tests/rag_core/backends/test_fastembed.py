"""The real model, from a folder, without a network."""

from pathlib import Path

import pytest

from bot.app import App
from rag_core.backends.fastembed import FastembedEmbedder
from rag_core.errors import MisconfiguredError, UnavailableError
from tests.making import app, question, write
from tests.shared import shared


@pytest.fixture(scope="module")
def embedder(tmp_path_factory: pytest.TempPathFactory) -> FastembedEmbedder:
    return FastembedEmbedder(
        str(shared("models", "all-MiniLM-L6-v2-int8")), tmp_path_factory.mktemp("cache"), download=False
    )


def test_unit_vectors_of_its_dimensions(embedder: FastembedEmbedder) -> None:
    vector = embedder.embed_question("How do I verify a domain?")
    assert embedder.dimensions == len(vector) == 384
    assert sum(value * value for value in vector) == pytest.approx(1, abs=1e-4)


def test_a_text_has_the_same_vector_in_any_company(embedder: FastembedEmbedder) -> None:
    texts = ["Refunds take thirty days.", "An SPF record is a TXT record. " * 30, "x"]
    together = embedder.embed_passages(texts)
    assert together == [embedder.embed_question(text) for text in texts]
    assert together == list(reversed(embedder.embed_passages(texts[::-1])))


def test_other_words_for_the_same_thing_are_found(tmp_path: Path) -> None:
    docs = write(
        tmp_path / "docs",
        refunds="# Refunds\n\nMoney is paid back to the card within thirty days.",
        dns="# DNS\n\nThe TXT record is checked every fifteen minutes.",
    )
    built = with_model(tmp_path)
    built.ingest(docs)
    answer = built.answering.reply(question("How does reimbursement work?"))
    assert answer.passages[0].chunk.document.id == "refunds"
    assert answer.passages[0].bm25 is None


def with_model(tmp_path: Path) -> App:
    return app(tmp_path / "home", str(shared("models", "all-MiniLM-L6-v2-int8")))


def test_answers_follow_an_ingestion_that_changes_the_model(tmp_path: Path) -> None:
    docs = write(tmp_path / "docs", a="Words.")
    serving = app(tmp_path / "home", "")
    app(tmp_path / "home").ingest(docs)
    assert serving.answering.reply(question("words")).passages[0].cosine is None
    with_model(tmp_path).ingest(docs)
    assert serving.answering.reply(question("words")).passages[0].cosine is not None


def test_an_index_remembers_its_model(tmp_path: Path) -> None:
    model = str(shared("models", "all-MiniLM-L6-v2-int8").resolve())
    docs = write(tmp_path / "docs", a="Words.")
    app(tmp_path / "home", model).ingest(docs)
    assert app(tmp_path / "home", "").embedders.for_questions(model) is not None
    assert app(tmp_path / "home", "none").embedders.for_questions(model) is None
    copy = tmp_path / "another"
    copy.symlink_to(model)
    assert app(tmp_path / "home", str(copy)).embedders.for_questions(model) is not None


@pytest.mark.parametrize(("model", "reason"), [("/no/such/folder", "does not exist"), ("BAAI/bge-smal", "bge-small")])
def test_a_model_that_does_not_exist_is_a_mistake(tmp_path: Path, model: str, reason: str) -> None:
    with pytest.raises(MisconfiguredError, match=reason):
        FastembedEmbedder(model, tmp_path, download=True)


@pytest.mark.parametrize(("download", "reason"), [(True, "cannot be downloaded"), (False, "not on this machine")])
def test_a_model_that_cannot_be_had_now_is_unavailable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, download: bool, reason: str
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(UnavailableError, match=reason):
        FastembedEmbedder("BAAI/bge-small-en-v1.5", tmp_path, download=download)


def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(MisconfiguredError, match=r"model\.onnx"):
        FastembedEmbedder(str(tmp_path), tmp_path, download=False)
