import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.local.workspace.clock import Clock
from bot.local.workspace.limiting import TIER_2, Limits
from bot.local.workspace.nouns import Channel, User
from bot.local.workspace.refusing import LimitedError
from bot.local.workspace.workspace import Workspace


def burst(limits: Limits, *key: str) -> int:
    taken = 0
    while True:
        try:
            limits.take(TIER_2, *key)
        except LimitedError:
            return taken
        taken += 1


def post(client: WebClient, channel: Channel, times: int) -> None:
    for _ in range(times):
        client.chat_postMessage(channel=channel.id, text="x")


def test_a_tier_is_so_many_calls_a_minute_for_each_team() -> None:
    clock = Clock()
    limits = Limits(clock, on=True)
    assert burst(limits, "chat.startStream", "T1") == 20
    assert burst(limits, "chat.startStream", "T2") == 20
    clock.skip(30)
    assert burst(limits, "chat.startStream", "T1") == 10


def test_what_is_refused_says_when_it_will_be_taken() -> None:
    clock = Clock()
    limits = Limits(clock, on=True)
    burst(limits, "x")
    with pytest.raises(LimitedError) as caught:
        limits.take(TIER_2, "x")
    assert caught.value.seconds == 3
    clock.skip(3)
    limits.take(TIER_2, "x")


def test_a_channel_takes_a_post_a_second(slack: Workspace, client: WebClient, help_: Channel, ada: User) -> None:
    post(client, help_, 5)
    with pytest.raises(SlackApiError) as caught:
        post(client, help_, 3)  # a slow machine may have earned one more
    assert (caught.value.response.status_code, caught.value.response.headers["Retry-After"]) == (429, "1")
    client.chat_postMessage(channel=slack.add_channel("other", ada).id, text="x")
    slack.pass_time(1)
    client.chat_postMessage(channel=help_.id, text="x")


def test_limits_can_be_off(slack: Workspace, client: WebClient, help_: Channel) -> None:
    slack.limits.on = False
    post(client, help_, 30)
    assert len(slack.messages(help_)) == 30
