"""Install the app by OAuth: `/slack/install` sends an admin to Slack, `/slack/oauth_redirect` takes them back.

The state is signed and dated, bound to the browser by a cookie, and good once: a redirect that somebody else began, or
that is repeated, exchanges nothing. https://docs.slack.dev/authentication/installing-with-oauth
"""

import hmac
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any
from urllib.parse import urlencode, urljoin

from slack_sdk.oauth.installation_store import Installation

from integrations.http import Reply
from integrations.slack import pages
from integrations.slack.calling import RefusedError
from integrations.slack.installing import Workspaces
from integrations.slack.pages import Page
from integrations.slack.renewing import OAuthApp
from integrations.slack.storing import InstallationRecords
from rag_core.errors import MisconfiguredError, RejectedError, SupportBotError, UnavailableError
from rag_core.ports import Claims

INSTALL, REDIRECT = "/slack/install", "/slack/oauth_redirect"
# what the app asks for; the manifest asks for the same
SCOPES = (
    "app_mentions:read",
    "assistant:write",
    "channels:history",
    "channels:read",
    "chat:write",
    "commands",
    "files:read",
    "groups:history",
    "groups:read",
    "im:history",
    "im:read",
    "im:write",
    "mpim:history",
    "mpim:read",
    "usergroups:read",
    "users:read",
)
COOKIE = "__Host-slack-oauth-state"  # the prefix: no other host of the domain may have set it
LIFE = timedelta(minutes=10)  # for an admin to say yes
TEAM = re.compile(r"T[A-Z0-9]{2,20}", re.ASCII)
OURS = frozenset(  # what the operator has to mend, not the admin
    {"invalid_client_id", "bad_client_secret", "bad_redirect_uri", "invalid_scope", "invalid_redirect_uri"}
)

Query = Mapping[str, str]
Headers = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True, slots=True)
class States:
    """Made and checked without a store: whoever asks for many fills nothing."""

    key: bytes = field(repr=False)
    clock: Callable[[], float] = time.time

    def new(self) -> str:
        plain = f"{int(self.clock())}.{token_urlsafe(24)}"
        return f"{plain}.{self._mac(plain)}"

    def is_ours(self, state: str, cookie: str) -> bool:
        """Whether it was made here, lately, for this browser."""
        plain, _, mac = state.rpartition(".")
        stamp = plain.partition(".")[0]
        if not hmac.compare_digest(_bytes(mac), _bytes(self._mac(plain))):
            return False
        return hmac.compare_digest(_bytes(state), _bytes(cookie)) and self._is_young(int(stamp))

    def _is_young(self, made: int) -> bool:
        return -1 <= self.clock() - made <= LIFE.total_seconds()

    def _mac(self, plain: str) -> str:
        return hmac.new(self.key, _bytes(f"slack-oauth-state:{plain}"), sha256).hexdigest()


