"""The queries, and the shape of their answers.

Who may read what stands in both legs: in the filter of the words, and inside the search for neighbours.
"""

from collections.abc import Collection, Sequence
from typing import Any

import msgspec

from rag_core.analyzing import terms
from rag_core.backends.opensearch.entries import (
    BOOSTS,
    NOT_SHOWN,
    VECTOR,
    ChunkEntry,
    DocumentEntry,
    StateEntry,
    encoded,
)
from rag_core.backends.opensearch.target import Space
from rag_core.domain import Audience, SourceName, Vector

CANDIDATES = 100  # of each leg
MOST_TERMS = 320  # three fields each: OpenSearch takes 1,024 clauses
Query = dict[str, Any]


class Hit(msgspec.Struct, frozen=True):
    """An entry that was found; its source is decoded as what it is known to be."""

    index: str = msgspec.field(name="_index")
    id: str = msgspec.field(name="_id", default="")
    score: float | None = msgspec.field(name="_score", default=None)
    source: msgspec.Raw = msgspec.field(name="_source", default=msgspec.Raw(b"{}"))
    fields: dict[str, list[str]] = {}
    sort: list[msgspec.Raw] = []

    @property
    def chunk(self) -> ChunkEntry:
        return msgspec.json.decode(self.source, type=ChunkEntry)

    @property
    def document(self) -> DocumentEntry:
        return msgspec.json.decode(self.source, type=DocumentEntry)

    @property
    def state(self) -> StateEntry:
        return msgspec.json.decode(self.source, type=StateEntry)


class Hits(msgspec.Struct, frozen=True):
    """Best first, or in the order asked for."""

    hits: list[Hit] = []


class Shards(msgspec.Struct, frozen=True):
    """A search answers although a shard has failed, and says so here only."""

    failed: int = 0


class Bucket(msgspec.Struct, frozen=True):
    """Of a composite aggregation."""

    key: dict[str, str]
    doc_count: int


class Buckets(msgspec.Struct, frozen=True):
    """Of a composite aggregation, and where the next ones begin."""

    buckets: list[Bucket] = []
    after_key: dict[str, str] | None = None


class Failed(msgspec.Struct, frozen=True):
    """An error by its name; its reason may quote the question."""

    type: str = ""


class Searched(msgspec.Struct, frozen=True):
    """The answer of one search, alone or among several."""

    hits: Hits = Hits()
    timed_out: bool = False
    shards: Shards = msgspec.field(name="_shards", default=Shards())
    status: int = 200
    error: Failed | str | None = None
    aggregations: dict[str, Buckets] = {}


class Several(msgspec.Struct, frozen=True):
    """Of _msearch."""

    responses: list[Searched]


def state() -> Query:
    return {"size": 1, "query": {"term": {"kind": "state"}}, "track_total_hits": False}


def words(text: str, readable: Sequence[Query]) -> Query | None:
    """BM25 over the distinct terms of a text; None where it has none."""
    wanted = list(dict.fromkeys(terms(text)))
    if len(wanted) > MOST_TERMS:
        wanted = sorted(wanted, key=len, reverse=True)[:MOST_TERMS]  # short words are the common ones
    if not wanted:
        return None
    # each term by itself, not nested by field: measured a little faster, with the same scores
    each = [{"match": {name: {"query": term, "boost": by}}} for name, by in BOOSTS.items() for term in wanted]
    return _shown({"bool": {"should": each, "minimum_should_match": 1, "filter": list(readable)}})


def meaning(vector: Vector, readable: Sequence[Query], most: int = CANDIDATES) -> Query:
    """The best `most` of the nearest: all are looked for, and what is not brought back is not unpacked either."""
    nearest = {"vector": encoded(vector), "k": CANDIDATES, "filter": {"bool": {"filter": list(readable)}}}
    return _shown({"knn": {VECTOR: nearest}}) | {"size": min(most, CANDIDATES)}


def nearness(vector: Vector, found: Query) -> Query:
    """How near the best by words are: scores as of Space.INNER_PRODUCT, and keys.

    Keys from the doc values: reading the id of 100 hits unpacks their entries, which takes longer than finding them.
    By the script of the k-NN plugin, which is no Painless; whether Serverless has it is not documented.
    https://docs.opensearch.org/latest/vector-search/vector-search-techniques/knn-score-script
    """
    parameters = {"field": VECTOR, "query_value": encoded(vector), "space_type": Space.INNER_PRODUCT.value}
    script = {"lang": "knn", "source": "knn_score", "params": parameters}
    again = {"query_weight": 0, "rescore_query": {"script_score": {"query": {"match_all": {}}, "script": script}}}
    bare = {"_source": False, "stored_fields": "_none_", "docvalue_fields": ["key"]}
    return found | bare | {"rescore": {"window_size": CANDIDATES, "query": again}}


def _shown(query: Query) -> Query:
    return {"size": CANDIDATES, "query": query, "_source": {"excludes": NOT_SHOWN}, "track_total_hits": False}


def readable(audience: Audience, sources: Collection[SourceName] | None) -> list[Query]:
    """The filters of chunks that may be shown; nothing but chunks has an audience, terms or a vector."""
    found = [_among("audience", audience.may_read)]
    return found if sources is None else [*found, _among("source", sources)]


def _among(field: str, values: Collection[str]) -> Query:
    """One value by `term`: a vector search first reads through all that its filter lets pass."""
    return {"term": {field: next(iter(values))}} if len(values) == 1 else {"terms": {field: sorted(values)}}


def of(kind: str, **fields: str) -> list[Query]:
    """The filters of entries of a kind, with these values."""
    return [{"term": {name: value}} for name, value in {"kind": kind, **fields}.items()]


def firsts() -> list[Query]:
    """The filters of the first chunk of each document."""
    return [*of("chunk"), {"term": {"ordinal": 0}}]


def by_source(filters: Sequence[Query], after: dict[str, str] | None, size: int) -> Query:
    """Entries counted by source, so many sources at a time."""
    composite: Query = {"size": size, "sources": [{"source": {"terms": {"field": "source"}}}]}
    if after:
        composite["after"] = after
    return {"size": 0, "query": {"bool": {"filter": list(filters)}}, "aggs": {"sources": {"composite": composite}}}


def together(alias: str, queries: Sequence[Query]) -> bytes:
    """The body of one _msearch."""
    head = msgspec.json.encode({"index": alias})
    return b"".join(line + b"\n" for query in queries for line in (head, msgspec.json.encode(query)))
