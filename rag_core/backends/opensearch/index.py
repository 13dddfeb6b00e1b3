"""The index on OpenSearch: a Retriever over the physical index that the alias points to.

Both legs and the index's own entry come in one request. They are one version's or they are asked for again: every hit
names the physical index it is from.
"""

import time
from collections.abc import Collection, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

from rag_core.backends.opensearch import asking
from rag_core.backends.opensearch.asking import Hit, Query, Searched
from rag_core.backends.opensearch.entries import FORMAT, NOT_SHOWN, ChunkEntry, StateEntry
from rag_core.backends.opensearch.node import Credentials, MissingError, Node
from rag_core.backends.opensearch.paging import pages
from rag_core.backends.opensearch.target import Space, Target
from rag_core.calling import Dependency, Patience
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
from rag_core.errors import MisconfiguredError, SupportBotError, UnavailableError
from rag_core.fusing import dense_weight, fuse

PATIENCE = Patience(attempts=3, first_wait=0.05, longest_wait=0.5)  # a person waits
TRIES = 3  # of a search between whose parts the alias moved
REMEMBERED = 5.0  # seconds that `version` and `embedding_model` may be behind
PAGE, DOCUMENTS, SOURCES = 500, 5_000, 10_000  # in one answer: chunks of a document, documents, sources
# of the patience, where the port takes no deadline: of one request, and of all; the rest is the answer's own
HELD, SHARE = 0.6, 0.8
FOREIGN = "the index {} was made by another version of supportbot: run `supportbot ingest PATH` again"
OTHER = "index has {} dimensions, the embedding model makes {}: ingest again, or set SUPPORTBOT_EMBEDDING_MODEL back"
MOVED = "the index was exchanged again and again while it was searched: try again"


class OpenSearchIndex:
    """Retriever; safe to share between threads. Nothing is sent before the first question."""

    def __init__(self, target: Target, credentials: Credentials | None = None) -> None:
        self._target, self._node = target, Node(target, credentials)
        self._dependency = Dependency("OpenSearch", PATIENCE)
        self._known: tuple[float, str, StateEntry] | None = None

    @property
    def embedding_model(self) -> str | None:
        return self._state()[1].model

    @property
    def version(self) -> IndexVersion:
        return IndexVersion(self._state()[0])

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
        legs = self._legs(self._queries(text, vector, asking.readable(audience, sources), limit), vector, deadline)
        best = _fused(text, legs, limit)
        # both legs have filtered; a second wall costs nothing
        shown = tuple(each for each in best if each.chunk.document.may_be_shown(audience, sources))
        return Found(shown, IndexVersion(legs.version))

    def _queries(
        self, text: str, vector: Vector | None, readable: Sequence[Query], limit: int
    ) -> tuple[Query | None, Query | None, Query | None]:
        """By words, by meaning, and how near those by words are."""
        words = asking.words(text, readable)
        if vector is None:
            return words, None, None
        if self._target.kind.serverless:
            return words, asking.meaning(vector, readable), None
        # what no word finds is fused by its cosine alone, so behind the nearest `limit` it is never shown; what words
        # find has its cosine from the third query
        return words, asking.meaning(vector, readable, limit), words and asking.nearness(vector, words)

    def _legs(self, queries: Sequence[Query | None], vector: Vector | None, deadline: Deadline) -> "_Legs":
        """Of one version; an alias that moves between them moves once a commit."""
        body = asking.together(self._target.alias, [asking.state(), *(query for query in queries if query)])

        def attempt(seconds: float) -> _Legs:
            answers = self._node.send("POST", "/_msearch", asking.Several, body, within=seconds, deadline=deadline)
            return self._read(answers.responses, queries, len(vector or ()))

        trouble: SupportBotError = UnavailableError(MOVED)
        for _ in range(TRIES):
            try:
                return self._dependency.call(attempt, timeout=self._target.search_timeout, deadline=deadline)
            except MissingError as error:  # an index that was dropped as it was searched, or there is none
                trouble = error
        raise trouble

    def _read(self, answers: list[Searched], queries: Sequence[Query | None], dimensions: int) -> "_Legs":
        about, *rest = answers
        version, state = self._learned(about)
        if dimensions and state.model is not None and state.dimensions not in (0, dimensions):
            raise MisconfiguredError(OTHER.format(state.dimensions, dimensions))
        left = iter(rest)
        found = [next(left, Searched(timed_out=True)) if query else Searched() for query in queries]
        if state.model is None:
            found[1:] = [Searched(), Searched()]
        for each in found:
            self._node.whole(each)
        if {hit.index for each in found for hit in each.hits.hits} - {version}:
            raise UnavailableError(MOVED)
        return _Legs(version, state, *(each.hits.hits for each in found))

    def _learned(self, about: Searched) -> tuple[str, StateEntry]:
        if not self._node.whole(about).hits.hits:
            raise MisconfiguredError(FOREIGN.format(self._target.alias))
        hit = about.hits.hits[0]
        self._known = time.monotonic(), hit.index, _compatible(hit)
        return hit.index, self._known[2]

    def _state(self) -> tuple[str, StateEntry]:
        known = self._known
        if known is not None and time.monotonic() - known[0] < REMEMBERED:
            return known[1:]
        return self._learned(self._ask(asking.state()))

    def _ask(self, query: Query, index: str | None = None) -> Searched:
        """Where the port takes no deadline: a node that hangs takes no more than a person has."""
        patience, most = self._target.patience, self._target.search_timeout

        def attempt(seconds: float) -> Searched:
            return self._node.search(query, index, within=seconds)

        # less for one request than for all: only one that had its full time counts against the node
        within, until = min(most, HELD * patience), Deadline.within(SHARE * patience)
        return self._dependency.call(attempt, timeout=within, deadline=until)

    def document(self, source: SourceName, document_id: DocumentId, *, audience: Audience) -> list[Chunk]:
        filters = [*asking.of("chunk", source=source, document=document_id), *asking.readable(audience, None)]
        return [hit.chunk.chunk for hit in self._all(filters, "ordinal", PAGE)]

    def document_ids(self) -> set[DocumentId]:
        return {DocumentId(hit.document.document) for hit in self._all(asking.of("document"), "key", DOCUMENTS)}

    def _all(self, filters: Sequence[Query], by: str, size: int) -> list[Hit]:
        """Every entry, of one version."""
        trouble: SupportBotError = UnavailableError(MOVED)
        for _ in range(TRIES):
            try:
                return list(chain(*pages(self._ask, None, filters, by, size=size, hidden=NOT_SHOWN)))
            except MissingError as error:  # a version that was dropped between two pages
                trouble = error
        raise trouble

    def sources(self, *, audience: Audience | None = None) -> dict[SourceName, int]:
        """Who may read a document stands in its chunks: one that has none is readable by nobody."""
        counting = asking.of("document") if audience is None else [*asking.firsts(), *asking.readable(audience, None)]
        counted: dict[SourceName, int] = {}
        after: dict[str, str] | None = None
        while True:
            found = self._ask(asking.by_source(counting, after, SOURCES)).aggregations["sources"]
            counted |= {SourceName(bucket.key["source"]): bucket.doc_count for bucket in found.buckets}
            after = found.after_key
            if after is None or len(found.buckets) < SOURCES:
                return dict(sorted(counted.items()))


