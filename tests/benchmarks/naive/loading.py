"""Embed and index texts, each a chunk: one side of `pipeline.load`, in a process of its own; prints the seconds.

Usage: python -m tests.benchmarks.naive.loading ours | langchain | single, the settings on standard input
"""

import json
import sys
import time
from typing import Any

from tests.benchmarks.naive import alone, chain


def ours(settings: dict[str, Any]) -> float:
    from bot import aws
    from rag_core.domain import SourceName
    from tests.benchmarks.naive.ours import options
    from tests.making import chunk, document

    with aws.writer(options(settings), SourceName("/docs")) as writer:
        for number, text in enumerate(settings["texts"]):
            page = document(f"page{number}")
            writer.replace(page, [chunk(text, page)])
        embedder = aws.embedder(options(settings), options(settings).embedding_model)
        started = time.monotonic()
        writer.commit(embedder)
        return time.monotonic() - started


SIDES = {"ours": ours, "langchain": chain.load, "single": alone.load}

if __name__ == "__main__":
    print(SIDES[sys.argv[1]](json.load(sys.stdin)))
