"""Who calls from Zendesk's sidebar: an installation of our app, by the token that Zendesk's proxy signed.

The claims are the browser's own words. The signature proves that an app asked which was installed with the secret, and
nothing of the agent in front of it: an agent's id names who rates, and opens nothing. Requests come by the proxy, so no
page of another site needs leave (CORS) to make them, and none is given.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus

from bot import quick
from bot.agreeing import SHORTEST_SECRET
from bot.api.errors import RefusedError
from bot.settings import Settings, wrong
from rag_core.domain import PersonId

ALGORITHM, AUDIENCE = "HS256", "supportbot"
NEEDED = ["exp", "iss", "aud", "sub"]
LONGEST_TOKEN = 2_048  # characters
LONGEST_LIFE = 300.0  # seconds that a token may still be good for
LEEWAY = 30.0  # seconds by which clocks may differ
QUOTA = 120  # questions a minute, of all agents together
AGENT = re.compile(r"[1-9][0-9]{0,18}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Installation:
    """The app in one account, as one agent uses it."""

    account: str  # the subdomain
    agent: str  # an id, by the browser's word
    quota: int = QUOTA

    @property
    def name(self) -> str:
        """What its quota is counted under; no caller's name has a colon."""
        return f"zendesk:{self.account}"

    @property
    def person(self) -> PersonId:
        return PersonId(f"{self.name}:agent:{self.agent}")


class Access:
    """Reads the secret with the first request that needs it."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.time) -> None:
        self._settings, self._clock = settings, clock

    def identify(self, token: str) -> Installation:
        """Raises RefusedError: 401; MisconfiguredError, UnavailableError."""
        account = self._settings.zendesk_subdomain
        agent = self._agent(token, account) if 0 < len(token) <= LONGEST_TOKEN else None
        if agent is None:
            message = "the app's token is not valid: is its shared secret the one this service has?"
            raise RefusedError(HTTPStatus.UNAUTHORIZED, "unauthorized", message, headers={"WWW-Authenticate": "Bearer"})
        return Installation(account, agent)

    def _agent(self, token: str, account: str) -> str | None:
        import jwt  # few requests are the sidebar's

        try:
            claims = jwt.decode(
                token,
                self._secret,
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                issuer=account,
                leeway=LEEWAY,
                options={"require": NEEDED},
            )
            lasts = float(claims["exp"]) - self._clock()
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError):
            return None
        fits = lasts <= LONGEST_LIFE + LEEWAY and AGENT.fullmatch(claims["sub"])
        return str(claims["sub"]) if fits else None

    @cached_property
    def _secret(self) -> str:
        secret = quick.revealed(self._settings, self._settings.zendesk_app_secret)
        if len(secret) < SHORTEST_SECRET:
            raise wrong("zendesk_app_secret", f"it has at least {SHORTEST_SECRET} characters; give the app the same")
        return secret
