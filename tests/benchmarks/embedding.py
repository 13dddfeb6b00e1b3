"""The two sides of `make bench ARGS=vectors`, each in a process of its own: prints seconds, the model's loading aside.

Usage: python -m tests.benchmarks.embedding ingest CORPUS HOME | alone HOME
"""

import sys
import time
from pathlib import Path

from rag_core.backends.embedded.writer import EmbeddedWriter
from rag_core.backends.fastembed import FastembedEmbedder
from rag_core.backends.folder import FolderSource
from rag_core.ingesting import Ingestion
from tests.benchmarks.material import MODEL


def ingest(corpus: str, home: str) -> float:
    embedder = FastembedEmbedder(str(MODEL), Path(home), download=False)
    source = FolderSource(Path(corpus))
    started = time.perf_counter()
    with EmbeddedWriter(Path(home), source.name) as writer:
        Ingestion(source, writer, embedder).run()
    return time.perf_counter() - started


def alone(home: str) -> float:
    embedder = FastembedEmbedder(str(MODEL), Path(home), download=False)
    with EmbeddedWriter(Path(home), FolderSource(Path(home)).name) as writer:
        texts = [text for _, text in writer._book.pending("another model", 0, 1_000_000)]
    started = time.perf_counter()
    embedder.embed_passages(texts)
    return time.perf_counter() - started


if __name__ == "__main__":
    print(ingest(*sys.argv[2:]) if sys.argv[1] == "ingest" else alone(*sys.argv[2:]))
