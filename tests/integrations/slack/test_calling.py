"""Slack is called again when it asks to be, and never at once."""

import pytest
from slack_sdk import WebClient

from bot.local.workspace.workspace import Workspace
from integrations.slack.calling import LEFT, Slack, waiting
from rag_core.domain import Deadline
from rag_core.errors import AwayError, BusyError, UnavailableError


class Sleeper:
    """Takes the seconds that a wait takes off the time there is."""

    def __init__(self, slack: Workspace, seconds: float) -> None:
        self.waits: list[float] = []
        client = WebClient(slack.token, base_url=slack.url, retry_handlers=[])
        self.slack = Slack(client, Deadline.within(seconds), bot_user=slack.bot.id, sleep=self.sleep)

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.slack.deadline = Deadline(self.slack.deadline.at - seconds)


def test_a_slack_that_asks_to_wait_no_time_is_called_ever_more_rarely(slack: Workspace) -> None:
    slack.faults.limit("auth.test", None, retry_after=0)
    sleeper = Sleeper(slack, 60)
    with pytest.raises(UnavailableError) as caught:
        sleeper.slack.call(sleeper.slack.client.auth_test)
    assert sleeper.waits[0] >= 0.1
    assert sleeper.waits == sorted(set(sleeper.waits))
    assert len(slack.calls("auth.test")) <= 10
    assert sum(sleeper.waits) <= 60 - LEFT
    assert caught.value.retry_after


def test_what_slack_says_is_waited(slack: Workspace) -> None:
    slack.faults.limit("auth.test", 2, retry_after=7)
    sleeper = Sleeper(slack, 60)
    assert sleeper.slack.call(sleeper.slack.client.auth_test)["ok"]
    assert sleeper.waits == [7, 7]


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("30", 30),
        (["30"], 30),
        ("0.5", 0.5),
        ("0", 0.1),
        (0, 0.1),
        ("", 1),
        ([], 1),
        ("²", 1),
        ("-1", 1),
        ("9" * 400, 1),
    ],
)
def test_how_long_is_never_no_time(said: object, seconds: float) -> None:
    assert waiting({"Retry-After": said}) == seconds
    assert waiting({}) == 1


def test_a_slack_that_fails_again_and_again_is_left_alone(slack: Workspace) -> None:
    slack.faults.fail("auth.test", None, status=503)
    client = Sleeper(slack, 60).slack
    with pytest.raises(AwayError):
        client.call(client.client.auth_test)  # three times
    with pytest.raises(BusyError) as caught:
        client.call(client.client.auth_test)
    assert caught.value.retry_after
    slack.faults.clear()
    with pytest.raises(BusyError):  # nor is it asked whether it is back before its rest is over
        client.call(client.client.auth_test)
    assert slack.calls("auth.test") == []
