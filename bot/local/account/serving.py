"""The listening socket, and what faults do to a connection."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from bot.local.account.exchanging import Request, Response
from bot.local.account.faults import Fault, Kind

if TYPE_CHECKING:
    from bot.local.account.account import Account

BEFORE = {Kind.LIMIT, Kind.FAIL, Kind.REFUSE}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing: a client that has gone is what some tests are about."""


class Serving:
    """Opens a port on 127.0.0.1 and closes it with every connection on it."""

    def __init__(self, zendesk: "Account") -> None:
        self._zendesk = zendesk
        self._server: _Server | None = None
        self.port = 0

    def open(self) -> None:
        self._server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"zendesk": self._zendesk}))
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    zendesk: "Account"
    protocol_version = "HTTP/1.1"
    timeout = 5.0  # seconds that a quiet connection is kept
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name in the library
        """Nothing: `requests` has it all."""

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_PUT = do_DELETE = do_PATCH = do_GET  # noqa: N815 - their names in the library

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = Request(self.command, self.path, {name.title(): value for name, value in self.headers.items()}, body)
        fault = self.zendesk.faults.take(self.zendesk.operation(request))
        if fault and fault.kind in BEFORE:
            self._fail(fault)
            return
        response = self.zendesk.answer(request)
        self._give(response, fault)

    def _fail(self, fault: Fault) -> None:
        if fault.kind is Kind.REFUSE:
            self.close_connection = True
        elif fault.kind is Kind.LIMIT:
            told = {"error": "TooManyRequests", "description": "Too many requests"}
            self._write(Response(429, told, {"Retry-After": f"{fault.value:g}"}))
        else:
            self._write(Response(int(fault.value or 500), "<html><body>Something went wrong</body></html>"))

    def _give(self, response: Response, fault: Fault | None) -> None:
        kind = fault.kind if fault else None
        if fault and kind is Kind.STALL:
            self.zendesk.wait(fault.value)
        if kind is Kind.LOSE:
            self.close_connection = True
        elif fault and kind is Kind.SPOIL:
            self._write(Response(int(fault.value or 502), "<html><body>Bad gateway</body></html>"))
        else:
            self._write(response, half=kind is Kind.HALF)

    def _write(self, response: Response, *, half: bool = False) -> None:
        body = response.body
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", response.kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if half else body)
        self.close_connection = self.close_connection or half
