"""A workspace with a channel, a person and the app's own client, which tries nothing twice."""

from collections.abc import Callable, Iterator

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.local.workspace.nouns import Channel, Json, User
from bot.local.workspace.workspace import Workspace
from tests.bot.local.workspace.telling import Told


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def slack() -> Iterator[Workspace]:
    with Workspace() as slack:
        yield slack


@pytest.fixture
def client(slack: Workspace) -> WebClient:
    return WebClient(token=slack.token, base_url=slack.url, retry_handlers=[])


@pytest.fixture
def ada(slack: Workspace) -> User:
    return slack.add_person("Ada Byron")


@pytest.fixture
def help_(slack: Workspace, ada: User) -> Channel:
    return slack.add_channel("help", ada)


@pytest.fixture
def told(slack: Workspace) -> Told:
    """An app that takes everything, and remembers it."""
    told = Told()
    slack.deliver_to(told)
    return told


@pytest.fixture
def refused() -> Callable[[Callable[..., object]], Json]:
    """Slack's answer to a call that must be refused."""

    def refused(call: Callable[..., object], **arguments: object) -> Json:
        with pytest.raises(SlackApiError) as caught:
            call(**arguments)
        data = caught.value.response.data
        assert isinstance(data, dict)
        return data

    return refused
