"""The embedded index's writer: stages a run in the book, builds the next version beside the live one, and switches.

A folder that answers is never touched; one committed row of the book decides which one that is.
"""

import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Self

from filelock import FileLock, Timeout

from rag_core.backends.embedded import lexical
from rag_core.backends.embedded.book import BOOK, MEANING, WORDS, Book, version_folder
from rag_core.domain import Audience, Chunk, Document, DocumentId, Fingerprint, SourceName
from rag_core.errors import RejectedError, UnavailableError
from rag_core.ports import Embedder, OnEmbedded

HELD = 32  # documents staged in one transaction
BATCH = 64  # chunks embedded between two writes
LOCK = "ingest.lock"


class EmbeddedWriter:
    """IndexWriter for one source, and the only one on this home until it is closed."""

    def __init__(self, home: Path, source: SourceName) -> None:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._home, self._source = home, source
        self._lock = FileLock(home / LOCK)
        try:
            self._lock.acquire(timeout=0)
        except Timeout as error:
            raise UnavailableError(f"another ingestion into {home} is running: try again when it is done") from error
        try:
            self._book = Book(home / BOOK)
            self._book.begin_run(source)
        except BaseException:
            self._lock.release()
            raise
        self._held: list[tuple[Document, Sequence[Chunk]]] = []
        self._forgetting = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._flush()
        finally:
            self._book.close()
            self._lock.release()

    @property
    def embedding_model(self) -> str | None:
        """Of the version that answers now."""
        return self._book.state()[1]

    def versions(self) -> Mapping[DocumentId, Fingerprint]:
        self._flush()
        return self._book.next_versions(self._source)

    def answering(self) -> Mapping[DocumentId, Fingerprint]:
        return self._book.live_versions(self._source)

    def replace(self, document: Document, chunks: Sequence[Chunk]) -> None:
        if document.source != self._source:
            raise RejectedError(f"a document of {document.source} cannot be written in a run over {self._source}")
        self._held.append((document, chunks))
        if len(self._held) >= HELD:
            self._flush()

    def _flush(self) -> None:
        if not self._held:
            return
        with self._book.transaction():
            for document, chunks in self._held:
                self._book.stage(document, chunks)
        self._held.clear()

    def remove(self, ids: Iterable[DocumentId]) -> None:
        self._flush()
        with self._book.transaction():
            for document_id in ids:
                self._book.stage_removal(self._source, document_id)

    def forget(self, only: DocumentId | None = None) -> bool:
        """No version before can be rolled back to, but the next one is linked to its files: not so this time."""
        ids = [each for each in self.versions() if only in (None, each)]
        self.remove(ids)
        self._forgetting = self._forgetting or bool(ids)
        return False

    def commit(self, embedder: Embedder | None, progress: OnEmbedded = lambda _done, _total: None) -> int:
        """Build the next version beside the live one, check it, then let the book name it."""
        self._flush()
        model = embedder.name if embedder else None
        if embedder:
            self._embed(embedder, progress)
        version, former_model = self._book.state()
        expected = self._book.count_next_chunks()
        former, folder = version_folder(self._home, version), version_folder(self._home, version + 1)
        whole = _usable(former, former_model) and not self._forgetting
        if whole and model == former_model and not self._changed():
            return expected
        shutil.rmtree(folder, ignore_errors=True)  # left by a run that died
        written = self._build(folder, former if whole else None)
        if model is not None:
            self._build_dense(folder, model, expected)
        if written != expected:
            raise UnavailableError(f"the new index has {written} chunks instead of {expected}: ingest again")
        with self._book.transaction():
            self._book.turn_to(version + 1, model, self._source)
        # the former one may be about to be opened by a reader, who tries once more where it is gone
        stays = (folder,) if self._forgetting else (former, folder)
        for other in folder.parent.iterdir():
            if other not in stays:
                shutil.rmtree(other, ignore_errors=True)
        if self._forgetting:
            self._book.merge()
            self._forgetting = False
        return expected

    def _embed(self, embedder: Embedder, progress: OnEmbedded) -> None:
        """Batch by batch: what a run that dies has embedded is not embedded again."""
        done, last, total = 0, 0, self._book.count_pending(embedder.name)
        while batch := self._book.pending(embedder.name, last, BATCH):
            vectors = embedder.embed_passages([text for _, text in batch])
            with self._book.transaction():
                self._book.store_vectors(embedder.name, zip([key for key, _ in batch], vectors, strict=True))
            done, last = done + len(batch), batch[-1][0]
            progress(done, total)

    def _changed(self) -> bool:
        return next(self._book.next_chunks(only_staged=True), None) is not None or bool(self._book.leaving())

    def _build(self, folder: Path, former: Path | None) -> int:
        if former is None:
            return lexical.write(folder / WORDS, None, (), self._book.next_chunks())
        return lexical.write(
            folder / WORDS, former / WORDS, self._book.leaving(), self._book.next_chunks(only_staged=True)
        )

    def _build_dense(self, folder: Path, model: str, expected: int) -> None:
        from rag_core.backends.embedded import dense  # numpy: not for a lexical index

        by_audience = (self._book.next_vectors(model, audience) for audience in (Audience.PUBLIC, Audience.INTERNAL))
        rows = dense.write(folder / MEANING, *by_audience)
        if rows != expected:
            raise UnavailableError(f"{expected - rows} chunks have no vector yet: ingest again")


def _usable(folder: Path, model: str | None) -> bool:
    """Whether a derived index is whole; one that is not is made again from the book."""
    if model is None:
        return lexical.usable(folder / WORDS)
    from rag_core.backends.embedded import dense

    return lexical.usable(folder / WORDS) and dense.usable(folder / MEANING)
