import http.client
import json
from collections.abc import Callable

import pytest
from slack_sdk import WebClient

from bot.local.workspace.nouns import Channel, Json, Message, User
from bot.local.workspace.workspace import Workspace
from tests.bot.local.workspace.shapes import actions, button
from tests.bot.local.workspace.telling import Told

Respond = Callable[[Json], int]


def post(url: str, content: Json) -> int:
    host, path = url.removeprefix("http://").split("/", 1)
    connection = http.client.HTTPConnection(host, timeout=5)
    connection.request("POST", f"/{path}", json.dumps(content), {"Content-Type": "application/json"})
    status = connection.getresponse().status
    connection.close()
    return status


@pytest.fixture
def draft(slack: Workspace, client: WebClient, help_: Channel, ada: User) -> Message:
    """An ephemeral message with a button."""
    client.chat_postEphemeral(channel=help_.id, user=ada.id, text="draft", blocks=[actions(button("share"))])
    return slack.whispers(ada)[0]


@pytest.fixture
def url(slack: Workspace, told: Told, draft: Message, ada: User) -> str:
    slack.click(ada, draft, "share")
    found = told.payloads[-1]["response_url"]
    assert isinstance(found, str)
    return found


def test_an_ephemeral_message_is_replaced_and_deleted(slack: Workspace, url: str, draft: Message, ada: User) -> None:
    assert post(url, {"replace_original": True, "text": "shared"}) == 200
    assert (draft.text, draft.blocks) == ("shared", [])
    assert post(url, {"delete_original": True}) == 200
    assert slack.whispers(ada) == []


def test_an_answer_is_for_one_person_or_for_the_channel(slack: Workspace, url: str, help_: Channel, ada: User) -> None:
    post(url, {"text": "for you"})
    post(url, {"text": "for all", "response_type": "in_channel"})
    assert [message.text for message in slack.whispers(ada)] == ["draft", "for you"]
    assert [message.text for message in slack.messages(help_)] == ["for all"]


def test_a_url_is_good_for_five_answers(url: str) -> None:
    assert [post(url, {"text": "x"}) for _ in range(6)] == [200] * 5 + [404]


def test_a_url_is_good_for_half_an_hour(slack: Workspace, url: str) -> None:
    slack.pass_time(29 * 60)
    assert post(url, {"text": "x"}) == 200
    slack.pass_time(2 * 60)
    assert post(url, {"text": "x"}) == 404


def test_nobody_guesses_a_url(slack: Workspace) -> None:
    assert post(f"{slack.origin}/actions/T00000001/1/abc", {"text": "x"}) == 404


def test_blocks_are_checked_here_too(slack: Workspace, url: str, ada: User) -> None:
    assert post(url, {"blocks": [{"type": "dream"}]}) == 400
    assert [message.text for message in slack.whispers(ada)] == ["draft"]
