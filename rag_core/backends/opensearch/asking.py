"""The queries, and the shape of their answers.

Who may read what stands in both legs: in the filter of the words, and inside the search for neighbours.
"""

from collections.abc import Collection, Sequence
from typing import Any

import msgspec

from rag_core.analyzing import terms
from rag_core.backends.opensearch.entries import BOOSTS, NOT_SHOWN, VECTOR, ChunkEntry, DocumentEntry, StateEntry
from rag_core.backends.opensearch.target import Space
from rag_core.domain import Audience, SourceName, Vector

CANDIDATES = 100  # of each leg
MOST_TERMS = 320  # three fields each: OpenSearch takes 1,024 clauses
Query = dict[str, Any]


class Hit(msgspec.Struct, frozen=True):
    """An entry that was found; its source is decoded as what it is known to be."""

    index: str = msgspec.field(name="_index")
    id: str = msgspec.field(name="_id")
    score: float | None = msgspec.field(name="_score", default=None)
    source: msgspec.Raw = msgspec.field(name="_source", default=msgspec.Raw(b"{}"))
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
    fields = [{"match": {name: {"query": " ".join(wanted), "boost": boost}}} for name, boost in BOOSTS.items()]
    return _shown({"bool": {"should": fields, "minimum_should_match": 1, "filter": list(readable)}})


def meaning(vector: Vector, readable: Sequence[Query]) -> Query:
    nearest = {"vector": vector.tolist(), "k": CANDIDATES, "filter": {"bool": {"filter": list(readable)}}}
    return _shown({"knn": {VECTOR: nearest}})


def nearness(vector: Vector, found: Query) -> Query:
    """How near the best by words are: scores without entries, as of Space.INNER_PRODUCT.

    By the script of the k-NN plugin, which is no Painless; whether Serverless has it is not documented.
    https://docs.opensearch.org/latest/vector-search/vector-search-techniques/knn-score-script
    """
    parameters = {"field": VECTOR, "query_value": vector.tolist(), "space_type": Space.INNER_PRODUCT.value}
    script = {"lang": "knn", "source": "knn_score", "params": parameters}
    again = {"query_weight": 0, "rescore_query": {"script_score": {"query": {"match_all": {}}, "script": script}}}
    return found | {"_source": False, "rescore": {"window_size": CANDIDATES, "query": again}}


def _shown(query: Query) -> Query:
    return {"size": CANDIDATES, "query": query, "_source": {"excludes": NOT_SHOWN}, "track_total_hits": False}


def readable(audience: Audience, sources: Collection[SourceName] | None) -> list[Query]:
    """The filters of chunks that may be shown."""
    found: list[Query] = [{"term": {"kind": "chunk"}}, {"terms": {"audience": sorted(audience.may_read)}}]
    return found if sources is None else [*found, {"terms": {"source": sorted(sources)}}]


def of(kind: str, **fields: str) -> list[Query]:
    """The filters of entries of a kind, with these values."""
    return [{"term": {name: value}} for name, value in {"kind": kind, **fields}.items()]


def by_source(after: dict[str, str] | None, size: int) -> Query:
    """Documents counted by source, so many sources at a time."""
    composite: Query = {"size": size, "sources": [{"source": {"terms": {"field": "source"}}}]}
    if after:
        composite["after"] = after
    return {"size": 0, "query": {"term": {"kind": "document"}}, "aggs": {"sources": {"composite": composite}}}


def together(alias: str, queries: Sequence[Query]) -> bytes:
    """The body of one _msearch."""
    head = msgspec.json.encode({"index": alias})
    return b"".join(line + b"\n" for query in queries for line in (head, msgspec.json.encode(query)))
