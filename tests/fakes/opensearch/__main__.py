"""The stub in a process of its own: python -m tests.fakes.opensearch FOLDER SECONDS.

Holds a folder of Markdown pages twice: as our writer lays it down, behind the alias `supportbot`, and as LangChain's
vector store does, in the index `naive`. Prints its address, then serves until its standard input ends; a line on that
is the new delay, or what happens to every request from now on: `throttle` (429), `reset`, `answer`.
"""

import asyncio
import json
import sys
from array import array
from collections.abc import Iterator
from pathlib import Path

from rag_core.backends.opensearch.entries import FORMAT, ChunkEntry, StateEntry, encoded
from rag_core.backends.opensearch.target import Space
from rag_core.chunking import chunk
from rag_core.domain import Chunk
from rag_core.extracting.reading import read
from tests.fakes.bedrock.reading import vector
from tests.fakes.bedrock.ticking import Ticker
from tests.fakes.bedrock.wire import Connection, Incoming
from tests.fakes.opensearch.node import Node
from tests.making import document

DIMENSIONS = 1_024
FULL = b'{"error":{"type":"circuit_breaking_exception","reason":"too many requests"},"status":429}'
MODEL = f"bedrock:cohere.embed-v4:0 {DIMENSIONS} float"


def chunks(folder: Path) -> Iterator[Chunk]:
    for page in sorted(folder.rglob("*.md")):
        yield from chunk(document(page.stem), read(".md", page.read_bytes()).sections)


def filled(folder: Path) -> Node:
    node, found = Node(), list(chunks(folder))
    node.aliases["supportbot"] = "supportbot-1"
    state = StateEntry("s", FORMAT, MODEL, DIMENSIONS, Space.INNER_PRODUCT, len(found), len(found))
    node.add("supportbot-1", state, "", DIMENSIONS)
    for each in found:
        text = each.contextual_text
        held = vector(text, DIMENSIONS)
        written = encoded(array("f", [held.get(slot, 0.0) for slot in range(DIMENSIONS)]))
        node.add("supportbot-1", ChunkEntry.of(each, written), text, DIMENSIONS)
        metadata = {"source": each.url, "title": each.heading}
        node.add("naive", {"vector_field": written, "text": text, "metadata": metadata}, text, DIMENSIONS)
    return node


async def _serve(folder: Path, delay: float) -> None:
    node, loop, over = filled(folder), asyncio.get_running_loop(), asyncio.Event()
    connections: set[Connection] = set()
    doing = "answer"

    def serve(incoming: Incoming, connection: Connection) -> None:
        if doing == "reset":
            connection.reset()
            return
        throttled = doing == "throttle"
        status, body = (429, FULL) if throttled else node.answer(incoming.method, incoming.path, incoming.body)
        head = {"Content-Type": "application/json; charset=UTF-8"}
        loop.call_later(delay, connection.answer, status, head, b"" if incoming.method == "HEAD" else body)

    def order() -> None:
        nonlocal delay, doing
        line = sys.stdin.readline().strip()
        if line:
            if line.isalpha():
                doing = line
            else:
                delay = float(line)
            print("ok", flush=True)  # noqa: T201, RUF100
        else:
            over.set()

    ticker = Ticker()
    server = await loop.create_server(lambda: Connection(serve, connections, ticker), "127.0.0.1", 0, backlog=1024)
    loop.add_reader(sys.stdin, order)
    print(json.dumps({"url": "http://127.0.0.1:%d" % server.sockets[0].getsockname()[1]}), flush=True)  # noqa: T201, RUF100, UP031
    await over.wait()


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1]), float(sys.argv[2])))
