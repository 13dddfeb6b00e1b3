"""A web site at wire level: pages with ETags, a sitemap, a robots.txt, and whatever else a test lays there."""

import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.services.certificate import Certificate

HTML = "text/html; charset=utf-8"


@dataclass
class Page:
    body: bytes
    kind: str = HTML
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    etag: bool = True  # it is told, and asked by
    times: int = 0  # that the status holds for, 0: always; then it is 200


@dataclass
class Website:
    """`asked`: every request, with its status."""

    url: str = ""
    pages: dict[str, Page] = field(default_factory=dict)
    asked: list[tuple[str, int]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    takes: float = 0.0  # seconds until it answers
    at_once: int = 0  # the most requests that were under way together

    def write(self, path: str, text: str, *, title: str = "Page", **more: Any) -> None:
        body = (
            f"<html><head><title>{title}</title></head><body><main><h1>{title}</h1><p>{text}</p></main></body></html>"
        )
        self.pages[path] = Page(body.encode(), **more)

    def lay(self, path: str, body: bytes, kind: str = "application/xml", **more: Any) -> None:
        self.pages[path] = Page(body, kind, **more)

    def lists(self, *entries: str | tuple[str, str], path: str = "/sitemap.xml", index: bool = False) -> None:
        """A sitemap of paths, or whole addresses, each alone or with its lastmod."""
        inner, outer = ("sitemap", "sitemapindex") if index else ("url", "urlset")
        self.lay(path, sitemap([self._entry(each) for each in entries], inner, outer))

    def _entry(self, stated: str | tuple[str, str]) -> tuple[str, str]:
        path, changed = (stated, "") if isinstance(stated, str) else stated
        return (self.url + path if path.startswith("/") else path), changed

    def times(self, path: str, status: int = 200) -> int:
        return self.asked.count((path, status))

    def pages_asked(self, status: int | None = None) -> list[str]:
        apart = ("/robots.txt", "/sitemap")
        return [path for path, code in self.asked if not path.startswith(apart) and status in (None, code)]


def sitemap(entries: list[tuple[str, str]], inner: str = "url", outer: str = "urlset") -> bytes:
    from xml.sax.saxutils import escape

    rows = "".join(
        f"<{inner}><loc>{escape(address)}</loc>{f'<lastmod>{changed}</lastmod>' if changed else ''}</{inner}>"
        for address, changed in entries
    )
    name = "http://www.sitemaps.org/schemas/sitemap/0.9"
    return f'<?xml version="1.0" encoding="UTF-8"?><{outer} xmlns="{name}">{rows}</{outer}>'.encode()


@contextmanager
def website(tls: Certificate | None = None) -> Iterator[Website]:
    site, lock, running = Website(), threading.Lock(), [0]

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with lock:
                running[0] += 1
                site.at_once = max(site.at_once, running[0])
            time.sleep(site.takes)
            with lock:  # before it is answered: who has the answer may ask again before this thread goes on
                running[0] -= 1
            self._answer()

        def _answer(self) -> None:
            page = site.pages.get(self.path) or Page(b"Not here.", status=404)
            status, etag = page.status, f'"{sha256(page.body).hexdigest()[:12]}"'
            if page.times:
                page.times -= 1
                page.status = page.status if page.times else 200
            if status == 200 and page.etag and self.headers.get("If-None-Match") == etag:
                status = 304
            site.asked.append((self.path, status))
            site.headers.append({name.lower(): value for name, value in self.headers.items()})
            body = page.body if status != 304 else b""
            self.send_response(status)
            stated = {"Content-Type": page.kind, "Content-Length": str(len(body))} | page.headers
            for name, value in (stated | ({"ETag": etag} if page.etag else {})).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None: ...

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None: ...

    server = Server(("127.0.0.1", 0), Handler)
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tls.authority, tls.key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    site.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, args=[0.05], daemon=True).start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
