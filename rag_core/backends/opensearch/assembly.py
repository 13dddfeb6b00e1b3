"""A physical index put together by many workers, each part as often as it is delivered.

No entry has an id of ours, which Serverless CLASSIC refuses: what a killed worker wrote is written again, and `check`
takes the double ones out by their keys. Nobody reads the index before that.
"""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import count

import msgspec

from rag_core.backends.opensearch import asking
from rag_core.backends.opensearch.asking import CANDIDATES, Hit, Query
from rag_core.backends.opensearch.building import SELDOM, SOONEST, shown
from rag_core.backends.opensearch.entries import (
    FORMAT,
    VECTOR,
    ChunkEntry,
    DocumentEntry,
    StateEntry,
    encoded,
    index_body,
    key,
)
from rag_core.backends.opensearch.loading import Loading
from rag_core.backends.opensearch.node import Credentials, MissingError, Node
from rag_core.backends.opensearch.standing import answering
from rag_core.backends.opensearch.target import Target
from rag_core.backends.opensearch.transferring import Former, Told, analysed_again, copied, embedded
from rag_core.backends.opensearch.versions import Versions
from rag_core.domain import Chunk, Document, Fingerprint, SourceName, Vector
from rag_core.errors import MisconfiguredError, UnavailableError
from rag_core.ports import Embedder
from rag_core.runs import Answering, Build, Standing

KEYS = 10_000  # of entries, in one answer
AT_ONCE = 500  # double keys that are looked up together
SAMPLES = 3
READERS = 3  # of one part, at once


