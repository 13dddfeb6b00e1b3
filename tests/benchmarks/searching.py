"""The searches of `make bench ARGS=search`, in a process of their own.

Usage: python -m tests.benchmarks.searching HOME
"""

import json
import random
import resource
import sys
import time
from pathlib import Path
from statistics import median, quantiles

from rag_core.backends.embedded.index import EmbeddedIndex
from rag_core.domain import Audience, Vector
from tests.benchmarks.material import DEMO
from tests.benchmarks.speed import RandomEmbedder

SEARCHES = 300


def main(home: Path) -> None:
    questions = [json.loads(line)["text"] for line in (DEMO / "questions.jsonl").read_text("utf-8").splitlines()]
    index, embedder = EmbeddedIndex(home), RandomEmbedder()
    for name, hybrid in (("hybrid", True), ("lexical", False)):
        times = [_search(index, questions, embedder.vector() if hybrid else None) for _ in range(SEARCHES)]
        slowest = quantiles(times, n=20)[-1]
        print(f"search, {name}: median {median(times):.1f} ms, 95th percentile {slowest:.1f} ms (goal 15)")
    print(f"peak memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB (goal 600)")


def _search(index: EmbeddedIndex, questions: list[str], vector: Vector | None) -> float:
    text = random.choice(questions)  # noqa: S311
    started = time.perf_counter()
    index.search(text, vector, audience=Audience.PUBLIC, limit=20)
    return (time.perf_counter() - started) * 1000


if __name__ == "__main__":
    main(Path(sys.argv[1]))
