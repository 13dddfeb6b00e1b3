"""One call of AWS's JSON protocol, signed by hand: Signature Version 4 over what is sent, and nothing else.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hmac
import json
import ssl
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit
from weakref import finalize

from rag_core.errors import MisconfiguredError, RejectedError, SupportBotError, UnavailableError

IDLE = 5.0  # seconds after which an open connection is not trusted: its other end may have closed it meanwhile
TEMPORARY = ("throttl", "overlimit", "timeout", "internal", "unavailable")
OF_THE_INPUT = ("invalidmessagecontents", "invalidparametervalue", "messagetoolong", "batchrequesttoolong")


@dataclass(frozen=True, slots=True)
class Credentials:
    """As Lambda gives them to a function."""

    key: str
    secret: str = field(repr=False)
    token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Service:
    """Which service, and how it is reached; `target` stands before the names of its actions."""

    title: str  # for a person
    name: str
    target: str
    version: str  # of the JSON protocol
    region: str
    url: str


class Calls:
    """Calls of one service; safe to share between threads."""

    def __init__(
        self, service: Service, credentials: Credentials, *, clock: Callable[[], float] = time.time, idle: float = IDLE
    ) -> None:
        self._service, self._credentials, self._clock, self._idle = service, credentials, clock, idle
        self._address = urlsplit(service.url)
        self._open: deque[tuple[float, HTTPConnection]] = deque()
        finalize(self, _close, self._open)

    def call(self, action: str, given: Mapping[str, Any], timeout: float) -> dict[str, Any]:
        """Raises UnavailableError, RejectedError, MisconfiguredError."""
        body = json.dumps(given, ensure_ascii=False).encode()
        connection = self._connection(timeout)
        try:
            connection.request("POST", "/", body, self._headers(action, body))
            response = connection.getresponse()
            status, answer = response.status, response.read()
        except (OSError, HTTPException) as error:
            connection.close()
            raise UnavailableError(f"{self._service.title} cannot be reached ({type(error).__name__})") from error
        self._open.append((time.monotonic(), connection))
        return self._read(status, answer)

    def close(self) -> None:
        """Its connections; it may be called again."""
        _close(self._open)

    def _connection(self, timeout: float) -> HTTPConnection:
        while self._open:
            used, connection = self._open.pop()
            if connection.sock is not None and time.monotonic() - used < self._idle:
                connection.sock.settimeout(timeout)
                return connection
            connection.close()
        host = self._address.hostname or ""
        if self._address.scheme == "https":
            return HTTPSConnection(host, self._address.port, timeout=timeout, context=self._context)
        return HTTPConnection(host, self._address.port, timeout=timeout)

    @cached_property
    def _context(self) -> ssl.SSLContext:
        return ssl.create_default_context()

    def _headers(self, action: str, body: bytes) -> dict[str, str]:
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(self._clock()))
        signed = {
            "content-type": f"application/x-amz-json-{self._service.version}",
            "host": self._address.netloc.rpartition("@")[2],
            "x-amz-date": stamp,
            **({"x-amz-security-token": self._credentials.token} if self._credentials.token else {}),
            "x-amz-target": f"{self._service.target}.{action}",
        }
        return signed | {"authorization": self._authorization(signed, body, stamp)}

    def _authorization(self, signed: Mapping[str, str], body: bytes, stamp: str) -> str:
        names = ";".join(signed)  # in the order of the alphabet
        lines = "".join(f"{name}:{value}\n" for name, value in signed.items())
        request = f"POST\n/\n\n{lines}\n{names}\n{sha256(body).hexdigest()}"
        scope = f"{stamp[:8]}/{self._service.region}/{self._service.name}/aws4_request"
        key = f"AWS4{self._credentials.secret}".encode()
        for part in scope.split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{sha256(request.encode()).hexdigest()}"
        signature = hmac.new(key, text.encode(), "sha256").hexdigest()
        return (
            f"AWS4-HMAC-SHA256 Credential={self._credentials.key}/{scope}, SignedHeaders={names}, Signature={signature}"
        )

    def _read(self, status: int, answer: bytes) -> dict[str, Any]:
        try:
            found = json.loads(answer)
            if not isinstance(found, dict):
                raise TypeError
        except (ValueError, TypeError):
            if status < 500:
                raise UnavailableError(f"{self._service.title} sent half an answer: try again") from None
            found = {}
        if status < 300:
            return found
        raise self._refusal(status, str(found.get("__type", "")).rpartition("#")[2] or f"status {status}")

    def _refusal(self, status: int, code: str) -> SupportBotError:
        known = code.lower()
        if status >= 500 or status == 429 or any(part in known for part in TEMPORARY):
            return UnavailableError(f"{self._service.title} is busy ({code}): try again")
        if known in OF_THE_INPUT:
            return RejectedError(f"{self._service.title} refused what was sent ({code})")
        return MisconfiguredError(f"{self._service.title} may not be used ({code})")


def _close(connections: deque[tuple[float, HTTPConnection]]) -> None:
    while connections:
        connections.pop()[1].close()
