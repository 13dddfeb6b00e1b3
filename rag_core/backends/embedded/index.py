"""The embedded index: a Retriever over the version that the book names, and the one writer that makes the next.

Versions are folders. A reader takes its version from the book inside one read transaction, so what it finds in the
folder is what it reads in the book; a writer never touches a folder that answers.
"""

import shutil
import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from rag_core.backends.embedded import lexical
from rag_core.backends.embedded.book import Book, translated
from rag_core.domain import Audience, Chunk, Document, DocumentId, Fingerprint, Passage, SourceName, Vector
from rag_core.errors import MisconfiguredError, RejectedError, UnavailableError
from rag_core.fusing import dense_weight, fuse
from rag_core.ports import PendingChunk

if TYPE_CHECKING:
    from rag_core.backends.embedded.dense import DenseLeg

CANDIDATES = 100  # of each leg
HELD = 32  # documents staged in one transaction
NOTHING = "nothing is ingested in {}: run `supportbot ingest PATH` first"
BOOK, LOCK, VERSIONS = "knowledge.sqlite", "ingest.lock", "index"


class EmbeddedIndex:
    """Retriever over one folder; safe to share between threads."""

    def __init__(self, home: Path) -> None:
        self._home, self._lock = home, threading.Lock()
        if not (home / BOOK).exists():
            raise MisconfiguredError(NOTHING.format(home))
        self._book = Book(home / BOOK)
        self._open: tuple[int, lexical.LexicalLeg, DenseLeg | None] | None = None

    @property
    def embedding_model(self) -> str | None:
        with self._lock, translated(self._home / BOOK):
            return self._book.state()[1]

    def search(self, text: str, vector: Vector | None, *, audience: Audience, limit: int) -> list[Passage]:
        with self._lock, translated(self._home / BOOK), self._book.transaction("DEFERRED"):
            words, meaning = self._legs()
            bm25 = words.search(text, audience, CANDIDATES)
            cosines: dict[int, float] = {}
            if vector is not None and meaning is not None:
                if meaning.dimensions not in (0, len(vector)):
                    raise MisconfiguredError(
                        f"index has {meaning.dimensions} dimensions, the embedding model makes {len(vector)}: "
                        "ingest again, or set SUPPORTBOT_EMBEDDING_MODEL back"
                    )
                cosines = meaning.search(vector, audience, CANDIDATES, also=bm25)
            best = dict(list(fuse(bm25, cosines, self._dense_weight(text, bm25)).items())[:limit])
            chunks = self._book.chunks(list(best))
        return [Passage(chunks[key], score, cosines.get(key), bm25.get(key)) for key, score in best.items()]

    def _dense_weight(self, text: str, bm25: Mapping[int, float]) -> float:
        first = next(iter(bm25), None)
        return 1.0 if first is None else dense_weight(text, self._book.chunks([first])[first])

    def document(self, document_id: DocumentId, *, audience: Audience) -> list[Chunk]:
        """A document's chunks in order; none where there is no such document that `audience` may read."""
        with self._lock, translated(self._home / BOOK):
            chunks = self._book.document(document_id)
        return [chunk for chunk in chunks if chunk.document.audience in audience.may_read]

    def sources(self) -> dict[SourceName, int]:
        with self._lock, translated(self._home / BOOK):
            return self._book.sources()

    def _legs(self) -> tuple[lexical.LexicalLeg, "DenseLeg | None"]:
        version, model = self._book.state()
        if self._open is None or self._open[0] != version:
            folder = _folder(self._home, version)
            if version == 0:
                raise MisconfiguredError(NOTHING.format(self._home))
            if not lexical.exists(folder):
                raise MisconfiguredError(
                    f"the index in {self._home} is incomplete, or made by another version of supportbot: "
                    "run `supportbot ingest PATH` again"
                )
            self._open = version, lexical.LexicalLeg(folder), _dense(folder) if model else None
        return self._open[1:]


def _dense(folder: Path) -> "DenseLeg":
    from rag_core.backends.embedded.dense import DenseLeg  # numpy: not for a lexical answer

    return DenseLeg(folder)


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
        self._book = Book(home / BOOK)
        self._book.begin_run(source)
        self._held: list[tuple[Document, Sequence[Chunk]]] = []

    def __enter__(self) -> "EmbeddedWriter":
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._flush()
        self._book.close()
        self._lock.release()

    @property
    def embedding_model(self) -> str | None:
        """Of the version that answers now."""
        return self._book.state()[1]

    def versions(self) -> Mapping[DocumentId, Fingerprint]:
        self._flush()
        return self._book.next_versions(self._source)

    def answering(self) -> int:
        return len(self._book.live_versions(self._source))

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

    def count_pending(self, model: str) -> int:
        self._flush()
        return self._book.count_pending(model)

    def pending(self, model: str, *, after: int, limit: int) -> list[PendingChunk]:
        self._flush()
        return self._book.pending(model, after, limit)

    def store_vectors(self, model: str, vectors: Iterable[tuple[int, Vector]]) -> None:
        with self._book.transaction():
            self._book.store_vectors(model, vectors)

    def commit(self, model: str | None) -> int:
        """Build the next version beside the live one, check it, then let the book name it."""
        self._flush()
        version, former_model = self._book.state()
        expected = self._book.count_next_chunks()
        former, folder = _folder(self._home, version), _folder(self._home, version + 1)
        if not self._changed(former, model, former_model):
            return expected
        shutil.rmtree(folder, ignore_errors=True)  # left by a run that died
        written = self._build(folder, former if lexical.exists(former) else None)
        if model is not None:
            self._build_dense(folder, model, expected)
        if written != expected:
            raise UnavailableError(f"the new index has {written} chunks instead of {expected}: ingest again")
        with self._book.transaction():
            self._book.turn_to(version + 1, model, self._source)
        for other in folder.parent.iterdir():
            if other not in (former, folder):  # the former one may be about to be opened by a reader
                shutil.rmtree(other, ignore_errors=True)
        return expected

    def _changed(self, former: Path, model: str | None, former_model: str | None) -> bool:
        staged = next(self._book.next_chunks(only_staged=True), None) is not None
        return staged or bool(self._book.leaving()) or model != former_model or not lexical.exists(former)

    def _build(self, folder: Path, former: Path | None) -> int:
        if former is None:
            return lexical.write(folder, None, (), self._book.next_chunks())
        return lexical.write(folder, former, self._book.leaving(), self._book.next_chunks(only_staged=True))

    def _build_dense(self, folder: Path, model: str, expected: int) -> None:
        from rag_core.backends.embedded import dense  # numpy: not for a lexical index

        by_audience = (self._book.next_vectors(model, audience) for audience in (Audience.PUBLIC, Audience.INTERNAL))
        rows = dense.write(folder, *by_audience)
        if rows != expected:
            raise UnavailableError(f"{expected - rows} chunks have no vector yet: ingest again")


def _folder(home: Path, version: int) -> Path:
    """Of a version's derived index; one that other code made has another name, and is built anew from the book."""
    return home / VERSIONS / f"{version}.{lexical.FORMAT}"