class Authorizing:
    """The two addresses; safe to share between threads."""

    def __init__(
        self,
        app: OAuthApp,
        store: InstallationRecords,
        claims: Claims,
        workspaces: Workspaces,
        *,
        redirect_url: str = "",
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`redirect_url`: empty where Slack knows one only."""
        self._app, self._store, self._claims, self._workspaces = app, store, claims, workspaces
        self._redirect, self._clock = redirect_url, clock
        self._states = States(sha256(app.client_secret.encode()).digest(), clock)

    def handle(self, path: str, query: Query, headers: Headers) -> Reply:
        """Never raises for what a browser can send, nor for what Slack or the store do."""
        if path == INSTALL:
            return self._begin(query)
        if path != REDIRECT:
            return _reply(404, pages.UNKNOWN)
        try:
            return self._end(query, headers)
        except RefusedError as error:
            page, status = (pages.WRONG_SETUP, 500) if error.code in OURS else (pages.refused(error.code), 400)
            return _reply(status, page, code="refused", error=error)
        except (RejectedError, MisconfiguredError) as error:
            return _reply(500, pages.WRONG_SETUP, code="failed", error=error)
        except SupportBotError as error:
            return _reply(503, pages.UNAVAILABLE, code="unavailable", error=error)

    def _begin(self, query: Query) -> Reply:
        state, team = self._states.new(), query.get("team", "")
        asked = {"client_id": self._app.client_id, "scope": ",".join(SCOPES), "user_scope": "", "state": state}
        asked |= {"redirect_uri": self._redirect} if self._redirect else {}
        asked |= {"team": team} if TEAM.fullmatch(team) else {}
        address = f"{urljoin(self._app.url, '/oauth/v2/authorize')}?{urlencode(asked)}"
        headers = {"Location": address, "Set-Cookie": _cookie(state, int(LIFE.total_seconds()))}
        return Reply(302, "", headers, kind="install")

    def _end(self, query: Query, headers: Headers) -> Reply:
        state = query.get("state", "")
        if not self._states.is_ours(state, _cookie_of(headers)):
            return _reply(400, pages.STALE, code="state")
        if refusal := query.get("error"):
            return _reply(200, pages.DENIED if refusal == "access_denied" else pages.refused(refusal), code="denied")
        code = query.get("code", "")
        if not code or not code.isascii():
            return _reply(400, pages.STALE, code="state")
        if not self._claims.claim(f"slack-oauth:{sha256(state.encode()).hexdigest()}", ttl=2 * LIFE):
            return _reply(400, pages.USED, code="used")
        return self._installed(self._exchanged(code))

    def _exchanged(self, code: str) -> dict[str, Any]:
        """Once: a code is good for one exchange."""
        slack = self._app.slack()
        given = {"redirect_uri": self._redirect} if self._redirect else {}
        return slack.once(
            slack.client.oauth_v2_access,
            client_id=self._app.client_id,
            client_secret=self._app.client_secret,
            code=code,
            **given,
        )

    def _installed(self, answer: dict[str, Any]) -> Reply:
        installation = self._installation(answer)
        name = installation.team_name or installation.enterprise_name or ""
        if not self._workspaces.have(installation.team_id, installation.enterprise_id):
            self._give_back(installation)
            return _reply(403, pages.not_invited(name), code="not_named", kind="install")
        self._store.save(installation)
        return _reply(200, pages.installed(name, installation.app_id, installation.team_id), kind="install")

    def _give_back(self, installation: Installation) -> None:
        """The app leaves where it may not be; where that fails it answers there all the same nothing."""
        slack = self._app.slack(installation.bot_token)
        slack.call(slack.client.auth_revoke)

    def _installation(self, answer: dict[str, Any]) -> Installation:
        team, enterprise = answer.get("team") or {}, answer.get("enterprise") or {}
        token, lives = answer.get("access_token"), answer.get("expires_in")
        if answer.get("token_type") != "bot" or not token:
            raise RejectedError("Slack gave no bot token: the app has no bot user")
        return Installation(
            app_id=answer.get("app_id"),
            enterprise_id=enterprise.get("id"),
            enterprise_name=enterprise.get("name"),
            team_id=team.get("id"),
            team_name=team.get("name"),
            bot_token=token,
            bot_id=self._bot(token),
            bot_user_id=answer.get("bot_user_id"),
            bot_scopes=answer.get("scope") or "",
            bot_refresh_token=answer.get("refresh_token"),
            bot_token_expires_at=None if lives is None else int(self._clock()) + int(lives),
            user_id=(answer.get("authed_user") or {}).get("id") or "",
            is_enterprise_install=bool(answer.get("is_enterprise_install")),
            token_type="bot",  # noqa: S106 - a kind
            installed_at=self._clock(),
        )

    def _bot(self, token: str) -> str:
        """Its id, which Slack does not give with the token; empty, it is asked for again with the first event."""
        slack = self._app.slack(token)
        try:
            return str(slack.call(slack.client.auth_test).get("bot_id") or "")
        except UnavailableError:
            return ""


def _reply(status: int, page: Page, *, code: str = "", kind: str = "", error: Exception | None = None) -> Reply:
    """With the cookie's end: whatever came of it, it begins anew."""
    headers = pages.HEADERS | ({} if page is pages.UNKNOWN else {"Set-Cookie": _cookie("", 0)})
    return Reply(status, page.html, headers, code=code, kind=kind, error=error)


def _cookie(value: str, seconds: int) -> str:
    return f"{COOKIE}={value}; Max-Age={seconds}; Path=/; Secure; HttpOnly; SameSite=Lax"


def _cookie_of(headers: Headers) -> str:
    found = [value for name, value in headers.items() if name.lower() == "cookie"]
    lines = [line for value in found for line in ([value] if isinstance(value, str) else value)]
    # not by http.cookies, which gives up at whatever others' cookies hold that it does not know
    pairs = (pair.partition("=") for line in lines for pair in line.split(";"))
    return next((value.strip().strip('"') for name, _, value in pairs if name.strip() == COOKIE), "")


def _bytes(text: str) -> bytes:
    """Of any text at all, and of no two the same."""
    return text.encode(errors="surrogatepass")
