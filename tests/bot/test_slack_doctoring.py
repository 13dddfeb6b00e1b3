"""The doctor says of each of Slack's settings whether it works, and what to do if not."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from bot.app import App
from bot.doctoring import Finding, examine
from bot.local.workspace.workspace import Workspace
from bot.settings import Settings, load
from integrations.slack.authorizing import SCOPES
from rag_core.errors import MisconfiguredError
from tests.making import write


@dataclass
class Api:
    """Slack's auth.test and apps.connections.open at wire level."""

    url: str = ""
    scopes: str = ",".join(SCOPES)
    answers: dict[str, dict[str, Any]] = field(
        default_factory=lambda: {
            "auth.test": {"ok": True, "user": "support-copilot", "team": "Acme", "team_id": "T1", "url": ""},
            "apps.connections.open": {"ok": True, "url": "wss://127.0.0.1/"},
        }
    )


@pytest.fixture
def api() -> Iterator[Api]:
    found = Api()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.dumps(found.answers[self.path.rpartition("/")[2]]).encode()
            self.rfile.read(int(self.headers["Content-Length"] or 0))
            self.send_response(200)
            if found.scopes:
                self.send_header("X-OAuth-Scopes", found.scopes)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        found.url = f"http://127.0.0.1:{server.server_port}/api/"
        yield found
        server.shutdown()
        thread.join()


def findings(tmp_path: Path, api: Api, **more: str) -> dict[str, Finding]:
    stated: dict[str, Any] = {
        "slack_bot_token": "xoxb-canary",
        "slack_app_token": "xapp-canary",
        "slack_signing_secret": "c" * 32,
        "slack_url": api.url,
    }
    settings = Settings(home=str(tmp_path / "home"), embedding_model="none", **(stated | more))
    app = App(settings)
    app.ingest(write(tmp_path / "docs", refunds="# Refunds\n\nRefunds take thirty days."))
    return {found.name: found for found in examine(app)}


def test_all_is_well_where_all_is_there(tmp_path: Path, api: Api) -> None:
    found = findings(tmp_path, api)
    assert all(each.well for each in found.values())
    assert found["Slack bot token"].text == f"@support-copilot in Acme, with {len(SCOPES)} scopes"
    assert "canary" not in str(found)


def test_a_scope_that_is_missing_is_named(tmp_path: Path, api: Api) -> None:
    api.scopes = ",".join(scope for scope in SCOPES if scope not in ("files:read", "chat:write"))
    token = findings(tmp_path, api)["Slack bot token"]
    assert not token.well
    assert token.text.startswith("@support-copilot lacks chat:write, files:read: update the app from manifest.yml")


def test_what_slack_refuses_is_told_with_what_to_do(tmp_path: Path, api: Api) -> None:
    api.answers["auth.test"] = {"ok": False, "error": "token_revoked"}
    api.answers["apps.connections.open"] = {"ok": False, "error": "missing_scope"}
    found = findings(tmp_path, api, slack_signing_secret="xoxb-1")
    assert "it was revoked" in found["Slack bot token"].text
    assert "connections:write" in found["Slack app token"].text
    assert "App Credentials" in found["Slack signing secret"].text
    assert not any(found[name].well for name in found if name.startswith("Slack"))


def test_several_workspaces_are_named(tmp_path: Path, api: Api) -> None:
    more = {
        "slack_bot_token": "",
        "slack_client_id": "1.2",
        "slack_client_secret": "s",
        "slack_encryption_key": Fernet.generate_key().decode(),
        "slack_workspaces": "T0ACME,E0ORG",
    }
    assert findings(tmp_path, api, **more)["Slack installations"].text.startswith("may be installed in T0ACME, E0ORG")
    broken = findings(tmp_path, api, **(more | {"slack_encryption_key": "canary"}))["Slack installations"]
    assert not broken.well
    assert "canary" not in broken.text


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        ({"SLACK_HUMANS": "support-team"}, "SLACK_HUMANS is wrong: it is the id of a user group"),
        ({"SLACK_ADMINS": "U123"}, "SLACK_ADMINS is wrong"),
        ({"SLACK_AUDIENCE": "everybody"}, "SLACK_AUDIENCE is wrong"),
        ({"SLACK_PERSON_QUOTA": "-1"}, "SLACK_PERSON_QUOTA is wrong"),
        ({"SLACK_URL": "slack.com"}, "SLACK_URL is wrong"),
        ({"SLACK_CLIENT_ID": "1", "SLACK_BOT_TOKEN": "xoxb-1"}, "set one of them"),
        ({"SLACK_CLIENT_ID": "1"}, "SLACK_CLIENT_SECRET, SUPPORTBOT_SLACK_ENCRYPTION_KEY and .*WORKSPACES are missing"),
        (
            {"SLACK_CLIENT_ID": "1", "SLACK_CLIENT_SECRET": "s", "SLACK_ENCRYPTION_KEY": "k"},
            "SLACK_WORKSPACES is missing",
        ),
        (
            {
                "SLACK_CLIENT_ID": "1",
                "SLACK_CLIENT_SECRET": "s",
                "SLACK_ENCRYPTION_KEY": "k",
                "SLACK_WORKSPACES": "acme",
            },
            "SLACK_WORKSPACES is wrong: it reads T0123ABCD",
        ),
    ],
)
def test_a_setting_that_would_be_ignored_is_refused_by_name(stated: dict[str, str], said: str) -> None:
    with pytest.raises(MisconfiguredError, match=said):
        load({f"SUPPORTBOT_{name}": value for name, value in stated.items()})


def test_another_apps_variables_are_not_ours() -> None:
    found = load({"SLACK_CLIENT_ID": "1", "SLACK_BOT_TOKEN": "xoxb-1", "SLACK_SIGNING_SECRET": "s"})
    assert (found.slack, found.slack_signing_secret) == (False, "")


def test_the_admins_channel_and_the_groups_are_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    with Workspace(limits=False) as slack:
        olga = slack.add_person("Olga")
        group, admins = slack.add_group("support", olga), slack.add_channel("admins", olga, slack.bot)
        without = slack.add_channel("elsewhere", olga, bot=False)

        def found(channel: str, humans: str) -> dict[str, Finding]:
            stated = {"slack_bot_token": slack.token, "slack_url": slack.url}
            settings = Settings(home=str(tmp_path), slack_admin_channel=channel, slack_humans=humans, **stated)  # type: ignore[arg-type]
            return {each.name: each for each in examine(App(settings))}

        well = found(admins.id, group.id)
        assert (well["Slack admin channel"].text, well["Slack groups"].text) == (
            "#admins can be posted to",
            "1 humans in them",
        )
        away, missing = found(without.id, "SMISSING"), found("C0MISSING", group.id)
    assert "the app is not in #elsewhere" in away["Slack admin channel"].text
    assert "SUPPORTBOT_SLACK_HUMANS is wrong" in away["Slack groups"].text
    assert "SUPPORTBOT_SLACK_ADMIN_CHANNEL is wrong" in missing["Slack admin channel"].text
    assert not any(each.well for each in (away["Slack admin channel"], away["Slack groups"]))