class OpenSearchAssembly:
    """Assembly; safe to share between threads."""

    def __init__(self, target: Target, credentials: Credentials | None = None) -> None:
        self._target, self._node = target, Node(target, credentials)
        self._versions = Versions(self._node, target.alias, target.write_timeout)

    def standing(self, source: SourceName) -> Standing:
        index, state, documents = answering(self._node, self._versions, source)
        if state is None:
            return Standing()
        mine = {name: Answering(Fingerprint(each.fingerprint), each.chunks) for name, each in documents.items()}
        return Standing(index, state.model, state.format == FORMAT, state.chunks, state.documents, mine)

    def named(self) -> str:
        return self._versions.new()

    def open(self, build: Build) -> None:
        body = index_body(self._target, build.dimensions)
        try:
            self._node.send("PUT", f"/{build.version}", object, body, within=self._target.write_timeout)
        except MisconfiguredError:
            if not self._exists(build.version):  # else another delivery was faster
                raise
        space = self._target.space
        state = StateEntry(key("state"), FORMAT, build.model, build.dimensions, space, build.chunks, build.documents)
        with self._loading(build) as loading:
            loading.add(msgspec.json.encode(state))

    def load(
        self,
        build: Build,
        documents: Sequence[tuple[Document, int]],
        chunks: Sequence[Chunk],
        vectors: Sequence[Vector],
    ) -> None:
        with self._loading(build) as loading:
            for document, number in documents:
                loading.add(msgspec.json.encode(DocumentEntry.of(document, number)))
            for place, chunk in enumerate(chunks):
                entry = ChunkEntry.of(chunk, encoded(vectors[place])) if vectors else ChunkEntry.of(chunk)
                loading.add(msgspec.json.encode(entry))

    def copy(self, build: Build, part: int, embedder: Embedder | None) -> None:
        former = self._former(build)
        with self._loading(build) as loading:
            if former.state.format == FORMAT and build.model in (None, former.state.model):
                hidden = [] if build.model else [VECTOR]
                for each in range(part * READERS, (part + 1) * READERS):
                    filters = former.filters(*_range(each, build.parts * READERS))
                    loading.run(partial(copied, self._node, former, loading, filters, hidden))
                return
            same, filters = build.model == former.state.model, former.filters(*_range(part, build.parts))
            again = analysed_again(self._node, former, loading, filters, keep_vectors=same)
            embedded(loading, again, None if same else embedder, Told(lambda *_: None, 0))

    def check(self, build: Build) -> None:
        self._make_single(build.version, build.chunks + build.documents + 1)
        self._find_some(build.version)
        if not self._target.kind.serverless:  # what a worker that was thought dead still sends is refused
            block = {"index": {"blocks": {"write": True}}}
            path, within = f"/{build.version}/_settings", self._target.write_timeout
            self._node.send("PUT", path, object, block, within=within)

    def publish(self, build: Build) -> None:
        if self._versions.current() != build.version:
            self._versions.publish(build.former, build.version)
        self._versions.drop_orphans()

    def discard(self, build: Build) -> None:
        if self._versions.current() != build.version:
            self._versions.drop(build.version)

    def before(self) -> str:
        return self._versions.before()

    def bring_back(self, version: str) -> None:
        self._versions.bring_back(version)

    def _exists(self, index: str) -> bool:
        try:
            self._node.send("GET", f"/{index}", object, within=self._target.write_timeout)
        except MissingError:
            return False
        return True

    def _loading(self, build: Build) -> Loading:
        return Loading(self._node, build.version, None, self._target.write_timeout)

    def _former(self, build: Build) -> Former:
        state = self._versions.state(build.former) if build.former else None
        if build.former is None or state is None:
            raise UnavailableError("the version that is copied is gone: ingest again")
        leaving = {str(name): chunks for name, chunks in build.leaving.items()}
        return Former(build.former, state, build.source, leaving, build.stays)

    def _make_single(self, index: str, expected: int) -> None:
        until, pause = time.monotonic() + self._target.visible_within, SOONEST
        for attempt in count():
            found = shown(self._node, self._target, index, expected)
            held = self._keys(index, KEYS - attempt)  # of another size: a page may end between two that are alike
            if doubled := sorted(name for name, times in held.items() if times > 1):
                for start in range(0, len(doubled), AT_ONCE):
                    self._drop_doubles(index, doubled[start : start + AT_ONCE])
            elif len(held) == found == expected:
                return
            if time.monotonic() > until or len(held) > expected:
                raise UnavailableError(
                    f"the new index shows {found} entries, {len(held)} of them different, instead of {expected}: "
                    "ingest again"
                )
            time.sleep(pause)
            pause = min(2 * pause, SELDOM)

    def _keys(self, index: str, size: int) -> Counter[str]:
        query: Query = {"size": size, "sort": [{"key": "asc"}], "track_total_hits": False, "_source": False}
        query |= {"query": {"match_all": {}}, "stored_fields": "_none_"}
        held, after = Counter[str](), list[msgspec.Raw]()
        while True:
            hits = self._node.write_search(query | ({"search_after": after} if after else {}), index).hits.hits
            held.update(map(_key, hits))
            if len(hits) < size:
                return held
            after = hits[-1].sort

    def _drop_doubles(self, index: str, keys: Sequence[str]) -> None:
        """All but the first by OpenSearch's own id: two workers that do this at once keep the same."""
        query = {"size": KEYS, "sort": [{"key": "asc"}], "_source": False, "query": {"terms": {"key": list(keys)}}}
        kept = set[str]()
        lines = list[bytes]()
        for hit in sorted(self._node.write_search(query, index).hits.hits, key=lambda hit: hit.id):
            if _key(hit) in kept:
                lines.append(msgspec.json.encode({"delete": {"_id": hit.id}}) + b"\n")
            kept.add(_key(hit))
        if lines:
            within = self._target.write_timeout
            self._node.send("POST", f"/{index}/_bulk", object, b"".join(lines), within=within)

    def _find_some(self, index: str) -> None:
        """Each by its own words and its own vector. Keys are hashes, so the first are any."""
        query = {"size": SAMPLES, "sort": [{"key": "asc"}], "query": {"term": {"kind": "chunk"}}}
        queries = [each for hit in self._node.write_search(query, index).hits.hits for each in _itself(hit.chunk)]
        if not queries:
            return
        body, within = asking.together(index, queries), self._target.write_timeout
        for found in self._node.send("POST", "/_msearch", asking.Several, body, within=within).responses:
            if not self._node.whole(found).hits.hits:
                raise UnavailableError("the new index does not find a text by itself: ingest again")


def _itself(entry: ChunkEntry) -> Iterator[Query]:
    mine = [{"term": {"key": entry.key}}]
    if query := asking.words(entry.text, mine):
        yield query
    if bytes(entry.vector):
        nearest = {"vector": entry.vector, "k": CANDIDATES, "filter": {"bool": {"filter": mine}}}
        yield {"size": 1, "query": {"knn": {VECTOR: nearest}}}


def _range(part: int, parts: int) -> tuple[str, str]:
    """Of keys, which are hexadecimal and evenly spread."""
    least, beyond = (f"{16**4 * each // parts:04x}" for each in (part, part + 1))
    return least, beyond if part + 1 < parts else "g"


def _key(hit: Hit) -> str:
    return str(msgspec.json.decode(hit.sort[0]))
