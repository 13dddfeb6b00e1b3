import hmac
import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from bot.api.callbacks import Callbacks
from bot.api.callers import Callback
from rag_core.domain import NEVER
from rag_core.errors import RejectedError, UnavailableError
from tests.bot.api.asking import SECRET
from tests.services.certificate import Certificate

BODY = b'{"status":"answered","text":"\xc3\xbc"}'


@dataclass
class Receiver:
    """Somebody's server: what it was sent, and what it says."""

    port: int = 0
    status: int = 204
    location: str = ""
    pause: float = 0.0
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    connections: int = 0

    def url(self, host: str = "127.0.0.1") -> str:
        return f"https://{host}:{self.port}/hook?a=1"


@contextmanager
def receiving(tls: Certificate | None) -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.got.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            time.sleep(receiver.pause)
            self.send_response(receiver.status)
            if receiver.location:
                self.send_header("Location", receiver.location)
            self.end_headers()

        do_GET = do_POST  # noqa: N815

        def log_message(self, *_: Any) -> None: ...

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def get_request(self) -> Any:
            receiver.connections += 1
            return super().get_request()

        def handle_error(self, *_: Any) -> None: ...

    server = Server(("127.0.0.1", 0), Handler)
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tls.authority, tls.key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    receiver.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, args=[0.05], daemon=True).start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def receiver(tls: Certificate) -> Iterator[Receiver]:
    with receiving(tls) as found:
        yield found


@pytest.fixture
def trusting(tls: Certificate) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(tls.authority))


@pytest.fixture
def callbacks(trusting: ssl.SSLContext) -> Callbacks:
    return Callbacks(private=True, context=trusting, clock=lambda: 1_800_000_000.5, timeout=2.0)


def send(callbacks: Callbacks, url: str) -> None:
    callbacks.send(Callback(url, SECRET), BODY, NEVER)


def check(headers: dict[str, str], body: bytes, secret: str, now: float) -> bool:
    """As docs/api.md has it."""
    stamp, given = headers["supportbot-timestamp"], headers["supportbot-signature"]
    wanted = "v1=" + hmac.new(secret.encode(), stamp.encode() + b"." + body, "sha256").hexdigest()
    return abs(now - int(stamp)) <= 300 and hmac.compare_digest(wanted, given)


def test_an_answer_arrives_signed(callbacks: Callbacks, receiver: Receiver) -> None:
    send(callbacks, receiver.url())
    ((path, headers, body),) = receiver.got
    assert (path, body, headers["content-type"]) == ("/hook?a=1", BODY, "application/json")
    assert check(headers, body, SECRET, 1_800_000_100)
    assert not check(headers, body + b" ", SECRET, 1_800_000_100)
    assert not check(headers, body, SECRET + "x", 1_800_000_100)
    assert not check(headers, body, SECRET, 1_800_000_400)
    assert not check(headers | {"supportbot-timestamp": "1800000001"}, body, SECRET, 1_800_000_100)


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 404, 500, 503])
def test_what_is_not_taken_is_tried_again(callbacks: Callbacks, receiver: Receiver, status: int) -> None:
    receiver.status = status
    with pytest.raises(UnavailableError, match=str(status)):
        send(callbacks, receiver.url())


def test_no_redirect_is_followed(callbacks: Callbacks, receiver: Receiver, tls: Certificate) -> None:
    with receiving(tls) as elsewhere:
        receiver.status, receiver.location = 307, elsewhere.url()
        with pytest.raises(UnavailableError):
            send(callbacks, receiver.url())
        assert elsewhere.connections == 0


def test_http_is_never_spoken(callbacks: Callbacks) -> None:
    with receiving(None) as plain:
        with pytest.raises(RejectedError):
            send(callbacks, f"http://127.0.0.1:{plain.port}/")
        with pytest.raises(UnavailableError):
            send(callbacks, plain.url())
        assert plain.got == []


