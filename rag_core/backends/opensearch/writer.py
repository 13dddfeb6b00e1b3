"""The writer of the index on OpenSearch: stages a run in a file, and sends nothing before it is committed.

A commit makes one new physical index and moves the alias to it. Until then the former one answers, whole and untouched.
What a run that died has staged or embedded is lost with it, and made again.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Self

from rag_core.backends.opensearch import asking
from rag_core.backends.opensearch.building import Building
from rag_core.backends.opensearch.entries import FORMAT, StateEntry
from rag_core.backends.opensearch.node import Credentials, Node
from rag_core.backends.opensearch.spool import Spool
from rag_core.backends.opensearch.standing import answering
from rag_core.backends.opensearch.target import Target
from rag_core.backends.opensearch.transferring import Former
from rag_core.backends.opensearch.versions import ANOTHER, Versions
from rag_core.domain import Chunk, Document, DocumentId, Fingerprint, SourceName
from rag_core.errors import RejectedError, UnavailableError
from rag_core.ports import Embedder, OnEmbedded


class OpenSearchWriter:
    """IndexWriter for one source. Another one may run until both commit: the second to do so is refused."""

    def __init__(self, target: Target, source: SourceName, credentials: Credentials | None = None) -> None:
        self._target, self._source = target, source
        self._node = Node(target, credentials)
        self._versions = Versions(self._node, target.alias, target.write_timeout)
        self._base, self._state, self._documents = answering(self._node, self._versions, source)
        self._spool, self._removed = Spool(), set[DocumentId]()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._spool.close()

    @property
    def embedding_model(self) -> str | None:
        return self._state.model if self._state else None

    def versions(self) -> Mapping[DocumentId, Fingerprint]:
        staged = {name: Fingerprint(each.entry.fingerprint) for name, each in self._spool.staged.items()}
        return {name: seen for name, seen in (self.answering() | staged).items() if name not in self._removed}

    def answering(self) -> dict[DocumentId, Fingerprint]:
        return {name: Fingerprint(each.fingerprint) for name, each in self._documents.items()}

    def replace(self, document: Document, chunks: Sequence[Chunk]) -> None:
        if document.source != self._source:
            raise RejectedError(f"a document of {document.source} cannot be written in a run over {self._source}")
        self._removed.discard(document.id)
        self._spool.put(document, chunks)

    def remove(self, ids: Iterable[DocumentId]) -> None:
        for document_id in ids:
            self._spool.drop(document_id)
            self._removed.add(document_id)

    def forget(self, only: DocumentId | None = None) -> bool:
        self.remove([each for each in self.versions() if only in (None, each)])
        held = asking.of("document", source=self._source, **({} if only is None else {"document": only}))
        query: asking.Query = {"size": 1, "query": {"bool": {"filter": held}}, "_source": False}
        return self._versions.forget(lambda index: bool(self._node.write_search(query, index).hits.hits))

    def commit(self, embedder: Embedder | None, progress: OnEmbedded = lambda _done, _total: None) -> int:
        model = embedder.name if embedder else None
        if self._state and self._unchanged(self._state, model):
            return self._state.chunks
        if self._versions.current() != self._base:  # before anything is embedded; the swap makes sure
            raise UnavailableError(ANOTHER.format(self._target.alias))
        index = self._versions.new()
        state = self._built(index, embedder, progress)
        self._versions.swap(self._base, index)
        if self._base is not None:
            self._versions.drop(self._base)
        self._versions.drop_orphans()
        self._turn(index, state)
        return state.chunks

    def _unchanged(self, state: StateEntry, model: str | None) -> bool:
        return not self._spool.staged and not self._leaving() and (state.model, state.format) == (model, FORMAT)

    def _leaving(self) -> dict[str, int]:
        gone = (self._removed | self._spool.staged.keys()) & self._documents.keys()
        return {name: self._documents[name].chunks for name in gone}

    def _built(self, index: str, embedder: Embedder | None, progress: OnEmbedded) -> StateEntry:
        former = None
        if self._base is not None and self._state is not None:
            leaving = self._leaving()
            stays = len(leaving) < len(self._documents)
            former = Former(self._base, self._state, self._source, leaving, stays)
        try:
            return Building(self._node, self._target, self._spool, former).build(index, embedder, progress)
        except Exception:
            self._versions.drop(index)
            raise

    def _turn(self, index: str, state: StateEntry) -> None:
        """A writer may go on and commit again."""
        staged = {name: each.entry for name, each in self._spool.staged.items()}
        kept = {name: each for name, each in self._documents.items() if name not in self._removed}
        self._base, self._state, self._documents = index, state, kept | staged
        self._spool.clear()
        self._removed.clear()
