"""Who may call: OAuth tokens by client credentials, which expire, and an API token by basic authentication."""

import base64
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from bot.local.account.exchanging import RefusalError, Request, Response

EXPIRED = "The access token provided is expired, revoked, malformed or invalid for other reasons."


@dataclass(slots=True)
class Issued:
    """A token that opens."""

    until: float
    scopes: frozenset[str]


class Authority:
    """Issues tokens and knows them; all act as the user `by`."""

    def __init__(self, clock: Callable[[], float], by: int) -> None:
        self.client_id, self.client_secret = "supportbot", f"secret-{secrets.token_hex(8)}"
        self.email, self.token = "bot@example.com", f"token-{secrets.token_hex(8)}"
        self.lifetime = 1800.0
        self.scopes = frozenset({"read", "write"})  # that the client may ask for
        self.issued: dict[str, Issued] = {}
        self._clock, self._by = clock, by

    def issue(self, request: Request) -> Response:
        stated = request.content()
        if (stated.get("client_id"), stated.get("client_secret")) != (self.client_id, self.client_secret):
            raise RefusalError(401, {"error": "invalid_client", "error_description": "Client authentication failed."})
        if stated.get("grant_type") != "client_credentials":
            raise RefusalError(400, {"error": "unsupported_grant_type", "error_description": "Not supported."})
        scopes = frozenset(str(stated.get("scope", "")).split())
        if not scopes or not scopes <= self.scopes:
            raise RefusalError(400, {"error": "invalid_scope", "error_description": "The scope is invalid."})
        token = secrets.token_hex(32)
        self.issued[token] = Issued(self._clock() + self.lifetime, scopes)
        told = {"token_type": "bearer", "scope": " ".join(sorted(scopes)), "expires_in": int(self.lifetime)}
        return Response(200, {"access_token": token, **told})

    def revoke(self) -> None:
        """All tokens, as when an admin removes them."""
        self.issued.clear()

    def check(self, request: Request) -> int:
        """The user's id. Raises RefusalError."""
        scheme, _, value = request.headers.get("Authorization", "").partition(" ")
        basic = base64.b64encode(f"{self.email}/token:{self.token}".encode()).decode()
        if scheme == "Basic" and value == basic:
            return self._by
        issued = self.issued.get(value) if scheme == "Bearer" else None
        if issued is None or issued.until <= self._clock():
            told = {"error": "invalid_token", "error_description": EXPIRED}
            raise RefusalError(401, told if scheme == "Bearer" else {"error": "Couldn't authenticate you"})
        if ("read" if request.method == "GET" else "write") not in issued.scopes:
            raise RefusalError(403, {"error": {"title": "Forbidden", "message": "Insufficient scope"}})
        return self._by