def test_a_stranger_with_another_certificate_gets_nothing(receiver: Receiver) -> None:
    with pytest.raises(UnavailableError, match="SSL"):
        send(Callbacks(private=True), receiver.url())
    assert receiver.got == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "127.1", "0.0.0.0"])  # noqa: S104 - to be refused
def test_this_machine_is_not_called(trusting: ssl.SSLContext, receiver: Receiver, host: str) -> None:
    with pytest.raises(UnavailableError, match=r"not public|no address"):
        send(Callbacks(context=trusting), receiver.url(host))
    assert receiver.connections == 0


@pytest.mark.parametrize(
    "address",
    [
        *("10.0.0.1", "172.16.5.4", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "127.0.0.53"),  # noqa: S104 - to be refused
        *("224.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "240.0.0.1"),
        *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "::ffff:127.0.0.1"),
        *("::127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:7f00:1::", "2001:db8::1"),
    ],
)
def test_a_name_that_leads_inside_is_not_called(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    """The look-up is what is outside; one public address beside a private one does not help."""
    called: list[Any] = []
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, 443)) for each in ("93.184.215.14", address)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    monkeypatch.setattr(socket, "create_connection", lambda *args, **_: called.append(args))
    with pytest.raises(UnavailableError, match="not public"):
        send(Callbacks(), "https://hooks.example.com/")
    assert called == []


def test_the_address_that_was_judged_is_the_one_called(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter(["93.184.215.14", "127.0.0.1"])
    called = []

    def look_up(*_: Any, **__: Any) -> Any:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), 443))]

    def connect(address: tuple[str, int], *_: Any, **__: Any) -> Any:
        called.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(UnavailableError, match="ConnectionRefused"):
        send(Callbacks(), "https://rebinding.example.com/")
    assert called == [("93.184.215.14", 443)]


def test_no_proxy_of_the_environment_comes_between(
    callbacks: Callbacks, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    send(callbacks, receiver.url())
    assert len(receiver.got) == 1


def test_a_slow_receiver_is_left_alone(trusting: ssl.SSLContext, receiver: Receiver) -> None:
    receiver.pause, started = 3.0, time.monotonic()
    with pytest.raises(UnavailableError):
        send(Callbacks(private=True, context=trusting, timeout=0.5), receiver.url())
    assert time.monotonic() - started < 2


def test_a_receiver_that_drips_is_left_alone(trusting: ssl.SSLContext, tls: Certificate) -> None:
    """Each byte comes in time, the answer never."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tls.authority, tls.key)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def drip() -> None:
            plain, _ = listener.accept()
            with context.wrap_socket(plain, server_side=True) as secured:
                for byte in b"HTTP/1.1 200 OK\r\nX: " + b"x" * 40:
                    try:
                        secured.sendall(bytes([byte]))
                    except OSError:
                        return
                    time.sleep(0.1)

        threading.Thread(target=drip, daemon=True).start()
        started = time.monotonic()
        with pytest.raises(UnavailableError):
            send(
                Callbacks(private=True, context=trusting, timeout=0.6),
                f"https://127.0.0.1:{listener.getsockname()[1]}/",
            )
        assert time.monotonic() - started < 2


def test_the_documentation_has_the_same_check() -> None:
    from pathlib import Path

    text = (Path(__file__).parents[3] / "docs" / "api.md").read_text()
    code = text.split("```python\n")[1].split("```")[0]
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102 - our own documentation
    stamp = str(int(time.time()))
    from bot.api.callbacks import signature

    headers = {"Supportbot-Timestamp": stamp, "Supportbot-Signature": f"v1={signature(SECRET, stamp, BODY)}"}
    assert names["genuine"](headers, BODY, SECRET)
    assert not names["genuine"](headers, BODY + b" ", SECRET)
    assert not names["genuine"](headers | {"Supportbot-Timestamp": str(int(stamp) - 400)}, BODY, SECRET)
    assert json.loads(BODY)
