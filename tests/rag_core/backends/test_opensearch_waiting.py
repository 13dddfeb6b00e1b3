"""A node that hangs, or has slept, is waited for as long as a person has, wherever the port takes no deadline."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec
import pytest

from rag_core.backends.opensearch.entries import FORMAT, StateEntry
from rag_core.backends.opensearch.index import HELD, PATIENCE, SHARE, OpenSearchIndex
from rag_core.backends.opensearch.target import Space, Target
from rag_core.domain import Audience, DocumentId
from rag_core.errors import UnavailableError
from tests.making import SOURCE

STATE = StateEntry("s", FORMAT, "a model", 3, Space.INNER_PRODUCT, 1, 1)
ANSWER = b'{"hits":{"hits":[{"_index":"docs-1","_source":%b}]}}' % msgspec.json.encode(STATE)
NIGHT = 12 / 25  # of the default deadline: a collection that wakes after 12 seconds
READS = pytest.mark.parametrize(
    "read",
    [
        lambda index: index.version,
        lambda index: index.embedding_model,
        lambda index: index.sources(),
        lambda index: index.document_ids(),
        lambda index: index.document(SOURCE, DocumentId("a"), audience=Audience.PUBLIC),
    ],
    ids=["version", "embedding_model", "sources", "document_ids", "document"],
)
Read = Callable[[OpenSearchIndex], object]


@pytest.fixture
def silent() -> Iterator[str]:
    """Takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@contextmanager
def sleeping(seconds: float) -> Iterator[str]:
    """Holds whatever comes until so long after the first request."""
    awake, first = threading.Event(), threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            if first.acquire(blocking=False):
                threading.Timer(seconds, awake.set).start()
            awake.wait()
            try:
                self.wfile.write(b"HTTP/1.0 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(ANSWER), ANSWER))
            except OSError:  # who has given up
                return

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,)).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            awake.set()
            server.shutdown()


def refused(index: OpenSearchIndex, read: Read) -> float:
    """The seconds it took."""
    started = time.monotonic()
    with pytest.raises(UnavailableError):
        read(index)
    return time.monotonic() - started


@READS
def test_a_node_that_hangs_is_given_up_before_the_person_does(silent: str, read: Read) -> None:
    assert refused(OpenSearchIndex(Target(silent, patience=1.0)), read) < 1.5


@READS
def test_a_node_that_hangs_is_soon_left_alone(silent: str, read: Read) -> None:
    index = OpenSearchIndex(Target(silent, patience=0.2))
    for _ in range(PATIENCE.failures):
        refused(index, read)
    with pytest.raises(UnavailableError, match="again and again"):
        read(index)
    assert refused(index, read) < 0.1


@pytest.mark.parametrize("night", [NIGHT, (HELD + SHARE) / 2], ids=["by the first request", "by the second"])
def test_a_collection_that_slept_is_waited_for(night: float) -> None:
    patience = 2.0
    with sleeping(night * patience) as url:
        index, started = OpenSearchIndex(Target(url, patience=patience)), time.monotonic()
        assert (index.embedding_model, index.version) == ("a model", "docs-1")
        assert night * patience <= time.monotonic() - started < patience


def test_a_request_may_take_as_long_as_a_collection_does_to_wake() -> None:
    target = Target("http://127.0.0.1")
    assert NIGHT * target.patience < target.search_timeout < target.patience
