"""A server before a real node that records, delays, refuses and breaks requests.

With a `kind` it is Serverless: it checks signatures and rules, and shows what was written only every `shown_every`
seconds. The node has no faiss, so vector fields are made lucene's on the way.
"""

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

import httpx

from rag_core.backends.opensearch.target import Kind
from tests.fakes.serverless.rules import refused
from tests.fakes.serverless.signing import unsigned

HOPS = {"host", "content-length", "connection", "authorization", "accept-encoding"}


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it came."""

    method: str
    path: str
    parameters: Mapping[str, str]
    body: bytes
    answered: int  # the status; 0: the connection was closed


@dataclass(slots=True)
class Faults:
    """What goes wrong, to be set while it runs."""

    latency: float = 0.0  # seconds a request
    only: str = ""  # where its path ends so
    break_before: int | None = None  # from the request of this number on, none gets through
    break_after: int | None = None  # the request of this number is done, its answer and all others are lost
    turn_away: int = 0  # so many entries of bulk requests get a 429
    status: int | None = None  # every request gets it
    body: bytes | None = None  # instead of the node's answer


@dataclass(slots=True)
class Proxy:
    """What came, and what is to go wrong."""

    node: str
    kind: Kind | None = None
    shown_every: float = 0.3
    secrets: Mapping[str, str] = field(default_factory=dict)
    faults: Faults = field(default_factory=Faults)
    asked: list[Asked] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    accesses: list[str] = field(default_factory=list)
    url: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)
    made: set[str] = field(default_factory=set)


@contextmanager
def serving(proxy: Proxy) -> Iterator[Proxy]:
    with httpx.Client(base_url=proxy.node, timeout=60, trust_env=False) as client:
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(proxy, client))
        server.daemon_threads = True
        proxy.url, ended = f"http://127.0.0.1:{server.server_port}", threading.Event()
        threads = [threading.Thread(target=server.serve_forever, args=(0.02,))]
        if proxy.kind:
            threads.append(threading.Thread(target=_show, args=(proxy, client, ended)))
        for thread in threads:
            thread.start()
        try:
            yield proxy
        finally:
            ended.set()
            server.shutdown()
            server.server_close()
            for thread in threads:
                thread.join()


def _show(proxy: Proxy, client: httpx.Client, ended: threading.Event) -> None:
    while not ended.wait(proxy.shown_every):
        for index in list(proxy.made):
            client.post(f"/{index}/_refresh")


def _handler(proxy: Proxy, client: httpx.Client) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, said = _answer(proxy, client, self.command, self.path, headers, body)
            if not status:
                self.close_connection = True
                return
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = handle_any  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    return Handler


def _answer(
    proxy: Proxy, client: httpx.Client, method: str, target: str, headers: Mapping[str, str], body: bytes
) -> tuple[int, bytes]:
    """The status and body of the answer; status 0 closes the connection instead."""
    path, parameters = urlsplit(target).path, dict(parse_qsl(urlsplit(target).query, keep_blank_values=True))
    with proxy.lock:
        number = len(proxy.asked)
        status, said = _decided(proxy.faults, number)
        if status is None and proxy.kind:
            status, said = _judged(proxy, method, target, headers, body)
        proxy.asked.append(Asked(method, path, parameters, body, status or 200))
    time.sleep(proxy.faults.latency if path.endswith(proxy.faults.only) else 0)
    if status is None:
        status, said = _passed_on(proxy, client, method, target, body)
    lost = proxy.faults.break_after is not None and number >= proxy.faults.break_after
    return (0, b"") if lost else (status, said)


def _decided(faults: Faults, number: int) -> tuple[int | None, bytes]:
    if faults.break_before is not None and number >= faults.break_before:
        return 0, b""
    if faults.break_after is not None and number > faults.break_after:
        return 0, b""
    if faults.body is not None:
        return 200, faults.body
    return faults.status, b'{"error":{"type":"faked"},"status":0}'


def _judged(
    proxy: Proxy, method: str, target: str, headers: Mapping[str, str], body: bytes
) -> tuple[int | None, bytes]:
    assert proxy.kind is not None
    wrong = unsigned(proxy.secrets, "aoss", method, f"http://{headers['host']}{target}", headers, body)
    if wrong:
        proxy.refusals.append(f"{method} {target}: signature: {wrong}")
        return 403, b'{"error":{"type":"security_exception"},"status":403}'
    proxy.accesses.append(headers["authorization"].partition("Credential=")[2].partition("/")[0])
    split = urlsplit(target)
    found = refused(proxy.kind, method, split.path, dict(parse_qsl(split.query)), body)
    if found is None:
        return None, b""
    proxy.refusals.append(f"{method} {target}: {found[1]}")
    return found[0], json.dumps({"error": {"type": found[1]}, "status": found[0]}).encode()


def _passed_on(proxy: Proxy, client: httpx.Client, method: str, target: str, body: bytes) -> tuple[int, bytes]:
    path = urlsplit(target).path
    if proxy.kind and method == "PUT":
        body = _for_the_node(body)
        proxy.made.add(path[1:])
    if proxy.kind and method == "DELETE":
        proxy.made.discard(path[1:])
    if path.endswith("/_bulk") and proxy.faults.turn_away:
        return _turned_away(proxy, client, target, body)
    answer = client.request(method, target, content=body, headers={"content-type": "application/json"})
    return answer.status_code, answer.content


def _for_the_node(body: bytes) -> bytes:
    said = json.loads(body)
    said["settings"]["index"] |= {"refresh_interval": "-1", "number_of_shards": 1}
    if vector := said["mappings"]["properties"].get("vector"):
        space = vector.get("space_type") or vector["method"]["space_type"]
        method = {"name": "hnsw", "engine": "lucene", "space_type": space}
        said["mappings"]["properties"]["vector"] = {
            "type": "knn_vector",
            "dimension": vector["dimension"],
            "method": method,
        }
    return json.dumps(said).encode()


def _turned_away(proxy: Proxy, client: httpx.Client, target: str, body: bytes) -> tuple[int, bytes]:
    """The first entries are not passed on."""
    lines = body.splitlines(keepends=True)
    with proxy.lock:
        away = min(proxy.faults.turn_away, len(lines) // 2)
        proxy.faults.turn_away -= away
    items = [{"index": {"status": 429, "error": {"type": "es_rejected_execution_exception"}}}] * away
    if rest := b"".join(lines[2 * away :]):
        answer = client.post(target, content=rest, headers={"content-type": "application/json"})
        items += answer.json()["items"]
    return 200, json.dumps({"errors": True, "items": items}).encode()
