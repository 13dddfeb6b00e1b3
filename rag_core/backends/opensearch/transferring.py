"""What stays of the former index, into the next one.

Copied as it stands, its vectors with it and undecoded; only another embedding model or another analysis makes its texts
pass through here again.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import msgspec

from rag_core.backends.opensearch.asking import Hit, Query
from rag_core.backends.opensearch.entries import VECTOR, ChunkEntry, Head, StateEntry, encoded
from rag_core.backends.opensearch.loading import MOST_BYTES, MOST_ENTRIES, Loading
from rag_core.backends.opensearch.node import Node
from rag_core.backends.opensearch.paging import pages
from rag_core.domain import SourceName
from rag_core.ports import Embedder, OnEmbedded

# chunks given to the embedder at once: it batches, and their entries are sent while the next are embedded
WINDOW = 1_152
TEXT_BYTES, NUMBER_BYTES = 4_000, 22  # of an entry without its vector, and of a number in it; roughly


@dataclass(frozen=True, slots=True)
class Former:
    """The index that answers while the next one is built, and what of it does not stay."""

    index: str
    state: StateEntry
    source: SourceName
    leaving: Mapping[str, int]  # documents of the source, and how many chunks each has
    stays: bool  # whether any document of the source does

    @property
    def chunks(self) -> int:
        """That stay."""
        return self.state.chunks - sum(self.leaving.values())

    @property
    def documents(self) -> int:
        return self.state.documents - len(self.leaving)

    def filters(self, least: str = "", beyond: str = "") -> list[Query]:
        """Of all that stays, or of the keys in a range; some of the source's may be leaving."""
        found: list[Query] = [{"terms": {"kind": ["chunk", "document"]}}]
        if least:
            found.append({"range": {"key": {"gte": least, "lt": beyond}}})
        return found if self.stays else [*found, {"bool": {"must_not": {"term": {"source": self.source}}}}]

    def keeps(self, hit: Hit) -> bool:
        head = msgspec.json.decode(hit.source, type=Head)
        return head.source != self.source or head.document not in self.leaving


def copied(node: Node, former: Former, loading: Loading, filters: Sequence[Query], hidden: Sequence[str]) -> None:
    """What is read is written before more is, so that memory holds a page a reader."""
    for hits in _staying(node, former, filters, hidden):
        loading.write([bytes(hit.source) for hit in hits])


def analysed_again(
    node: Node, former: Former, loading: Loading, filters: Sequence[Query], *, keep_vectors: bool
) -> Iterator[ChunkEntry]:
    """Chunks as today's analysis has them, documents as they are."""
    for hits in _staying(node, former, filters, [] if keep_vectors else [VECTOR]):
        for hit in hits:
            if msgspec.json.decode(hit.source, type=Head).kind == "document":
                loading.add(bytes(hit.source))
            else:
                entry = hit.chunk
                yield ChunkEntry.of(entry.chunk, entry.vector)


def embedded(loading: Loading, entries: Iterator[ChunkEntry], embedder: Embedder | None, told: "Told") -> None:
    """Window by window; without an embedder the entries are loaded as they are."""
    while window := list(islice(entries, WINDOW)):
        if embedder is not None:
            vectors = embedder.embed_passages([entry.chunk.contextual_text for entry in window])
            window = [entry.at(encoded(vector)) for entry, vector in zip(window, vectors, strict=True)]
            told.more(len(window))
        for entry in window:
            loading.add(msgspec.json.encode(entry))
        loading.flush()


def _staying(node: Node, former: Former, filters: Sequence[Query], hidden: Sequence[str]) -> Iterator[list[Hit]]:
    """As much at a time as a request takes."""
    size = min(MOST_BYTES // (TEXT_BYTES + NUMBER_BYTES * former.state.dimensions), MOST_ENTRIES)
    for hits in pages(node.write_search, former.index, filters, "key", size=size, hidden=hidden):
        if kept := [hit for hit in hits if former.keeps(hit)]:
            yield kept


class Told:
    """How many chunks have their vector, of how many that lacked one."""

    def __init__(self, progress: OnEmbedded, total: int) -> None:
        self._progress, self._done, self._total = progress, 0, total

    def more(self, count: int) -> None:
        self._done += count
        self._progress(self._done, self._total)
