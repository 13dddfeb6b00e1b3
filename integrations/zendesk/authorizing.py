"""How it signs in: OAuth client credentials, or an API token while those last.

API tokens can no longer be made and end on 2027-04-30. An OAuth token is renewed early: no request meets its end.
"""

import base64
import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

from integrations.zendesk.addressing import Site
from integrations.zendesk.refusing import code_of, translated
from rag_core.domain import Deadline
from rag_core.errors import MisconfiguredError, SupportBotError, UnavailableError

SCOPE = "read write"
SHORTEST = 300.0  # seconds that a token lasts, where Zendesk does not say how long
EARLY = 0.8  # of its life, after which it is renewed
PATIENCE = (3.05, 10.0)  # seconds to connect, and between two pieces of a response


class Access(Protocol):
    """What a request signs in with; safe to share between threads."""

    def header(self, deadline: Deadline) -> str:
        """Raises MisconfiguredError, UnavailableError."""

    def refused(self, header: str) -> bool:
        """It was not accepted: whether another may be."""

    def scopes(self, deadline: Deadline) -> frozenset[str] | None:
        """What it may do; None where that is whatever its user may. Raises as `header` does."""


class ApiToken:
    """Basic authentication as the agent whose e-mail address it is."""

    def __init__(self, email: str, token: str) -> None:
        self._header = f"Basic {base64.b64encode(f'{email}/token:{token}'.encode()).decode()}"

    def header(self, deadline: Deadline) -> str:  # noqa: ARG002 - the protocol's
        return self._header

    def refused(self, header: str) -> bool:  # noqa: ARG002 - the protocol's
        return False

    def scopes(self, deadline: Deadline) -> frozenset[str] | None:  # noqa: ARG002 - the protocol's
        return None


class ClientCredentials:
    """One token for all threads, asked for by one of them."""

    def __init__(
        self, site: Site, client_id: str, client_secret: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._site, self._id, self._secret, self._clock = site, client_id, client_secret, clock
        self._lock = threading.Lock()
        self._header, self._renew_at, self._ends_at = "", 0.0, 0.0
        self._scopes = frozenset[str]()

    def header(self, deadline: Deadline) -> str:
        if self._clock() < self._renew_at:
            return self._header
        if not self._lock.acquire(timeout=min(deadline.remaining, threading.TIMEOUT_MAX)):
            raise UnavailableError("no time is left to sign in to Zendesk")
        try:
            if self._clock() >= self._renew_at:
                self._renew(deadline)
            return self._header
        finally:
            self._lock.release()

    def refused(self, header: str) -> bool:
        with self._lock:
            if header == self._header:  # else another thread has renewed it
                self._renew_at = self._ends_at = 0.0
        return True

    def scopes(self, deadline: Deadline) -> frozenset[str] | None:
        """As they were granted: fewer than were asked for may be."""
        self.header(deadline)
        return self._scopes

    def _renew(self, deadline: Deadline) -> None:
        asked_at = self._clock()
        try:
            told = self._ask(deadline)
        except UnavailableError:
            if asked_at < self._ends_at:
                return  # the old one still opens
            raise
        token, lasts = told.get("access_token"), told.get("expires_in")
        if not isinstance(token, str) or not token:
            raise UnavailableError("Zendesk gave no token")
        life = float(lasts) if isinstance(lasts, int | float) and lasts > 0 else SHORTEST
        granted = told.get("scope", SCOPE)  # RFC 6749, 5.1: left out where it is what was asked for
        self._scopes = frozenset(granted.split() if isinstance(granted, str) else ())
        self._header, self._renew_at, self._ends_at = f"Bearer {token}", asked_at + life * EARLY, asked_at + life

    def _ask(self, deadline: Deadline) -> dict[str, Any]:
        import requests  # loaded with the first call: whoever opens no ticket does not wait for it

        from integrations.zendesk.reaching import unreached

        connect, read = PATIENCE
        if not deadline.remaining:
            raise UnavailableError("no time is left to sign in to Zendesk")
        asked = {"grant_type": "client_credentials", "client_id": self._id, "client_secret": self._secret}
        try:
            with requests.Session() as session:
                session.auth = _unsigned  # else a .netrc is looked up
                response = session.post(
                    f"{self._site.url}/oauth/tokens",
                    json={**asked, "scope": SCOPE},
                    timeout=(connect, min(read, deadline.remaining)),
                    allow_redirects=False,
                )
                told = response.json() if response.ok else None
        except requests.RequestException as error:
            lost = UnavailableError(f"{self._site.netloc} did not answer the sign-in ({type(error).__name__})")
            raise unreached(error, self._site) or lost from None
        if response.status_code != 200:
            raise _refusal(response.status_code, dict(response.headers), response.content)
        return told if isinstance(told, dict) else {}


def _refusal(status: int, headers: dict[str, str], content: bytes) -> SupportBotError:
    error = translated(status, headers, content)
    if status in (400, 422):
        return MisconfiguredError(
            f"Zendesk does not sign in the OAuth client ({code_of(content)}): it must be confidential, permit the "
            f"client credentials grant, and have the scopes {SCOPE}"
        )
    return error


def _unsigned(request: Any) -> Any:
    return request
