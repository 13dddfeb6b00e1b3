from collections.abc import Callable

import pytest
from slack_sdk import WebClient

from bot.local.workspace.nouns import Channel, Json, Kind, User
from bot.local.workspace.workspace import Workspace
from tests.bot.local.workspace.shapes import section

Refused = Callable[..., Json]
METADATA = {"event_type": "supportbot_answer", "event_payload": {"turn": "1"}}


def test_a_message_of_the_bot_stands_in_the_thread_it_was_posted_to(
    slack: Workspace, client: WebClient, help_: Channel, ada: User
) -> None:
    question = slack.say(help_, ada, "How?")
    posted = client.chat_postMessage(channel=help_.id, thread_ts=question.ts, text="So.", metadata=METADATA)
    [reply] = slack.thread(question)
    assert (posted["ts"], posted["channel"]) == (reply.ts, help_.id)
    assert posted["message"]["bot_id"] == slack.team.bot_id
    assert posted["message"]["app_id"] == slack.app.id
    assert posted["message"]["parent_user_id"] == ada.id
    assert (reply.user, reply.text, reply.metadata) == (slack.bot.id, "So.", METADATA)


def test_a_ts_is_unique_and_rises(client: WebClient, help_: Channel) -> None:
    stamps = [client.chat_postMessage(channel=help_.id, text="x")["ts"] for _ in range(5)]
    assert stamps == sorted(set(stamps), key=float)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"text": ""}, "no_text"),
        ({"text": "x", "thread_ts": "1.000001"}, "cannot_reply_to_message"),
        ({"text": "x", "channel": "C404"}, "channel_not_found"),
        ({"text": "x", "markdown_text": "y"}, "markdown_text_conflict"),
        ({"markdown_text": "y" * 12_001}, "msg_too_long"),
        ({"text": "x", "metadata": {"event_type": "x"}}, "invalid_metadata_format"),
        ({"text": "x", "metadata": {"event_type": "x", "event_payload": {"a": "y" * 8_000}}}, "metadata_too_large"),
    ],
)
def test_what_slack_refuses_to_post(
    slack: Workspace, client: WebClient, help_: Channel, refused: Refused, arguments: Json, error: str
) -> None:
    given = {"channel": help_.id} | arguments
    answer = refused(client.api_call, api_method="chat.postMessage", json=given)
    assert answer["error"] == error
    assert slack.messages(help_) == []


def test_a_reply_cannot_hang_on_a_reply(
    slack: Workspace, client: WebClient, help_: Channel, ada: User, refused: Refused
) -> None:
    question = slack.say(help_, ada, "How?")
    reply = slack.say(help_, ada, "And?", thread=question)
    answer = refused(client.chat_postMessage, channel=help_.id, thread_ts=reply.ts, text="x")
    assert answer["error"] == "cannot_reply_to_message"


def test_the_bot_posts_only_where_it_is(slack: Workspace, client: WebClient, ada: User, refused: Refused) -> None:
    public = slack.add_channel("public", ada, bot=False)
    private = slack.add_channel("private", ada, kind=Kind.PRIVATE, bot=False)
    assert refused(client.chat_postMessage, channel=public.id, text="x")["error"] == "not_in_channel"
    assert refused(client.chat_postMessage, channel=private.id, text="x")["error"] == "channel_not_found"
    client.conversations_join(channel=public.id)
    client.chat_postMessage(channel=public.id, text="x")
    assert [message.text for message in slack.messages(public)] == ["x"]


def test_a_message_to_a_person_goes_to_their_direct_conversation(
    slack: Workspace, client: WebClient, ada: User
) -> None:
    client.chat_postMessage(channel=ada.id, text="Hello")
    assert [message.text for message in slack.messages(slack.direct(ada))] == ["Hello"]


def test_an_update_replaces_text_and_blocks_and_keeps_the_place(
    slack: Workspace, client: WebClient, help_: Channel
) -> None:
    ts = client.chat_postMessage(channel=help_.id, text="…", blocks=[section("…")], metadata=METADATA)["ts"]
    client.chat_update(channel=help_.id, ts=ts, text="Done", blocks=[section("Done")])
    [message] = slack.messages(help_)
    assert (message.text, message.blocks[0]["text"]["text"], message.metadata) == ("Done", "Done", METADATA)
    assert message.edited is None
    client.chat_update(channel=help_.id, ts=ts, text="Only text")
    assert message.blocks == []
    assert message.edited is not None


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"text": "x" * 4_001}, "msg_too_long"),
        ({"ts": "1.000001", "text": "x"}, "message_not_found"),
        ({"text": ""}, "no_text"),
    ],
)
def test_what_slack_refuses_to_update(
    client: WebClient, help_: Channel, refused: Refused, arguments: Json, error: str
) -> None:
    ts = client.chat_postMessage(channel=help_.id, text="x")["ts"]
    given = {"channel": help_.id, "ts": ts} | arguments
    assert refused(client.api_call, api_method="chat.update", json=given)["error"] == error


def test_the_bot_changes_only_its_own_messages(
    slack: Workspace, client: WebClient, help_: Channel, ada: User, refused: Refused
) -> None:
    question = slack.say(help_, ada, "How?")
    assert refused(client.chat_update, channel=help_.id, ts=question.ts, text="x")["error"] == "cant_update_message"
    assert refused(client.chat_delete, channel=help_.id, ts=question.ts)["error"] == "cant_delete_message"
    ts = client.chat_postMessage(channel=help_.id, text="x")["ts"]
    client.chat_delete(channel=help_.id, ts=ts)
    assert [message.text for message in slack.messages(help_)] == ["How?"]


def test_an_ephemeral_message_is_for_one_person_of_the_channel(
    slack: Workspace, client: WebClient, help_: Channel, ada: User, refused: Refused
) -> None:
    other = slack.add_person("Grace")
    client.chat_postEphemeral(channel=help_.id, user=ada.id, text="psst")
    assert [message.text for message in slack.whispers(ada)] == ["psst"]
    assert (slack.whispers(other), slack.messages(help_)) == ([], [])
    error = refused(client.chat_postEphemeral, channel=help_.id, user=other.id, text="psst")["error"]
    assert error == "user_not_in_channel"


def test_a_token_nobody_was_given_is_refused(slack: Workspace, help_: Channel, refused: Refused) -> None:
    stranger = WebClient(token="xoxb-made-up", base_url=slack.url)
    assert refused(stranger.chat_postMessage, channel=help_.id, text="x")["error"] == "invalid_auth"
    nobody = WebClient(base_url=slack.url)
    assert refused(nobody.chat_postMessage, channel=help_.id, text="x")["error"] == "not_authed"
    known = WebClient(token=slack.token, base_url=slack.url)
    assert refused(known.api_call, api_method="chat.shout")["error"] == "unknown_method"


def test_a_team_may_forbid_to_edit_and_to_delete(
    slack: Workspace, client: WebClient, help_: Channel, refused: Refused
) -> None:
    first = client.chat_postMessage(channel=help_.id, text="a")["ts"]
    slack.team.edit_window, slack.team.may_delete = 60, False
    client.chat_update(channel=help_.id, ts=first, text="b")
    slack.pass_time(61)
    assert refused(client.chat_update, channel=help_.id, ts=first, text="c")["error"] == "edit_window_closed"
    assert refused(client.chat_delete, channel=help_.id, ts=first)["error"] == "cant_delete_message"
    last = client.chat_postMessage(channel=help_.id, text="d")["ts"]
    client.chat_update(channel=help_.id, ts=last, text="e")
    assert [each.text for each in slack.messages(help_)] == ["b", "e"]
