import threading
from collections.abc import Callable, Iterator

import pytest
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode import SocketModeClient
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from bot.local.workspace.nouns import Channel, User
from bot.local.workspace.workspace import Workspace


class Listener:
    """A Socket Mode app that acknowledges everything with what `answer` makes of it."""

    def __init__(self, slack: Workspace) -> None:
        self.requests: list[SocketModeRequest] = []
        self.answer: Callable[[SocketModeRequest], dict[str, object] | None] = lambda _: None
        self.silent = 0  # requests that get no acknowledgement
        web = WebClient(base_url=slack.url)
        self.client = SocketModeClient(app_token=slack.app.app_token, web_client=web)
        self.client.socket_mode_request_listeners.append(self._on_request)
        self._lock = threading.Lock()

    def _on_request(self, client: BaseSocketModeClient, request: SocketModeRequest) -> None:
        with self._lock:
            self.requests.append(request)
            if self.silent:
                self.silent -= 1
                return
        client.send_socket_mode_response(SocketModeResponse(request.envelope_id, self.answer(request)))


@pytest.fixture
def listener(slack: Workspace) -> Iterator[Listener]:
    listener = Listener(slack)
    slack.use_sockets()
    listener.client.connect()
    assert slack.sockets.await_connected(5)
    yield listener
    listener.client.close()


def test_events_come_in_envelopes_and_are_acknowledged(
    slack: Workspace, listener: Listener, help_: Channel, ada: User
) -> None:
    slack.say(help_, ada, f"<@{slack.bot.id}> how?")
    assert [request.type for request in listener.requests] == ["events_api"] * 2
    assert [request.payload["event"]["type"] for request in listener.requests] == ["app_mention", "message"]
    assert listener.requests[0].accepts_response_payload is False
    assert [parcel.replies[0].status for parcel in slack.parcels()] == [200, 200]


def test_an_acknowledgement_answers_a_command(slack: Workspace, listener: Listener, help_: Channel, ada: User) -> None:
    listener.answer = lambda request: {"text": f"You said {request.payload['text']}"}
    slack.command(ada, help_, "/support", "hm")
    assert listener.requests[0].type == "slash_commands"
    assert [message.text for message in slack.whispers(ada)] == ["You said hm"]


def test_what_is_not_acknowledged_comes_again() -> None:
    with Workspace(patience=0.2) as slack:
        ada = slack.add_person("Ada")
        channel = slack.add_channel("help", ada)
        listener = Listener(slack)
        slack.use_sockets()
        listener.client.connect()
        assert slack.sockets.await_connected(5)
        listener.silent = 1
        slack.say(channel, ada, "how?")
        assert slack.settle()
        assert [request.retry_attempt for request in listener.requests] == [0, 1]
        assert len({request.payload["event_id"] for request in listener.requests}) == 1
        listener.client.close()


def test_a_dismissed_connection_comes_back(slack: Workspace, listener: Listener, help_: Channel, ada: User) -> None:
    slack.sockets.disconnect()
    assert slack.sockets.await_connected(10)
    slack.say(help_, ada, "how?")
    assert slack.settle()
    assert "how?" in [request.payload["event"]["text"] for request in listener.requests]


def test_only_the_app_s_own_token_opens_a_connection(slack: Workspace) -> None:
    web = WebClient(base_url=slack.url)
    for token, error in (("xapp-made-up", "invalid_auth"), (slack.token, "not_allowed_token_type")):
        with pytest.raises(SlackApiError, match=error):
            web.apps_connections_open(app_token=token)
    assert slack.sockets.connected == 0


def test_bolt_s_socket_mode_works_with_it(slack: Workspace, client: WebClient, help_: Channel, ada: User) -> None:
    app = App(client=client, token_verification_enabled=False)

    @app.event("app_mention")
    def _mentioned(event: dict[str, str], client: WebClient) -> None:
        client.chat_postMessage(channel=event["channel"], thread_ts=event["ts"], text="So.")

    @app.event("message")
    def _said() -> None:
        pass

    web = WebClient(base_url=slack.url)
    handler = SocketModeHandler(app, slack.app.app_token, web_client=web)
    slack.use_sockets()
    handler.connect()  # type: ignore[no-untyped-call]  # as published
    assert slack.sockets.await_connected(5)
    question = slack.say(help_, ada, f"<@{slack.bot.id}> how?")
    assert slack.wait_for(lambda: bool(slack.thread(question)))
    handler.close()  # type: ignore[no-untyped-call]
