"""Zendesk's proxy for an app's requests: signs the token with a setting that the browser never has, and passes on.

Only hosts that the app's manifest names are called, and a setting is put where its scopes allow it: ours has one, the
key of the token.
"""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import jwt

from bot.api.errors import RefusedError, problem
from bot.api.extending import Asked, Extra
from bot.api.limiting import within
from rag_core.domain import Deadline

SETTING = re.compile(r"\{\{setting\.(\w+)\}\}")
PARAMETER = re.compile(r"<(\w+)>")
TOKEN = "{{jwt.token}}"  # noqa: S105 - where it is to be put
METHODS = ("GET", "POST", "PUT", "DELETE")


@dataclass(frozen=True, slots=True)
class Sent:
    """A request as it leaves the proxy."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Got:
    """The response to it."""

    status: int
    body: str


Send = Callable[[Sent], Got]


class Proxy:
    """Of one installation. `settings`: those that were given to it, secure ones among them."""

    def __init__(self, settings: Mapping[str, str], hosts: frozenset[str], send: Send) -> None:
        self._settings, self._hosts, self._send = settings, hosts, send

    def request(self, options: Mapping[str, Any]) -> Got:
        """What `client.request(options)` leads to."""
        method, address = str(options.get("type", "GET")).upper(), urlsplit(str(options.get("url", "")))
        if address.scheme != "https" or address.hostname not in self._hosts or method not in METHODS:
            return Got(403, '{"error": "the manifest does not name this host, or it is not called so"}')
        token = self._token(options.get("jwt")) if options.get("secure") else ""
        headers = {str(name): str(value).replace(TOKEN, token) for name, value in options.get("headers", {}).items()}
        headers["Content-Type"] = str(options.get("contentType", "application/x-www-form-urlencoded"))
        return self._send(Sent(method, address.geturl(), headers, str(options.get("data", "")).encode()))

    def _token(self, asked: Any) -> str:
        if not isinstance(asked, Mapping):
            return ""
        now = int(time.time())
        claims = {**asked.get("claims", {}), "iat": now, "exp": now + int(asked.get("expiry", 60))}
        key = SETTING.sub(lambda found: self._settings.get(found[1], ""), str(asked.get("secret_key", "")))
        return jwt.encode(claims, key, str(asked.get("algorithm", "HS256")))


class Endpoints:
    """Routes of the query API's function in this process, which needs neither API Gateway nor Powertools here."""

    def __init__(self, extras: list[Extra], seconds: float) -> None:
        self._seconds = seconds
        self._routes = [(extra, re.compile(PARAMETER.sub(r"(?P<\1>[^/]+)", extra.path))) for extra in extras]

    def send(self, sent: Sent) -> Got:
        path = urlsplit(sent.url).path
        for extra, pattern in self._routes:
            if extra.method == sent.method and (found := pattern.fullmatch(path)):
                return self._answered(extra, sent, found.groupdict())
        return self._problem(RefusedError(404, "not_found", "there is no such endpoint"))  # type: ignore[arg-type]

    def _answered(self, extra: Extra, sent: Sent, named: dict[str, str]) -> Got:
        deadline = Deadline.within(self._seconds)
        asked = Asked(sent.method, {}, dict(sent.headers), sent.body, deadline, named)
        try:
            reply = within(deadline, lambda: extra.endpoint(asked))
        except Exception as error:  # noqa: BLE001 - as the function does it: told in its own JSON
            return self._problem(error)
        return Got(reply.status, reply.body)

    def _problem(self, error: Exception) -> Got:
        found = problem(error)
        return Got(int(found.status), found.body("this machine").decode())
