"""The next physical index: what is staged, and a copy of what stays.

What stays is copied as it stands, its vectors with it and undecoded, by several readers at once; only another embedding
model or another analysis makes its texts pass through here again.
"""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, pairwise

import msgspec

from rag_core.backends.opensearch.asking import Hit, Query
from rag_core.backends.opensearch.entries import (
    FORMAT,
    VECTOR,
    ChunkEntry,
    Head,
    StateEntry,
    encoded,
    index_body,
    key,
)
from rag_core.backends.opensearch.loading import MOST_BYTES, MOST_ENTRIES, Loading
from rag_core.backends.opensearch.node import MissingError, Node
from rag_core.backends.opensearch.paging import pages
from rag_core.backends.opensearch.spool import Spool
from rag_core.backends.opensearch.target import Target
from rag_core.domain import SourceName
from rag_core.errors import UnavailableError
from rag_core.ports import Embedder, OnEmbedded

# chunks given to the embedder at once: it batches, and their entries are sent while the next are embedded
WINDOW = 1_152
RANGES = ("0", "4", "8", "c", "g")  # keys are hexadecimal and evenly spread: a reader each
TEXT_BYTES, NUMBER_BYTES = 4_000, 22  # of an entry without its vector, and of a number in it; roughly
SOONEST, SELDOM = 0.05, 5.0  # seconds between two counts


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

    def filters(self) -> list[Query]:
        found: list[Query] = [{"terms": {"kind": ["chunk", "document"]}}]
        return found if self.stays else [*found, {"bool": {"must_not": {"term": {"source": self.source}}}}]

    def keeps(self, hit: Hit) -> bool:
        head = msgspec.json.decode(hit.source, type=Head)
        return head.source != self.source or head.document not in self.leaving


class Building:
    """One physical index, from nothing to all of it being found."""

    def __init__(self, node: Node, target: Target, spool: Spool, former: Former | None) -> None:
        self._node, self._target, self._spool, self._former = node, target, spool, former

    def build(self, index: str, embedder: Embedder | None, progress: OnEmbedded) -> StateEntry:
        """Made, filled and counted; it answers nobody yet."""
        state = self._state(embedder)
        body = index_body(self._target, state.dimensions)
        with Loading(self._node, index, body, self._target.write_timeout) as loading:
            loading.add(msgspec.json.encode(state))
            self._fill(loading, state, embedder, progress)
        self._wait(index, state.chunks + state.documents + 1)
        return state

    def _state(self, embedder: Embedder | None) -> StateEntry:
        staged, former = self._spool.staged.values(), self._former
        return StateEntry(
            key=key("state"),
            format=FORMAT,
            model=embedder.name if embedder else None,
            dimensions=embedder.dimensions if embedder else 0,
            space=self._target.space,
            chunks=sum(each.entry.chunks for each in staged) + (former.chunks if former else 0),
            documents=len(staged) + (former.documents if former else 0),
        )

    def _fill(self, loading: Loading, state: StateEntry, embedder: Embedder | None, progress: OnEmbedded) -> None:
        former = self._former
        for each in self._spool.staged.values():
            loading.add(msgspec.json.encode(each.entry))
        if former is None or (former.state.format == FORMAT and state.model in (None, former.state.model)):
            self._embed(loading, self._spool.chunks(), embedder, _Told(progress, self._staged))
            if former is not None:
                self._copy(loading, former, [] if state.model else [VECTOR])
            return
        same = state.model == former.state.model
        told = _Told(progress, self._staged if same else state.chunks)
        self._embed(loading, self._spool.chunks(), embedder, told)
        again = self._analysed_again(loading, former, [] if same else [VECTOR])
        self._embed(loading, again, None if same else embedder, told)

    @property
    def _staged(self) -> int:
        return sum(each.entry.chunks for each in self._spool.staged.values())

    def _embed(self, loading: Loading, entries: Iterator[ChunkEntry], embedder: Embedder | None, told: "_Told") -> None:
        """Window by window; without an embedder the entries are loaded as they are."""
        while window := list(islice(entries, WINDOW)):
            if embedder is not None:
                vectors = embedder.embed_passages([entry.chunk.contextual_text for entry in window])
                window = [entry.at(encoded(vector)) for entry, vector in zip(window, vectors, strict=True)]
                told.more(len(window))
            for entry in window:
                loading.add(msgspec.json.encode(entry))
            loading.flush()

    def _copy(self, loading: Loading, former: Former, hidden: list[str]) -> None:
        """Every reader writes what it has read, so memory holds a page a reader."""

        def copy(filters: list[Query]) -> None:
            for hits in self._pages(former, filters, hidden):
                loading.write([bytes(hit.source) for hit in hits])

        for least, beyond in pairwise(RANGES):
            within = {"range": {"key": {"gte": least, "lt": beyond}}}
            loading.run(lambda within=within: copy([*former.filters(), within]))  # type: ignore[misc]

    def _analysed_again(self, loading: Loading, former: Former, hidden: list[str]) -> Iterator[ChunkEntry]:
        for hits in self._pages(former, former.filters(), hidden):
            for hit in hits:
                if msgspec.json.decode(hit.source, type=Head).kind == "document":
                    loading.add(bytes(hit.source))
                else:
                    entry = hit.chunk
                    yield ChunkEntry.of(entry.chunk, entry.vector)

    def _pages(self, former: Former, filters: list[Query], hidden: list[str]) -> Iterator[list[Hit]]:
        """What stays, as much at a time as a request takes."""
        size = min(MOST_BYTES // (TEXT_BYTES + NUMBER_BYTES * former.state.dimensions), MOST_ENTRIES)
        for hits in pages(self._node.write_search, former.index, filters, "key", size=size, hidden=hidden):
            if kept := [hit for hit in hits if former.keeps(hit)]:
                yield kept

    def _wait(self, index: str, expected: int) -> None:
        """Until everything is found: Serverless shows what was written after 10 to 60 seconds, whatever one asks."""
        if not self._target.kind.serverless:
            self._node.send("POST", f"/{index}/_refresh", object, within=self._target.write_timeout)
        until, pause = time.monotonic() + self._target.visible_within, SOONEST
        while (found := self._count(index)) < expected and time.monotonic() < until:
            time.sleep(pause)
            pause = min(2 * pause, SELDOM)
        if found != expected:
            raise UnavailableError(f"the new index shows {found} entries instead of {expected}: ingest again")

    def _count(self, index: str) -> int:
        try:
            return self._node.send("GET", f"/{index}/_count", _Count, within=self._target.write_timeout).count
        except MissingError:  # Serverless may not know yet what it has just made
            return 0


class _Count(msgspec.Struct, frozen=True):
    count: int


class _Told:
    """How many chunks have their vector, of how many that lacked one."""

    def __init__(self, progress: OnEmbedded, total: int) -> None:
        self._progress, self._done, self._total = progress, 0, total

    def more(self, count: int) -> None:
        self._done += count
        self._progress(self._done, self._total)