class _Legs(NamedTuple):
    version: str
    state: StateEntry
    words: list[Hit]
    meaning: list[Hit]
    nearness: list[Hit]

    def cosines(self, entries: Mapping[str, ChunkEntry]) -> dict[str, float]:
        """By hit: of the nearest, and on a domain of the best by words too."""
        known = ((key, hit.score or 1.0) for hit in self.nearness for key in hit.fields.get("key", ()))
        exact = {key: Space.INNER_PRODUCT.cosine(score) for key, score in known}
        words = {name: exact[entry.key] for name, entry in entries.items() if entry.key in exact}
        return words | {hit.id: self.state.space.cosine(hit.score or 1.0) for hit in self.meaning}


def _compatible(hit: Hit) -> StateEntry:
    state = hit.state
    if state.format != FORMAT:
        raise MisconfiguredError(FOREIGN.format(hit.index))
    return state


def _fused(text: str, legs: _Legs, limit: int) -> list[Passage]:
    """As the embedded index fuses; hits are numbered by their place in the documents, so that ties fall alike."""
    entries = {hit.id: hit.chunk for hit in [*legs.words, *legs.meaning]}
    numbers = {name: number for number, name in enumerate(sorted(entries, key=lambda name: _place(entries[name])))}
    numbered = {numbers[name]: entry for name, entry in entries.items()}
    bm25 = {numbers[hit.id]: hit.score or 0.0 for hit in legs.words}
    cosines = {numbers[name]: cosine for name, cosine in legs.cosines(entries).items()}
    first = next(iter(bm25), None)
    weight = 1.0 if first is None else dense_weight(text, numbered[first].chunk)
    # Serverless leaves it open how near the others are: at most as the last of the nearest. docs/quality.md#opensearch
    farthest = dict.fromkeys(numbered, min(cosines.values())) if cosines else {}
    best = list(fuse(bm25, farthest | cosines, weight).items())[:limit]
    return [Passage(numbered[key].chunk, score, cosines.get(key), bm25.get(key)) for key, score in best]


def _place(entry: ChunkEntry) -> tuple[str, str, int]:
    return entry.source, entry.document, entry.ordinal
