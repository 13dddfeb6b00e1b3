"""What several tests here begin with: a simulated Slack, people in it, and the app installed by OAuth."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from slack_sdk import WebClient

from bot.local.workspace.nouns import Team, User
from bot.local.workspace.workspace import Workspace
from integrations.slack.access import SlackAccess
from integrations.slack.calling import Slack
from rag_core.backends.sqlite.records import SqliteRecords
from rag_core.domain import Deadline
from rag_core.ports import Records
from tests.integrations.slack.office import Office, office
from tests.integrations.slack.several import Several, several


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Office]:
    with office(tmp_path) as made:
        yield made


@pytest.fixture
def slack() -> Iterator[Workspace]:
    with Workspace(limits=False) as slack:
        yield slack


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    with SqliteRecords(tmp_path) as records:
        yield records


@pytest.fixture
def ada(slack: Workspace) -> User:
    return slack.add_person("Ada")


@pytest.fixture
def olga(slack: Workspace) -> User:
    return slack.add_person("Olga", role="admin")


@pytest.fixture
def calls(slack: Workspace) -> Slack:
    client = WebClient(slack.token, base_url=slack.url, retry_handlers=[])
    return Slack(client, Deadline.within(60), bot_user=slack.bot.id)


@pytest.fixture
def access(records: Records) -> SlackAccess:
    return SlackAccess(records)


@pytest.fixture
def ours(slack: Workspace, tmp_path: Path) -> Several:
    return several(slack, tmp_path)


@pytest.fixture
def acme(slack: Workspace, ours: Several) -> Team:
    """Another workspace, where the app is installed."""
    team = slack.add_team("Acme", installed=False)
    assert ours.install(team).status == 200
    return team
