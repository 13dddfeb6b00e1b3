"""The embedded index: a Retriever over the version that the book names.

A reader takes its version from the book inside one read transaction, so what it finds in that version's folder is what
it reads in the book.
"""

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from rag_core.backends.embedded import lexical
from rag_core.backends.embedded.book import BOOK, MEANING, WORDS, Book, translated, version_folder
from rag_core.domain import Audience, Chunk, DocumentId, Passage, SourceName, Vector
from rag_core.errors import MisconfiguredError
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
            raise MisconfiguredError(NOTHING.format(home))
        self._book = Book(home / BOOK)
        self._open: tuple[int, lexical.LexicalLeg, DenseLeg | None] | None = None

    @property
    def embedding_model(self) -> str | None:
        with self._lock, translated(self._home / BOOK):
            return self._book.state()[1]

    def search(self, text: str, vector: Vector | None, *, audience: Audience, limit: int) -> list[Passage]:
        try:
            return self._search(text, vector, audience, limit)
        except MisconfiguredError:
            # two runs may have ended while the folder was being opened; what lasts is raised again
            return self._search(text, vector, audience, limit)

    def _search(self, text: str, vector: Vector | None, audience: Audience, limit: int) -> list[Passage]:
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
        return [
            Passage(chunks[key], score, cosines.get(key), bm25.get(key))
            for key, score in best.items()
            if chunks[key].document.audience
            in audience.may_read  # both legs have seen to it; a second wall costs nothing
        ]

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
            if version == 0:
                raise MisconfiguredError(NOTHING.format(self._home))
            folder = version_folder(self._home, version)
            try:
                self._open = version, lexical.LexicalLeg(folder / WORDS), _dense(folder / MEANING) if model else None
            except (ValueError, KeyError, OSError) as error:
                raise MisconfiguredError(INCOMPLETE.format(self._home)) from error
        return self._open[1:]


def _dense(folder: Path) -> "DenseLeg":
    from rag_core.backends.embedded.dense import DenseLeg  # numpy: not for a lexical answer

    return DenseLeg(folder)
