"""Renew the tokens that expire, two hours before they do, by one process at a time.

A refresh token is revoked by its use, the access token that it renews lives to its own end
(https://docs.slack.dev/authentication/using-token-rotation). So a response that is lost costs the refresh token at
worst, not the access: the old token serves for two more hours, whoever runs this is told at once, and an admin who
installs the app again loses nothing. Slack documents no grace in which a refresh token could be used twice; it is tried
all the same, since a request that never arrived has revoked nothing.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from math import inf
from secrets import token_hex
from typing import Any

from slack_sdk import WebClient
from slack_sdk.oauth.installation_store import Installation

from integrations.slack.calling import RefusedError, Slack
from integrations.slack.silencing import quiet
from integrations.slack.storing import InstallationRecords, Kept
from rag_core.domain import Deadline
from rag_core.errors import MisconfiguredError, SupportBotError, UnavailableError
from rag_core.ports import Claims

EARLY = 2 * 3600.0  # seconds before its end that a token is renewed
SPARE = 60.0  # seconds that a token must be good for yet
PATIENCE = 15.0  # seconds for Slack
LEASE = timedelta(seconds=60)
AGAIN = 300.0  # seconds after a failure, while there is time: an event waits for each try
SAVING = (0.0, 0.2, 1.0)  # seconds before each try

Trouble = Callable[[str, Exception], None]


@dataclass(frozen=True, slots=True)
class OAuthApp:
    """Who we are to Slack, when we ask it for tokens."""

    client_id: str
    client_secret: str
    url: str = "https://slack.com/api/"

    def slack(self, token: str | None = None) -> Slack:
        client = WebClient(token=token, base_url=self.url, retry_handlers=[], logger=quiet())
        return Slack(client, Deadline.within(PATIENCE), bot_user="")

    def __repr__(self) -> str:
        return f"OAuthApp({self.client_id!r})"


def tell(name: str, error: Exception) -> None:
    logging.getLogger(__name__).warning("the token of %s is not renewed: %s", name, error)


class Renewal:
    """Safe to share between threads and processes."""

    def __init__(
        self,
        app: OAuthApp,
        store: InstallationRecords,
        claims: Claims,
        *,
        trouble: Trouble = tell,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`trouble` hears of what failed while the old token serves yet."""
        self._app, self._store, self._claims, self._trouble, self._clock = app, store, claims, trouble, clock
        self._not_before: dict[str, float] = {}  # by name
        self._unsaved: dict[str, tuple[str, Installation]] = {}  # by name: the revision it replaces, and what is new

    def current(self, kept: Kept) -> Kept:
        """With a token that is good for a while. Raises MisconfiguredError where it ended and Slack renews it not."""
        left = self._left(kept)
        if left > EARLY or (left > SPARE and self._clock() < self._not_before.get(kept.name, 0.0)):
            return kept
        try:
            return self._renewed(kept)
        except SupportBotError as error:
            if self._left(kept) < SPARE:
                raise
            self._not_before[kept.name] = self._clock() + AGAIN
            self._trouble(kept.name, error)
            return kept

    def _renewed(self, kept: Kept) -> Kept:
        name, owner = f"slack-renewal:{kept.name}", token_hex(8)
        if not self._claims.claim(name, ttl=LEASE, owner=owner):
            if self._left(kept) < SPARE:
                raise UnavailableError("the token is being renewed", retry_after=2.0)
            return kept
        try:
            found = self._store.kept(kept.name)
            if found is None:
                raise MisconfiguredError(f"the app is not installed in {kept.name} any more")
            return found if self._left(found) > EARLY else self._exchanged(found)
        finally:
            self._claims.release(name, owner=owner)

    def _exchanged(self, kept: Kept) -> Kept:
        replaced, installation = self._unsaved.get(kept.name, ("", kept.installation))
        if replaced != kept.record.revision:
            try:
                installation = self._installation(kept, self._asked(kept))
            except RefusedError as error:
                found = self._store.kept(kept.name)
                if found is not None and found.record.revision != kept.record.revision:
                    return found  # somebody else's lease was longer than we knew, or it was installed again
                raise MisconfiguredError(
                    f"Slack does not renew the token of {kept.name} ({error.code}): install the app there again"
                ) from error
            self._unsaved[kept.name] = kept.record.revision, installation
        return self._saved(kept, installation)

    def _asked(self, kept: Kept) -> dict[str, Any]:
        slack = self._app.slack()
        return slack.call(
            slack.client.oauth_v2_access,
            client_id=self._app.client_id,
            client_secret=self._app.client_secret,
            grant_type="refresh_token",
            refresh_token=kept.installation.bot_refresh_token or "",
        )

    def _installation(self, kept: Kept, answer: dict[str, Any]) -> Installation:
        lives = answer.get("expires_in")
        return Installation(
            **vars(kept.installation)
            | {
                "bot_token": answer["access_token"],
                "bot_refresh_token": answer.get("refresh_token") or kept.installation.bot_refresh_token,
                "bot_token_expires_at": None if lives is None else int(self._clock()) + int(lives),
            }
        )

    def _saved(self, kept: Kept, installation: Installation) -> Kept:
        """What is new is kept in the process until it is stored: Slack gives it once."""
        for wait in SAVING:
            time.sleep(wait)
            try:
                self._store.replace(kept, installation)
                found = self._store.kept(kept.name)
            except UnavailableError as error:
                self._trouble(kept.name, error)
                continue
            self._unsaved.pop(kept.name, None)
            if found is None:
                raise MisconfiguredError(f"the app is not installed in {kept.name} any more")
            return found
        return Kept(kept.name, installation, kept.record)

    def _left(self, kept: Kept) -> float:
        ends = kept.installation.bot_token_expires_at
        return inf if ends is None else ends - self._clock()
