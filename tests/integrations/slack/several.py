"""The app in several workspaces of a simulated Slack: installed by its own OAuth parts, its tokens in real records."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from cryptography.fernet import Fernet
from slack_sdk import WebClient

from bot.local.workspace.nouns import Team
from bot.local.workspace.workspace import Workspace
from integrations.http import Reply
from integrations.slack.authorizing import INSTALL, REDIRECT, Authorizing
from integrations.slack.installing import SlackInstallations, Workspaces
from integrations.slack.renewing import OAuthApp, Renewal
from integrations.slack.sealing import Seal
from integrations.slack.storing import GROUP, InstallationRecords
from rag_core.backends.sqlite.claims import SqliteClaims
from rag_core.backends.sqlite.records import SqliteRecords
from rag_core.ports import Claims, Records

KEY, OLD_KEY = Fernet.generate_key().decode(), Fernet.generate_key().decode()
BACK = "https://bot.example/slack/oauth_redirect"


@dataclass
class Several:
    """Whoever runs the app; `process()` is one more process of theirs."""

    slack: Workspace
    records: Records
    claims: Claims
    key: str = KEY
    invited: frozenset[str] = frozenset()
    troubles: list[tuple[str, Exception]] = field(default_factory=list)

    @property
    def app(self) -> OAuthApp:
        return OAuthApp(self.slack.app.client_id, self.slack.app.client_secret, self.slack.url)

    @property
    def store(self) -> InstallationRecords:
        return InstallationRecords(self.records, Seal(self.key))

    @property
    def workspaces(self) -> Workspaces:
        return Workspaces(self.invited or frozenset(self.slack.world.teams))

    def process(self, *, claims: Claims | None = None, records: Records | None = None) -> SlackInstallations:
        store, clock = InstallationRecords(records or self.records, Seal(self.key)), self.slack.clock.now
        renewal = Renewal(self.app, store, claims or self.claims, trouble=self._trouble, clock=clock)
        return SlackInstallations(self.app, store, renewal, self.workspaces, clock=clock)

    def _trouble(self, name: str, error: Exception) -> None:
        self.troubles.append((name, error))

    def door(self, *, secret: str = "", redirect: str = BACK) -> Authorizing:
        app = OAuthApp(self.app.client_id, secret or self.app.client_secret, self.app.url)
        return Authorizing(
            app, self.store, self.claims, self.workspaces, redirect_url=redirect, clock=self.slack.clock.now
        )

    def install(self, team: Team) -> Reply:
        """As a browser does it, from the first page to the last."""
        browser = Browser(self.door())
        return browser.back(self.slack, team, browser.begin())

    def sealed(self, name: str) -> bytes:
        record = self.records.get(GROUP, name)
        assert record is not None
        return record.value


@dataclass
class Browser:
    """Keeps the cookie, and goes where it is sent."""

    door: Authorizing
    cookie: str = ""

    def begin(self, **query: str) -> str:
        """The state that Slack is told."""
        reply = self.go(INSTALL, query)
        assert reply.status == 302
        return dict(parse_qsl(urlsplit(reply.headers["Location"]).query))["state"]

    def back(self, slack: Workspace, team: Team, state: str, **query: str) -> Reply:
        """Somebody of the team said yes; `query` replaces what Slack sends."""
        owner = slack.add_person("Olga", role="owner", team=team)
        code = slack.consent(team, owner, redirect_uri=BACK)
        return self.go(REDIRECT, {"code": code, "state": state} | query)

    def go(self, path: str, query: Mapping[str, str], **headers: str) -> Reply:
        sent: dict[str, Any] = ({"Cookie": f"theme=dark; {self.cookie}"} if self.cookie else {}) | headers
        reply = self.door.handle(path, query, sent)
        if given := reply.headers.get("Set-Cookie"):
            self.cookie = given.partition(";")[0]
        return reply


def several(slack: Workspace, home: Path) -> Several:
    return Several(slack, SqliteRecords(home), SqliteClaims(home))


def several_on_dynamodb(slack: Workspace, url: str) -> Several:
    from rag_core.backends.dynamodb.claims import DynamoClaims
    from rag_core.backends.dynamodb.client import Connection, Table
    from rag_core.backends.dynamodb.records import DynamoRecords
    from tests.fakes.aws_wire import create_table
    from tests.services.aws import REGION

    create_table(url, "supportbot")
    table = Table("supportbot", Connection(REGION, url))
    return Several(slack, DynamoRecords(table), DynamoClaims(table))


def works(slack: Workspace, token: str) -> bool:
    answer = WebClient(token, base_url=slack.url, retry_handlers=[]).auth_test()
    return bool(answer["ok"])


def renewals(slack: Workspace) -> int:
    return sum(1 for each in slack.calls("oauth.v2.access") if each.arguments.get("grant_type") == "refresh_token")


class Broken:
    """Records or Claims that fail when `when` says so of a method's name."""

    def __init__(self, whole: Any, when: Callable[[str], object]) -> None:
        self._whole, self._when = whole, when

    def __getattr__(self, name: str) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            error = self._when(name)
            if isinstance(error, Exception):
                raise error
            return getattr(self._whole, name)(*args, **kwargs)

        return call
