import time
from collections.abc import Callable
from http.client import RemoteDisconnected

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.local.workspace.faults import Faults
from bot.local.workspace.nouns import Channel, Json
from bot.local.workspace.workspace import Workspace

Refused = Callable[..., Json]


def test_a_lost_answer_is_that_of_a_call_that_was_done(slack: Workspace, client: WebClient, help_: Channel) -> None:
    slack.faults.lose("chat.postMessage")
    with pytest.raises(RemoteDisconnected):
        client.chat_postMessage(channel=help_.id, text="x")
    assert [message.text for message in slack.messages(help_)] == ["x"]
    client.chat_postMessage(channel=help_.id, text="y")
    assert len(slack.messages(help_)) == 2


def test_a_refused_connection_does_nothing(slack: Workspace, client: WebClient, help_: Channel) -> None:
    slack.faults.refuse("chat.postMessage", 2)
    for _ in range(2):
        with pytest.raises(RemoteDisconnected):
            client.chat_postMessage(channel=help_.id, text="x")
    assert slack.messages(help_) == []
    client.auth_test()


def test_a_limited_call_says_how_long_to_wait(slack: Workspace, client: WebClient, help_: Channel) -> None:
    slack.faults.limit("chat.postMessage", retry_after=7)
    with pytest.raises(SlackApiError) as caught:
        client.chat_postMessage(channel=help_.id, text="x")
    answer = caught.value.response
    assert (answer.status_code, answer["error"], answer.headers["Retry-After"]) == (429, "ratelimited", "7")
    client.chat_postMessage(channel=help_.id, text="x")


def test_a_stalled_call_is_done_late(slack: Workspace, client: WebClient, help_: Channel) -> None:
    slack.faults.stall("chat.postMessage", seconds=0.3)
    began = time.monotonic()
    client.chat_postMessage(channel=help_.id, text="x")
    assert time.monotonic() - began >= 0.3


def test_a_failing_slack_and_an_error_of_its_own(
    slack: Workspace, client: WebClient, help_: Channel, refused: Refused
) -> None:
    slack.faults.fail("chat.postMessage", status=503)
    with pytest.raises(SlackApiError) as caught:
        client.chat_postMessage(channel=help_.id, text="x")
    assert caught.value.response.status_code == 503
    slack.faults.error("chat.postMessage", "fatal_error", times=None)
    for _ in range(2):
        assert refused(client.chat_postMessage, channel=help_.id, text="x")["error"] == "fatal_error"
    slack.faults.clear()
    client.chat_postMessage(channel=help_.id, text="x")


def test_a_share_of_calls_is_the_same_share_of_the_same_calls_for_a_seed() -> None:
    def run(seed: int) -> list[bool]:
        faults = Faults(seed)
        faults.lose("chat.postMessage", None, probability=0.3)
        return [faults.take("chat.postMessage") is not None for _ in range(200)]

    assert run(1) == run(1) != run(2)
    assert 30 < sum(run(1)) < 90


def test_a_fault_is_of_its_method_only() -> None:
    faults = Faults()
    faults.lose("chat.update")
    assert faults.take("chat.postMessage") is None
    assert faults.take("chat.update") is not None
    assert faults.take("chat.update") is None
    faults.refuse()
    assert faults.take("events") is None
    assert faults.take("anything") is not None
