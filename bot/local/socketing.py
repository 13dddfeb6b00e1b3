"""Slack by Socket Mode: envelopes in over a WebSocket that we open, so that a laptop needs no address of its own.

An envelope is acknowledged once its job is on the queue; one that is not comes again.
"""

import logging
from json import JSONDecodeError
from typing import Self

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.socket_mode import SocketModeClient
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from bot.observability import Telemetry
from integrations.slack.ingress import Desk, Taken
from integrations.slack.opening import CODE
from integrations.slack.silencing import quiet, wordless
from rag_core.errors import MisconfiguredError, RejectedError, UnavailableError

WRONG = {
    "invalid_auth": "it is not valid, or of a deleted app",
    "not_authed": "it is missing",
    "token_revoked": "it was revoked",
    "token_expired": "it has expired",
    "account_inactive": "it belongs to a removed app or workspace",
    "not_allowed_token_type": "it is of another kind: an app-level token begins with xapp-, a bot's with xoxb-",
    "missing_scope": "it has not the scope that is needed: an app-level token needs connections:write",
    "socket_mode_not_enabled": "Socket Mode is off for this app: switch it on under Settings > Socket Mode",
}


class Socket:
    """A context manager, connected while it lasts; it connects again by itself."""

    def __init__(self, app_token: str, desk: Desk, telemetry: Telemetry, url: str) -> None:
        self._desk, self._telemetry, self._url = desk, telemetry, url
        self._logger = wordless("socket")
        self._client = SocketModeClient(app_token, web_client=_client(url), logger=self._logger)
        self._client.socket_mode_request_listeners.append(self.received)

    def __enter__(self) -> Self:
        """Raises MisconfiguredError for a token that Slack does not take, UnavailableError where that is not there."""
        self._logger.setLevel(logging.WARNING)
        try:
            with told("SLACK_APP_TOKEN", self._url):
                self._client.connect()
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._logger.setLevel(logging.CRITICAL)  # the envelope that is cut amid is an error to the SDK; it comes again
        self._close()

    def _close(self) -> None:
        """What reads a session unsays, as it begins, that it was told to end, and the SDK's `close` waits for it.

        slack_sdk 3.47, `_run_current_session`: so it is told until it has ended.
        """
        client, reading = self._client, self._client.current_session_runner
        reading.event.set()  # no other session is begun
        client.auto_reconnect_enabled = False
        client.disconnect()
        while reading.is_alive():
            client.current_session_state.terminated = True
            reading.thread.join(0.05)
        client.close()

    def received(self, client: BaseSocketModeClient, request: SocketModeRequest) -> None:
        try:
            taken = self._taken(request)
            answer = dict(taken.answer) if request.accepts_response_payload and taken.answer else None
            client.send_socket_mode_response(SocketModeResponse(request.envelope_id, answer))
        except UnavailableError as error:  # no acknowledgement: Slack sends it again
            self._telemetry.failed("not taken", error, code="queue")
        except (SlackClientError, OSError) as error:  # neither: the connection is being replaced
            self._telemetry.failed("not acknowledged", error, code="connection")
        except Exception as error:  # noqa: BLE001 - the SDK would log it with all that it holds
            self._telemetry.failed("not taken", error, code="internal")

    def _taken(self, request: SocketModeRequest) -> Taken:
        try:
            taken = self._desk.receive(request.payload)
        except RejectedError as error:  # acknowledged: it would be rejected each time
            self._telemetry.failed("not taken", error, code="malformed")
            return Taken()
        if taken.error is not None:
            self._telemetry.failed("not opened", taken.error, code="not_opened")
        return taken


class told:  # noqa: N801 - reads as what it does: `with told(...)`
    """What Slack or the network says of a token, with what to do about it."""

    def __init__(self, name: str, url: str) -> None:
        self._name, self._url = name, url

    def __enter__(self) -> None: ...

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, SlackApiError):
            code = str(error.response.get("error", ""))
            if code in WRONG:
                raise MisconfiguredError(f"Slack does not take SUPPORTBOT_{self._name}: {WRONG[code]}") from error
            code = code if CODE.fullmatch(code) else "it does not say why"  # the SDK puts a cut response here
            raise UnavailableError(f"Slack refused to connect ({code}): try again") from None
        if isinstance(error, SlackClientError | OSError | JSONDecodeError):
            raise UnavailableError(f"Slack cannot be reached at {self._url} ({type(error).__name__})") from error


def identity(bot_token: str, url: str) -> dict[str, str]:
    """Who the token is: `user`, `team`, `team_id`, `url`, `scopes`. Raises MisconfiguredError, UnavailableError."""
    with told("SLACK_BOT_TOKEN", url):
        found = _client(url, bot_token).auth_test()
        headers = {name.lower(): str(value) for name, value in found.headers.items()}
        return {name: str(found.get(name) or "") for name in ("user", "team", "team_id", "url")} | {
            "scopes": headers.get("x-oauth-scopes", "")
        }
    raise AssertionError("it has returned or raised")


def may_connect(app_token: str, url: str) -> None:
    """Raises MisconfiguredError, UnavailableError."""
    with told("SLACK_APP_TOKEN", url):
        _client(url).apps_connections_open(app_token=app_token)


def _client(url: str, token: str | None = None) -> WebClient:
    return WebClient(token, base_url=url, timeout=10, logger=quiet())
