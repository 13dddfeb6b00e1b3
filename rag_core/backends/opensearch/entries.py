"""What stands in a physical index: one entry a chunk, one a document, and one that says what the index is.

Text is analysed here by `analyzing` and only split at blanks there, so that every backend finds the same words. What is
shown stands beside it, unindexed; no entry has an id of ours, which Serverless CLASSIC refuses.
"""

import hashlib
from array import array
from collections.abc import Mapping
from datetime import date
from functools import lru_cache

import msgspec

from rag_core.analyzing import terms
from rag_core.backends.opensearch.target import Space, Target
from rag_core.domain import Audience, Chunk, Document, DocumentId, Fingerprint, Heading, SourceName, Vector

FORMAT = 1  # of the entries; raise it when they or `analyzing` change: the next commit then analyses all texts anew
BOOSTS = {"body_terms": 1.0, "heading_terms": 0.5, "title_terms": 0.5}  # docs/quality.md#field-weights
VECTOR = "vector"
NOT_SHOWN = [VECTOR, *BOOSTS]
NONE = msgspec.Raw()


class ChunkEntry(msgspec.Struct, tag_field="kind", tag="chunk", omit_defaults=True, frozen=True):
    """A chunk with its document, its terms and its vector."""

    key: str
    source: str
    document: str
    audience: Audience
    ordinal: int
    title: str
    url: str
    fingerprint: str
    link: str
    text: str
    headings: tuple[tuple[str, str], ...] = ()
    overlap: int = 0
    updated: date | None = None
    body_terms: str = ""
    heading_terms: str = ""
    title_terms: str = ""
    vector: msgspec.Raw = NONE

    @classmethod
    def of(cls, chunk: Chunk, vector: msgspec.Raw = NONE) -> "ChunkEntry":
        page = chunk.document
        return cls(
            key=key("chunk", page.source, page.id, str(chunk.ordinal)),
            source=page.source,
            document=page.id,
            audience=page.audience,
            ordinal=chunk.ordinal,
            title=page.title,
            url=page.url,
            fingerprint=page.fingerprint,
            link=chunk.url,
            text=chunk.text,
            headings=tuple((heading.text, heading.anchor) for heading in chunk.headings),
            overlap=chunk.overlap,
            updated=page.updated,
            body_terms=" ".join(terms(chunk.text)),
            heading_terms=_analysed(" ".join(heading.text for heading in chunk.headings)),
            title_terms=_analysed(page.title),
            vector=vector,
        )

    def at(self, vector: msgspec.Raw) -> "ChunkEntry":
        """In the space of a model."""
        return msgspec.structs.replace(self, vector=vector)

    @property
    def chunk(self) -> Chunk:
        page = Document(
            DocumentId(self.document),
            SourceName(self.source),
            self.title,
            self.url,
            self.audience,
            Fingerprint(self.fingerprint),
            self.updated,
        )
        headings = tuple(Heading(text, anchor) for text, anchor in self.headings)
        return Chunk(page, self.ordinal, headings, self.link, self.text, self.overlap)


class DocumentEntry(msgspec.Struct, tag_field="kind", tag="document", frozen=True):
    """That a document answers, also one without chunks."""

    key: str
    source: str
    document: str
    fingerprint: str
    chunks: int

    @classmethod
    def of(cls, document: Document, chunks: int) -> "DocumentEntry":
        return cls(
            key("document", document.source, document.id), document.source, document.id, document.fingerprint, chunks
        )


class StateEntry(msgspec.Struct, tag_field="kind", tag="state", frozen=True):
    """What an index is."""

    key: str
    format: int
    model: str | None
    dimensions: int
    space: Space
    chunks: int
    documents: int


Entry = ChunkEntry | DocumentEntry | StateEntry


class Head(msgspec.Struct, frozen=True):
    """Of any entry: whose it is."""

    kind: str
    key: str
    source: str = ""
    document: str = ""


def key(*parts: str) -> str:
    """Unique in an index, evenly spread, and the same for the same parts."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def encoded(vector: Vector) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(array("f", vector).tolist()))


@lru_cache(maxsize=256)
def _analysed(text: str) -> str:
    """Of a title or heading: the same for chunk after chunk."""
    return " ".join(terms(text))


def index_body(target: Target, dimensions: int) -> Mapping[str, object]:
    """Settings and mapping; without `dimensions` it is lexical. What is not mapped is kept and not indexed."""
    keyword, text = {"type": "keyword"}, {"type": "text", "analyzer": "whitespace"}
    properties: dict[str, object] = dict.fromkeys(("kind", "key", "source", "document", "audience"), keyword)
    properties |= {"ordinal": {"type": "integer"}} | dict.fromkeys(BOOSTS, text)
    index: dict[str, object] = {}
    if dimensions:
        properties[VECTOR] = target.vector_field(dimensions)
        index["knn"] = True
    if not target.kind.serverless:
        # statistics of words are a shard's own; shown once, by a refresh, when all is written
        index |= {"number_of_shards": 1, "refresh_interval": "-1"}
    return {"settings": {"index": index}, "mappings": {"dynamic": False, "properties": properties}}
