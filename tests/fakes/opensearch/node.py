"""What the stub holds, and what it answers: the requests of our index and writer, and of LangChain's vector store.

Answers have the form of a real node's. Words are counted and not weighed, vectors are those of the fake of Bedrock.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import count
from typing import Any

import msgspec

from tests.fakes.bedrock.reading import vector

Answered = tuple[int, bytes]
HIDDEN = ("vector", "body_terms", "heading_terms", "title_terms")
SHARDS = b'"_shards":{"total":1,"successful":1,"skipped":0,"failed":0}'
NOTHING = b'{"error":{"type":"index_not_found_exception","reason":"no such index"},"status":404}'


@dataclass(frozen=True, slots=True)
class Entry:
    """Encoded once: as it is, and as it is shown."""

    id: str
    key: str
    kind: str
    whole: bytes
    shown: bytes
    words: frozenset[str]
    vector: Mapping[int, float]


@dataclass(slots=True)
class Index:
    entries: list[Entry] = field(default_factory=list)
    written: int = 0  # by _bulk: counted and not kept


class Node:
    """Everything runs on the server's loop."""

    def __init__(self) -> None:
        self.indices: dict[str, Index] = {}
        self.aliases: dict[str, str] = {}
        self._number = count()
        self._memory: Callable[[str, bytes], bytes] = lru_cache(4096)(self._searched)

    def add(self, index: str, entry: Any, text: str, dimensions: int) -> None:
        """What is found by this text."""
        whole = msgspec.json.encode(entry)
        source = json.loads(whole)
        shown = {name: value for name, value in source.items() if name not in HIDDEN}
        words = " ".join(str(source.get(name, "")) for name in HIDDEN[1:])
        held = Entry(
            f"e{next(self._number)}",
            source.get("key", ""),
            source.get("kind", "chunk"),
            whole,
            json.dumps(shown).encode(),
            frozenset(words.split()),
            vector(text, dimensions) if text else {},
        )
        self.indices.setdefault(index, Index()).entries.append(held)

    def answer(self, method: str, path: str, body: bytes) -> Answered:
        for verb, pattern, act in ROUTES:
            found = re.fullmatch(pattern, path)
            if found and method in verb:
                return act(self, *found.groups(), body)
        return 400, b'{"error":{"type":"illegal_argument_exception"},"status":400}'

    def several(self, body: bytes) -> Answered:
        lines = body.split(b"\n")
        answers = [self._memory(json.loads(head)["index"], query) for head, query in zip(lines[::2], lines[1::2])]  # noqa: B905
        return 200, b'{"took":3,"responses":[%b]}' % b",".join(answers)

    def search(self, index: str, body: bytes) -> Answered:
        return 200, self._memory(index, body)

    def _searched(self, alias: str, body: bytes) -> bytes:
        name, query = self.aliases.get(alias, alias), json.loads(body)
        if "aggs" in query:
            return _by_source(self.indices[name])
        excludes = query.get("_source", True)
        hits = self._ranked(self.indices[name], query)[: query["size"]]
        written = [
            b'{"_index":"%b","_id":"%b","_score":%b%b}'
            % (name.encode(), entry.id.encode(), repr(score).encode(), _source(entry, excludes))
            for score, entry in hits
        ]
        most = repr(hits[0][0]).encode() if hits else b"null"
        head = b'{"took":3,"timed_out":false,%b,"hits":{"max_score":%b,"hits":[' % (SHARDS, most)
        return head + b",".join(written) + b']},"status":200}'

    def _ranked(self, index: Index, query: dict[str, Any]) -> list[tuple[float, Entry]]:
        asked = query["query"]
        if "knn" in asked:
            (how,) = asked["knn"].values()
            return _near(index.entries, how["vector"])[: how["k"]]
        if "bool" not in asked:
            return [(1.0, entry) for entry in index.entries if entry.kind == "state"]
        matches = [each["match"]["body_terms"] for each in asked["bool"]["should"] if "body_terms" in each["match"]]
        words = {match["query"] for match in matches}
        counted = [(float(len(words & entry.words)), entry) for entry in index.entries]
        found = sorted((pair for pair in counted if pair[0]), key=lambda pair: -pair[0])
        if "rescore" in query:
            parameters = query["rescore"]["query"]["rescore_query"]["script_score"]["script"]["params"]
            return _near([entry for _, entry in found], parameters["query_value"])
        return found

    def bulk(self, index: str | None, body: bytes) -> Answered:
        items = []
        for action in body.split(b"\n")[:-1:2]:
            name = index or json.loads(action)["index"]["_index"]
            self.indices.setdefault(name, Index()).written += 1
            items.append(b'{"index":{"_index":"%b","_id":"w","status":201}}' % name.encode())
        return 200, b'{"took":3,"errors":false,"items":[%b]}' % b",".join(items)

    def make(self, index: str, _body: bytes) -> Answered:
        self.indices[index] = Index()
        return 200, b'{"acknowledged":true,"shards_acknowledged":true,"index":"%b"}' % index.encode()

    def tell(self, index: str, _body: bytes) -> Answered:
        found = b'{"%b":{"aliases":{},"mappings":{},"settings":{}}}' % index.encode()
        return (200, found) if index in self.indices else (404, NOTHING)

    def drop(self, index: str, _body: bytes) -> Answered:
        self.indices.pop(index, None)
        return 200, b'{"acknowledged":true}'

    def refresh(self, _index: str, _body: bytes) -> Answered:
        return 200, b"{%b}" % SHARDS

    def counted(self, index: str, _body: bytes) -> Answered:
        held = self.indices[index]
        return 200, b'{"count":%d,%b}' % (len(held.entries) + held.written, SHARDS)

    def pointed(self, alias: str, _body: bytes) -> Answered:
        if alias not in self.aliases:
            return 404, NOTHING
        return 200, json.dumps({self.aliases[alias]: {"aliases": {alias: {}}}}).encode()

    def point(self, body: bytes) -> Answered:
        for action in json.loads(body)["actions"]:
            if "add" in action:
                self.aliases[action["add"]["alias"]] = action["add"]["index"]
        return 200, b'{"acknowledged":true}'

    def resolved(self, _pattern: str, _body: bytes) -> Answered:
        return 200, b'{"indices":[],"aliases":[],"data_streams":[]}'


