"""Speed and memory on the embedded default. Medians: the machines are noisy."""

import random
import shutil
import subprocess
import sys
import tempfile
import time
from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from rag_core.backends.embedded.writer import EmbeddedWriter
from rag_core.chunking import chunk
from rag_core.domain import NEVER, Deadline, Vector
from rag_core.extracting.reading import read
from rag_core.markup import Block, Section, sentences
from tests.benchmarks.material import DEMO, DOCS, MODEL, missing, supportbot
from tests.making import SOURCE, document

CHUNKS, DIMENSIONS = 100_000, 384


@contextmanager
def folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="supportbot-bench-"))
    try:
        yield path
    finally:
        shutil.rmtree(path)


def ask(runs: int = 15) -> None:
    """A lexical question, as a whole process."""
    with folder() as home:
        supportbot("ingest", DEMO / "help-center", home=home)
        times = [supportbot("ask", "How long do refunds take?", home=home).seconds for _ in range(runs)]
    print(f"lexical ask, whole process: median {median(times):.3f} s of {runs} (goal 0.6)")


def ingest(runs: int = 7) -> None:
    """Markdown pages by the second, lexically, as a whole process."""
    if missing(DOCS):
        return
    pages = len(list(DOCS.rglob("*.md")))
    rates = []
    for _ in range(runs):
        with folder() as home:
            rates.append(pages / supportbot("ingest", DOCS, home=home).seconds)
    print(f"ingest, whole process: median {median(rates):.0f} pages/s of {runs} runs over {pages} pages (goal 300)")


def memory() -> None:
    """Peak memory of an ingest against the size of the corpus."""
    if missing(DOCS):
        return
    with folder() as base:
        for copies in (1, 4, 16):
            corpus = base / f"corpus{copies}"
            for number in range(copies):
                shutil.copytree(DOCS, corpus / str(number))
            done = supportbot("ingest", corpus, home=base / f"home{copies}")
            print(f"ingest of {copies * 473:>5} pages: peak {done.megabytes:.0f} MB")


def vectors() -> None:
    """An ingest with vectors against the embedding model alone on the same chunks, in turns."""
    if missing(MODEL, DOCS):
        return
    ratios = []
    for _ in range(3):
        with folder() as base:
            corpus = base / "corpus"
            shutil.copytree(DOCS / "ui" / "sending-email", corpus)
            whole = _seconds(["ingest", corpus, base / "home"])
            alone = _seconds(["alone", base / "home"])
            ratios.append(whole / alone)
            print(f"ingest with vectors {whole:.1f} s, the model alone {alone:.1f} s")
    print(f"ingest with vectors / the model alone: median {median(ratios):.2f} (goal 1.10)")


def _seconds(arguments: Sequence[object]) -> float:
    """Timed inside a process of its own, the model loaded before."""
    command = [sys.executable, "-m", "tests.benchmarks.embedding", *map(str, arguments)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


class RandomEmbedder:
    """An embedder of unit vectors by chance: a search takes as long whatever they mean."""

    name, dimensions = "random", DIMENSIONS

    def __init__(self) -> None:
        self._chance = random.Random(1)  # noqa: S311

    def embed_question(self, text: str, *, deadline: Deadline = NEVER) -> Vector:
        return self.vector()

    def embed_passages(self, texts: Sequence[str]) -> list[Vector]:
        return [self.vector() for _ in texts]

    def vector(self) -> Vector:
        values = [self._chance.gauss(0, 1) for _ in range(DIMENSIONS)]
        length = sum(value * value for value in values) ** 0.5
        return array("f", [value / length for value in values])


def search() -> None:
    """A search over 100,000 chunks made of real sentences, for real questions; the embedding of the question aside."""
    if missing(DOCS):
        return
    with folder() as home:
        embedder = RandomEmbedder()
        started = time.perf_counter()
        _fill(home, embedder)
        print(f"built {CHUNKS:,} chunks in {time.perf_counter() - started:.0f} s")
        report = subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.searching", str(home)], check=True, capture_output=True, text=True
        )
        print(report.stdout, end="")


def _fill(home: Path, embedder: RandomEmbedder) -> None:
    chance = random.Random(2)  # noqa: S311
    found = [section for path in DOCS.rglob("*.md") for section in read(".md", path.read_bytes()).sections]
    pool = [sentence for section in found for block in section.blocks for sentence in sentences(block.source)]
    with EmbeddedWriter(home, SOURCE) as writer:
        for number in range(CHUNKS // 50):
            page = document(f"page{number}")
            written = [Section((), (Block("Paragraph", " ".join(chance.choices(pool, k=8))),)) for _ in range(50)]
            writer.replace(page, chunk(page, written)[:50])
        writer.commit(embedder)
