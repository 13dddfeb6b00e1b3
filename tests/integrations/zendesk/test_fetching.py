"""A file that came with a comment: from the account, or from where it keeps files, and from nowhere else."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from integrations.zendesk.addressing import Site
from integrations.zendesk.client import Zendesk
from integrations.zendesk.fetching import fetched
from rag_core.domain import Deadline
from rag_core.errors import RejectedError, SupportBotError, UnavailableError
from tests.integrations.zendesk.office import Office


@pytest.fixture
def elsewhere() -> Iterator[HTTPServer]:
    """Sends on to where its path says, and keeps what it was asked with."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.seen.append(self.headers.get("Authorization"))  # type: ignore[attr-defined]
            self.send_response(302)
            self.send_header("Location", self.path.removeprefix("/to/"))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.seen = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def get(client: Zendesk, url: str, most: int = 50_000) -> bytes:
    return client.file(url, Deadline.within(5), most=most)


def test_a_file_of_the_accounts_is_read_with_the_sign_in(here: Office) -> None:
    file = here.zendesk.desk.attach(here.write().comments[0], "a.log", b"E1", here.zendesk.url)
    assert get(here.client, file["content_url"]) == b"E1"


def test_more_than_is_wanted_is_refused(here: Office) -> None:
    file = here.zendesk.desk.attach(here.write().comments[0], "a.log", b"x" * 60_000, here.zendesk.url)
    with pytest.raises(RejectedError):
        get(here.client, file["content_url"])


def test_another_host_is_never_asked(here: Office, elsewhere: HTTPServer) -> None:
    with pytest.raises(RejectedError):
        get(here.client, f"http://127.0.0.1:{elsewhere.server_port}/to/x")
    assert elsewhere.seen == []  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "onward",
    [
        "http://127.0.0.1:1/x",
        "http://p1.zdusercontent.com/x",
        "https://zdusercontent.com.evil.example/x",
        "file:///etc",
    ],
)
def test_it_is_sent_on_to_zendesks_own_keeping_alone(elsewhere: HTTPServer, onward: str) -> None:
    site = Site.of("", f"http://127.0.0.1:{elsewhere.server_port}")
    with pytest.raises(RejectedError, match=r"not Zendesk's"):
        fetched(site, f"{site.url}/to/{onward}", "Bearer t", Deadline.within(5), 100)
    assert elsewhere.seen == ["Bearer t"]  # type: ignore[attr-defined]


def test_what_is_gone_or_late_is_an_error_of_ours(here: Office) -> None:
    with pytest.raises(SupportBotError):
        get(here.client, f"{here.zendesk.url}/attachments/token/999/")
    with pytest.raises(UnavailableError):
        here.client.file(f"{here.zendesk.url}/x", Deadline.within(0), most=1)