def _by_source(index: Index) -> bytes:
    """Documents counted: the first chunk of each."""
    held = [json.loads(entry.shown) for entry in index.entries if entry.kind == "chunk"]
    counted = Counter(each["source"] for each in held if each["ordinal"] == 0)
    buckets = [{"key": {"source": source}, "doc_count": number} for source, number in counted.items()]
    found = {"took": 3, "timed_out": False, "hits": {"hits": []}, "aggregations": {"sources": {"buckets": buckets}}}
    return json.dumps(found | {"status": 200}).encode()


def _near(entries: list[Entry], asked: list[float]) -> list[tuple[float, Entry]]:
    """By the inner product, as OpenSearch makes a score of it."""
    given = {slot: value for slot, value in enumerate(asked) if value}
    cosines = [
        (sum(value * given.get(slot, 0.0) for slot, value in entry.vector.items()), entry)
        for entry in entries
        if entry.vector
    ]
    scored = [(1 + cosine if cosine >= 0 else 1 / (1 - cosine), entry) for cosine, entry in cosines]
    return sorted(scored, key=lambda pair: -pair[0])


def _source(entry: Entry, wanted: Any) -> bytes:
    if wanted is False:
        return b',"fields":{"key":["%b"]}' % entry.key.encode()
    return b',"_source":' + (entry.whole if wanted is True else entry.shown)


ROUTES: list[tuple[str, str, Callable[..., Answered]]] = [
    ("POST", "/_msearch", Node.several),
    ("POST GET", "/([^/]+)/_search", Node.search),
    ("POST", "/(?:([^/]+)/)?_bulk", Node.bulk),
    ("POST", "/([^/]+)/_refresh", Node.refresh),
    ("GET", "/([^/]+)/_count", Node.counted),
    ("GET", "/_alias/([^/]+)", Node.pointed),
    ("GET", "/_resolve/index/([^/]+)", Node.resolved),
    ("POST", "/_aliases", Node.point),
    ("PUT", "/([^/_][^/]*)", Node.make),
    ("GET HEAD", "/([^/_][^/]*)", Node.tell),
    ("DELETE", "/([^/_][^/]*)", Node.drop),
]
