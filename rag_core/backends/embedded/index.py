"""The embedded index: a Retriever over the version that the book names.

A reader takes its version from the book inside one read transaction, so what it finds in that version's folder is what
it reads in the book.
"""

import threading
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from rag_core.backends.embedded import lexical
from rag_core.backends.embedded.book import BOOK, MEANING, WORDS, Book, translated, version_folder
from rag_core.domain import (
    NEVER,
    Audience,
    Chunk,
    Deadline,
    DocumentId,
    Found,
    IndexVersion,
    Passage,
    SourceName,
    Vector,
)
from rag_core.errors import EmptyError, MisconfiguredError
from rag_core.fusing import dense_weight, fuse

if TYPE_CHECKING:
    from rag_core.backends.embedded.dense import DenseLeg

CANDIDATES = 100  # of each leg
INCOMPLETE = (
    "the index in {} is incomplete or was made by another version of supportbot: run `supportbot ingest PATH` again"
)
NOTHING = "nothing is ingested in {}: run `supportbot ingest PATH` first"


class EmbeddedIndex:
    """Retriever over one folder; safe to share between threads."""

    def __init__(self, home: Path) -> None:
        self._home, self._lock = home, threading.Lock()
        if home.exists() and not home.is_dir():
            raise MisconfiguredError(f"the home {home} is not a folder: name another")
        if not (home / BOOK).exists():
            raise EmptyError(NOTHING.format(home))
        self._book = Book(home / BOOK)
        self._open: tuple[int, lexical.LexicalLeg, DenseLeg | None] | None = None

    @property
    def embedding_model(self) -> str | None:
        with self._lock, translated(self._home / BOOK):
            return self._book.state()[1]

    @property
    def version(self) -> IndexVersion:
        with self._lock, translated(self._home / BOOK):
            return self._version(self._book.state()[0])

    def _version(self, number: int) -> IndexVersion:
        """With the book's own name: the numbers of two homes, or of one that was made anew, mean different things."""
        return IndexVersion(f"{self._book.name()}-{number}")

    def close(self) -> None:
        with self._lock:
            self._book.close()

    def search(
        self,
        text: str,
        vector: Vector | None,
        *,
        audience: Audience,
        limit: int,
        sources: Collection[SourceName] | None = None,
        deadline: Deadline = NEVER,
    ) -> Found:
        wanted = _Wanted(text, vector, audience, sources, limit)
        try:
            return self._search(wanted)
        except MisconfiguredError:
            # two runs may have ended while the folder was being opened; what lasts is raised again
            return self._search(wanted)

    def _search(self, wanted: "_Wanted") -> Found:
        text, vector, audience, sources, limit = wanted
        with self._lock, translated(self._home / BOOK), self._book.transaction("DEFERRED"):
            number, words, meaning = self._legs()
            version = self._version(number)
            bm25 = words.search(text, audience, CANDIDATES, sources)
            cosines: dict[int, float] = {}
            if vector is not None and meaning is not None:
                if meaning.dimensions not in (0, len(vector)):
                    raise MisconfiguredError(
                        f"index has {meaning.dimensions} dimensions, the embedding model makes {len(vector)}: "
                        "ingest again, or set SUPPORTBOT_EMBEDDING_MODEL back"
                    )
                cosines = meaning.search(vector, audience, CANDIDATES, bm25, sources)
            best = dict(list(fuse(bm25, cosines, self._dense_weight(text, bm25)).items())[:limit])
            chunks = self._book.chunks(list(best))
        found = (Passage(chunks[key], score, cosines.get(key), bm25.get(key)) for key, score in best.items())
        # both legs have filtered; a second wall costs nothing
        readable = tuple(each for each in found if each.chunk.document.may_be_shown(audience, sources))
        return Found(readable, version)

    def _dense_weight(self, text: str, bm25: Mapping[int, float]) -> float:
        first = next(iter(bm25), None)
        return 1.0 if first is None else dense_weight(text, self._book.chunks([first])[first])

    def document(self, source: SourceName, document_id: DocumentId, *, audience: Audience) -> list[Chunk]:
        with self._lock, translated(self._home / BOOK):
            chunks = self._book.document(source, document_id)
        return [chunk for chunk in chunks if chunk.document.audience in audience.may_read]

    def sources(self, *, audience: Audience | None = None) -> dict[SourceName, int]:
        with self._lock, translated(self._home / BOOK):
            return self._book.sources(audience.may_read if audience else Audience)

    def document_ids(self) -> set[DocumentId]:
        """Of every document that answers, whatever its source."""
        with self._lock, translated(self._home / BOOK):
            return self._book.document_ids()

    def _legs(self) -> tuple[int, lexical.LexicalLeg, "DenseLeg | None"]:
        version, model = self._book.state()
        if self._open is None or self._open[0] != version:
            if version == 0:
                raise EmptyError(NOTHING.format(self._home))
            folder = version_folder(self._home, version)
            try:
                self._open = version, lexical.LexicalLeg(folder / WORDS), _dense(folder / MEANING) if model else None
            except (ValueError, KeyError, OSError) as error:
                raise MisconfiguredError(INCOMPLETE.format(self._home)) from error
        return self._open


class _Wanted(NamedTuple):
    text: str
    vector: Vector | None
    audience: Audience
    sources: Collection[SourceName] | None
    limit: int


def _dense(folder: Path) -> "DenseLeg":
    from rag_core.backends.embedded.dense import DenseLeg  # numpy: not for a lexical answer

    return DenseLeg(folder)
