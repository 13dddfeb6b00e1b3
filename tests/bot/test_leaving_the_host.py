"""Addresses that try to leave the allowed host: nothing is looked up or connected to but that host itself."""

import ipaddress
import socket
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.api.callbacks import Callbacks
from bot.api.callers import Callback
from rag_core.backends.sqlite.records import SqliteRecords
from rag_core.backends.web.fetching import Fetcher
from rag_core.backends.web.noting import Notes
from rag_core.backends.web.site import LIMITS, Limits, Site
from rag_core.backends.web.source import WebSource
from rag_core.calling import Patience
from rag_core.domain import NEVER, SourceName
from rag_core.errors import SupportBotError
from tests.bot.api.asking import SECRET
from tests.bot.api.test_callbacks import receiving
from tests.fakes.hostile_urls import PLACES, forms
from tests.fakes.website import Website, sitemap, website
from tests.services.certificate import Certificate

HOST, EVIL = "help.example.com", "evil.example"
QUICK = Limits(pause=0.0, patience=20.0, pages=10_000)
ONCE = Patience(attempts=1, failures=10_000)
PUBLIC = "93.184.215.14"
Where = tuple[str, int]


class Recorder:
    """Every look-up of this machine, and every connection that it tries to make; names mean what `names` says."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.looked_up: list[str] = []
        self.connected: list[Where] = []
        self.names: dict[str, Callable[[], str]] = {}
        self._find, connect = socket.getaddrinfo, socket.socket.connect

        def connecting(sock: socket.socket, address: Any) -> None:
            self.connected.append(tuple(address[:2]))
            if ipaddress.ip_address(address[0]) != ipaddress.ip_address("127.0.0.1"):
                raise ConnectionRefusedError
            connect(sock, address)

        patch.setattr(socket, "getaddrinfo", self._look_up)
        patch.setattr(socket.socket, "connect", connecting)
        patch.setattr(socket.socket, "connect_ex", connecting)

    def _look_up(self, host: str, port: int, *_: Any, **__: Any) -> Any:
        """Numbers in all their forms as this machine understands them; of names only those that are known."""
        if host != "127.0.0.1":  # a connection that is made to it asks so
            self.looked_up.append(host)
        if host in self.names:
            host = self.names[host]()
        return self._find(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    return Recorder(monkeypatch)


@pytest.fixture
def site(recorder: Recorder) -> Iterator[Website]:
    recorder.names[HOST] = lambda: "127.0.0.1"
    with website() as made:
        made.url = made.url.replace("127.0.0.1", HOST)
        yield made


def crawler(site: str, home: Path) -> WebSource:
    where = Site(site)
    fetcher = Fetcher(where, QUICK, private=True, patience=ONCE)
    return WebSource(SourceName("site"), where, Notes(SqliteRecords(home), "site"), limits=QUICK, fetcher=fetcher)


def crawled(source: WebSource) -> int:
    """Reads all that can be."""
    read = 0
    for item in source.items():
        try:
            source.read(item)
            read += 1
        except SupportBotError:
            continue
    return read


def header(form: str) -> str | None:
    """As a server would send it, which cannot send all."""
    return None if set("\r\n\0") & set(form) else form.encode().decode("latin-1")


def test_there_are_enough_of_them() -> None:
    assert len(forms(f"{HOST}:8080", EVIL)) >= 200


class TestWebSource:
    def test_a_sitemap_that_lists_them(self, site: Website, recorder: Recorder, tmp_path: Path) -> None:
        here = site.url.removeprefix("http://")
        listed = [
            form for form in forms(here, EVIL) if not any(ord(each) < 32 and each not in "\t\n\r" for each in form)
        ]
        site.write("/refunds", "Refunds take thirty days.")
        site.lay("/sitemap.xml", sitemap([(form, "") for form in [f"{site.url}/refunds", *listed]]))
        assert crawled(crawler(site.url, tmp_path)) == 1
        assert (set(recorder.looked_up), set(recorder.connected)) == ({HOST}, {("127.0.0.1", port(site))})

    def test_pages_that_redirect_to_them(self, site: Website, recorder: Recorder, tmp_path: Path) -> None:
        targets = [each for form in forms(site.url.removeprefix("http://"), EVIL) if (each := header(form))]
        for number, target in enumerate(targets):
            site.lay(f"/{number}", b"", status=302, headers={"Location": target})
        site.lists(*(f"/{number}" for number in range(len(targets))))
        assert crawled(crawler(site.url, tmp_path)) == 0
        assert len(targets) >= 200
        assert (set(recorder.looked_up), set(recorder.connected)) == ({HOST}, {("127.0.0.1", port(site))})

    def test_sitemaps_and_robots_that_name_them(self, site: Website, recorder: Recorder, tmp_path: Path) -> None:
        for form in forms(site.url.removeprefix("http://"), EVIL):
            if header(form) is None:
                continue
            site.lay("/robots.txt", f"Sitemap: {form}".encode(), "text/plain")
            with pytest.raises(SupportBotError):
                crawler(site.url, tmp_path).pages()
        assert (set(recorder.looked_up), set(recorder.connected)) == ({HOST}, {("127.0.0.1", port(site))})

    def test_a_site_that_is_one_of_them(self, recorder: Recorder) -> None:
        for form in forms(f"{HOST}:8080", EVIL):
            with pytest.raises(SupportBotError):
                Fetcher(Site(form), QUICK, patience=ONCE).get("/", most=1000)
        assert recorder.connected == []

    def test_a_name_that_changes_its_mind(self, recorder: Recorder) -> None:
        answers = iter([PUBLIC, "127.0.0.1", "169.254.169.254", PUBLIC, "::1"])
        recorder.names[HOST] = lambda: next(answers)
        fetcher = Fetcher(Site(f"https://{HOST}"), LIMITS, patience=ONCE, sleep=lambda _: None)
        for _ in range(5):
            with pytest.raises(SupportBotError):
                fetcher.get("/", most=1000)
        assert recorder.connected == [(PUBLIC, 443)] * 2


class TestCallback:
    def test_a_receiver_that_redirects_to_them(self, recorder: Recorder, tls: Certificate) -> None:
        recorder.names["localhost"] = lambda: "127.0.0.1"
        trusting = ssl.create_default_context(cafile=str(tls.authority))
        callbacks = Callbacks(private=True, context=trusting, timeout=20.0)
        with receiving(tls) as receiver:
            receiver.status = 307
            to, sent = Callback(receiver.url("localhost"), SECRET), 0
            for form in forms(f"localhost:{receiver.port}", EVIL):
                if (target := header(form)) is None:
                    continue
                receiver.location = target
                with pytest.raises(SupportBotError):
                    callbacks.send(to, b"{}", NEVER)
                sent += 1
        assert sent >= 200
        assert recorder.connected == [("127.0.0.1", receiver.port)] * sent
        assert set(recorder.looked_up) == {"localhost"}

    def test_a_callback_that_leads_inside(self, recorder: Recorder) -> None:
        callbacks = Callbacks()
        for place in PLACES.split("|"):
            with pytest.raises(SupportBotError):
                callbacks.send(Callback(f"https://{place}/hook", SECRET), b"{}", NEVER)
        assert recorder.connected == []

    def test_a_name_that_changes_its_mind(self, recorder: Recorder) -> None:
        answers = iter([PUBLIC, "127.0.0.1", "169.254.169.254"])
        recorder.names[HOST] = lambda: next(answers)
        for _ in range(3):
            with pytest.raises(SupportBotError):
                Callbacks().send(Callback(f"https://{HOST}/hook", SECRET), b"{}", NEVER)
        assert recorder.connected == [(PUBLIC, 443)]


def port(site: Website) -> int:
    return int(site.url.rpartition(":")[2])
