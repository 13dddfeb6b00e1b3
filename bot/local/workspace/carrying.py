"""The ways to an app: a function of this process, or its request URL."""

import http.client
from collections.abc import Callable, Mapping
from typing import Protocol
from urllib.parse import urlsplit

from bot.local.workspace.parcels import Parcel, Reply, Retry, request

PATIENCE = 3.0  # seconds Slack waits for an answer

Deliver = Callable[[Mapping[str, str], bytes], tuple[int, bytes]]


class Carrier(Protocol):
    """Brings one parcel to the app and its answer back; a failure is a reply with its reason, never an exception."""

    def carry(self, parcel: Parcel, retry: Retry | None) -> Reply: ...


class InProcess:
    """Calls the app as a function, with the headers and the body a request would have."""

    def __init__(self, deliver: Deliver, secret: str) -> None:
        self._deliver, self._secret = deliver, secret

    def carry(self, parcel: Parcel, retry: Retry | None) -> Reply:
        status, body = self._deliver(*request(parcel, self._secret, retry))
        return Reply(status, body, reason="" if 200 <= status < 300 else "http_error")


class OverHttp:
    """Posts to a request URL on this machine."""

    def __init__(self, url: str, secret: str, patience: float = PATIENCE) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port or 80
        self._path = parts.path + (f"?{parts.query}" if parts.query else "")
        self._secret, self._patience = secret, patience

    def carry(self, parcel: Parcel, retry: Retry | None) -> Reply:
        headers, body = request(parcel, self._secret, retry)
        connection = http.client.HTTPConnection(self._host, self._port, timeout=self._patience)
        try:
            connection.request("POST", self._path or "/", body, dict(headers))
            answer = connection.getresponse()
            content = answer.read()
        except TimeoutError:
            return Reply(0, reason="http_timeout")
        except (OSError, http.client.HTTPException):
            return Reply(0, reason="connection_failed")
        finally:
            connection.close()
        accepted = 200 <= answer.status < 300
        no_retry = answer.headers.get("X-Slack-No-Retry") == "1"
        return Reply(answer.status, content, no_retry, "" if accepted else "http_error")
