"""HTTP/1.1 over asyncio, as little of it as boto3 speaks.

Raw writes from callbacks and no task for a connection: 500 streams are to cost the fake little.
"""

import asyncio
import socket
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from tests.fakes.bedrock.ticking import Ticker

_NO_LINGER = struct.pack("ii", 1, 0)


@dataclass(frozen=True, slots=True)
class Incoming:
    method: str
    path: str  # still percent-encoded
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


class Connection(asyncio.Protocol):
    """One connection: reads request after request, has each answered before it reads the next."""

    def __init__(
        self, serve: Callable[[Incoming, "Connection"], None], others: set["Connection"], ticker: Ticker
    ) -> None:
        self.ticker = ticker
        self.closed = False
        self.lost: Callable[[], None] | None = None  # called once if the connection ends before its answer does
        self.loop = asyncio.get_running_loop()
        self._serve = serve
        self._others = others
        self._buffer = bytearray()
        self._busy = False
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._others.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = True
        self._others.discard(self)
        if self.lost is not None:
            self.lost()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._busy:
            self._read()

    def _read(self) -> None:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0 or self.closed:
            return
        first, *lines = self._buffer[:end].decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in lines)
        headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        size = int(headers.get("content-length", 0))
        if len(self._buffer) < end + 4 + size:
            if headers.get("expect", "").lower() == "100-continue" and len(self._buffer) == end + 4:
                self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            return
        body = bytes(self._buffer[end + 4 : end + 4 + size])
        del self._buffer[: end + 4 + size]
        method, target, _ = first.split(" ", 2)
        path, _, query = target.partition("?")
        self._busy = True
        self._serve(Incoming(method, path, dict(parse_qsl(query)), headers, body), self)

    def answer(self, status: int, headers: Mapping[str, str], body: bytes, *, claimed: int | None = None) -> None:
        """A whole answer; `claimed` is the Content-Length when it is to be a lie."""
        self._head(status, {**headers, "Content-Length": str(len(body) if claimed is None else claimed)}, body)
        if claimed is None:
            self._done()

    def begin(self, headers: Mapping[str, str]) -> None:
        self._head(200, {**headers, "Transfer-Encoding": "chunked"})

    def send(self, data: bytes) -> None:
        if not self.closed:
            self._transport.write(b"%x\r\n%b\r\n" % (len(data), data))

    def end(self) -> None:
        if not self.closed:
            self._transport.write(b"0\r\n\r\n")
        self._done()

    def reset(self) -> None:
        """Break it with RST, as a peer that died does."""
        if not self.closed:
            opened: socket.socket = self._transport.get_extra_info("socket")
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
            self._transport.abort()

    def close(self) -> None:
        """End it with FIN, once everything is sent."""
        if not self.closed:
            self._transport.close()

    def _head(self, status: int, headers: Mapping[str, str], body: bytes = b"") -> None:
        if not self.closed:
            lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", *(f"{n}: {v}" for n, v in headers.items())]
            self._transport.write("\r\n".join([*lines, "", ""]).encode("latin-1") + body)

    def _done(self) -> None:
        self.lost = None
        self._busy = False
        if self._buffer:
            self.loop.call_soon(self._read)
