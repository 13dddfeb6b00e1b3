"""A response that breaks off is in no log: it may hold a token, or what a customer wrote."""

import logging
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bot.local.socketing import identity, may_connect
from integrations.slack.calling import LostError, Slack
from integrations.slack.identifying import FixedInstallation, Identities
from integrations.slack.renewing import OAuthApp
from integrations.slack.silencing import quiet, wordless
from rag_core.errors import UnavailableError

CUT = b'{"ok":true,"access_token":"xoxb-CANARY","messages":[{"text":"my password is CANARY, and my na'


class Cutting(BaseHTTPRequestHandler):
    """Answers whatever it is asked with half a response."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(CUT[1:] if self.path.startswith("/rest") else CUT)

    do_GET = do_POST  # noqa: N815 - the server's own name

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing."""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Cutting)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    yield f"http://127.0.0.1:{server.server_port}/api/"
    server.shutdown()
    serving.join()
    server.server_close()


def _exchanged(url: str) -> None:
    slack = OAuthApp("1", "s", url).slack()
    slack.once(slack.client.oauth_v2_access, client_id="1", client_secret="s", code="c")


def _read(url: str) -> None:
    slack: Slack = OAuthApp("1", "s", url).slack("xoxb-1")
    slack.once(slack.client.conversations_replies, channel="C1", ts="1.1")


def _identified(url: str) -> None:
    Identities(FixedInstallation("xoxb-1"), url).of("T1", None)


def _told(url: str) -> None:
    identity("xoxb-1", url)


def _connected(url: str) -> None:
    may_connect("xapp-1", url)


@pytest.mark.parametrize("call", [_exchanged, _read, _identified, _told, _connected])
@pytest.mark.parametrize("path", ["/api/", "/rest/api/"])  # its beginning, its end
def test_half_a_response_is_neither_logged_nor_quoted(
    url: str, path: str, call: Callable[[str], None], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(UnavailableError) as caught:
        call(url.replace("/api/", path))
    assert "CANARY" not in caplog.text + str(caught.value)
    assert call in (_told, _connected) or isinstance(caught.value, LostError)


def test_what_the_socket_has_trouble_with_is_said_without_its_words(url: str, caplog: pytest.LogCaptureFixture) -> None:
    from slack_sdk import WebClient
    from slack_sdk.socket_mode import SocketModeClient

    caplog.set_level(logging.DEBUG)
    for _ in range(2):  # a second one finds the logger as the first one left it
        logger = wordless("socket")
        web = WebClient(base_url=url, retry_handlers=[], logger=quiet())
        client = SocketModeClient("xapp-1", web_client=web, logger=logger)
        with pytest.raises(Exception, match="CANARY"):  # as it comes from the SDK
            client.issue_new_wss_url()
        client.close()
    try:
        raise ValueError("CANARY")
    except ValueError:
        logger.exception("Failed to process a message: CANARY")
    ours = [record for record in caplog.records if record.name.startswith("supportbot.slack")]
    assert "CANARY" not in caplog.text
    assert "issue_new_wss_url" in ours[0].getMessage()
    assert "ValueError" in ours[-1].getMessage()
    assert len(logger.filters) == 1
