"""Staged documents, in a file that has no name: nothing is sent before the commit, and nothing is left behind.

Memory holds a line a document, whatever the documents hold.
"""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec

from rag_core.backends.opensearch.entries import ChunkEntry, DocumentEntry
from rag_core.domain import Chunk, Document, DocumentId


@dataclass(frozen=True, slots=True)
class Staged:
    """Where a document's chunks stand in the file."""

    entry: DocumentEntry
    at: int
    size: int


class Spool:
    """The documents of one run by id; the one staged last counts."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(prefix="supportbot-")  # noqa: SIM115 - as long as the run
        self._end = 0
        self.staged: dict[DocumentId, Staged] = {}

    def close(self) -> None:
        self._file.close()

    def put(self, document: Document, chunks: Sequence[Chunk]) -> None:
        lines = msgspec.json.encode([ChunkEntry.of(chunk) for chunk in chunks])
        self._file.seek(self._end)
        self._file.write(lines)
        self.staged[document.id] = Staged(DocumentEntry.of(document, len(chunks)), self._end, len(lines))
        self._end += len(lines)

    def drop(self, document_id: DocumentId) -> None:
        self.staged.pop(document_id, None)

    def clear(self) -> None:
        self.staged.clear()
        self._file.truncate(0)
        self._end = 0

    def chunks(self) -> Iterator[ChunkEntry]:
        for each in self.staged.values():
            self._file.seek(each.at)
            yield from msgspec.json.decode(self._file.read(each.size), type=list[ChunkEntry])
