import pytest
from slack_sdk import WebClient

from bot.local.workspace.interactions import NoSuchElementError
from bot.local.workspace.nouns import Channel, Json, Kind, Message, User
from bot.local.workspace.workspace import Workspace
from tests.bot.local.workspace.shapes import actions, button, feedback, section, select
from tests.bot.local.workspace.telling import Told


def test_a_mention_arrives_twice_with_one_ts(slack: Workspace, told: Told, help_: Channel, ada: User) -> None:
    said = slack.say(help_, ada, f"<@{slack.bot.id}> how?")
    assert [event["type"] for event in told.events] == ["app_mention", "message"]
    assert {event["ts"] for event in told.events} == {said.ts}
    mention, message = told.payloads
    assert mention["event_id"] != message["event_id"]
    assert mention["authorizations"][0]["user_id"] == slack.bot.id
    assert message["event"]["channel_type"] == "channel"
    assert "channel_type" not in mention["event"]


def test_a_message_says_where_it_was_written(slack: Workspace, told: Told, ada: User) -> None:
    private = slack.add_channel("private", ada, kind=Kind.PRIVATE)
    direct = slack.direct(ada)
    group = slack.direct(ada, slack.add_person("Grace"))
    root = slack.say(private, ada, "x")
    slack.say(private, ada, "y", thread=root)
    slack.say(direct, ada, f"<@{slack.bot.id}> x")
    slack.say(group, ada, "x")
    assert [event["channel_type"] for event in told.events] == ["group", "group", "im", "mpim"]
    assert told.events[1]["thread_ts"] == root.ts
    assert told.events[1]["parent_user_id"] == ada.id


def test_the_app_hears_nothing_of_a_channel_it_is_not_in(slack: Workspace, told: Told, ada: User) -> None:
    elsewhere = slack.add_channel("elsewhere", ada, bot=False)
    slack.say(elsewhere, ada, f"<@{slack.bot.id}> x")
    assert told.events == []
    slack.invite(elsewhere, slack.bot)
    assert told.events[-1]["type"] == "member_joined_channel"
    slack.say(elsewhere, ada, "x")
    assert told.events[-1]["text"] == "x"


def test_nobody_writes_where_they_are_not(slack: Workspace, help_: Channel) -> None:
    with pytest.raises(NoSuchElementError, match="Grace is not in help"):
        slack.say(help_, slack.add_person("Grace"), "x")


def test_the_app_hears_of_what_it_wrote_itself(slack: Workspace, client: WebClient, told: Told, help_: Channel) -> None:
    ts = client.chat_postMessage(channel=help_.id, text="x")["ts"]
    assert slack.settle()
    client.chat_update(channel=help_.id, ts=ts, text="y")
    client.chat_delete(channel=help_.id, ts=ts)
    assert slack.settle()
    posted, *changes = told.events
    assert (posted["bot_id"], posted["user"]) == (slack.team.bot_id, slack.bot.id)
    assert sorted(change["subtype"] for change in changes) == ["message_changed", "message_deleted"]


def test_editing_and_deleting_are_told_with_what_was_before(
    slack: Workspace, told: Told, help_: Channel, ada: User
) -> None:
    said = slack.say(help_, ada, "x")
    slack.edit(ada, said, "y")
    slack.delete(ada, said)
    _, edited, deleted = told.events
    assert (edited["subtype"], edited["message"]["text"], edited["previous_message"]["text"]) == (
        "message_changed",
        "y",
        "x",
    )
    assert (deleted["subtype"], deleted["deleted_ts"]) == ("message_deleted", said.ts)
    assert slack.messages(help_) == []
    with pytest.raises(NoSuchElementError, match="not Ada Byron's message"):
        slack.edit(ada, _posted(slack, help_), "z")


def _posted(slack: Workspace, channel: Channel, *blocks: Json) -> Message:
    client = WebClient(token=slack.token, base_url=slack.url, retry_handlers=[])
    ts = client.chat_postMessage(channel=channel.id, text="answer", blocks=list(blocks) or None)["ts"]
    return channel.messages[str(ts)]


def test_a_click_names_the_button_the_message_and_the_person(
    slack: Workspace, told: Told, help_: Channel, ada: User
) -> None:
    message = _posted(slack, help_, section("So."), actions(button("ask_human", value="q1", text="Ask a human")))
    slack.settle()
    assert slack.click(ada, message, "ask_human").status == 200
    payload = told.payloads[-1]
    assert (payload["type"], payload["user"]["id"], payload["team"]["id"]) == ("block_actions", ada.id, slack.team.id)
    assert payload["message"]["ts"] == payload["container"]["message_ts"] == message.ts
    [action] = payload["actions"]
    assert (action["type"], action["action_id"], action["value"]) == ("button", "ask_human", "q1")
    assert action["block_id"] == message.blocks[1]["block_id"]
    assert payload["response_url"].startswith(slack.origin)


def test_feedback_buttons_send_the_value_that_was_pressed(
    slack: Workspace, told: Told, help_: Channel, ada: User
) -> None:
    message = _posted(slack, help_, feedback())
    slack.settle()
    slack.click(ada, message, "rate", "not_helpful:1")
    [action] = told.payloads[-1]["actions"]
    assert (action["type"], action["value"]) == ("feedback_buttons", "not_helpful:1")
    assert action["text"]["text"] == "Not helpful"


def test_only_what_is_shown_can_be_clicked(slack: Workspace, told: Told, help_: Channel, ada: User) -> None:
    message = _posted(slack, help_, actions(button("go"), select("which", "one", "two")))
    slack.settle()
    for action_id, value in (("stop", None), ("go", "2"), ("which", "three")):
        with pytest.raises(NoSuchElementError):
            slack.click(ada, message, action_id, value)
    with pytest.raises(NoSuchElementError, match="does not see"):
        slack.click(slack.add_person("Grace"), message, "go")
    slack.click(ada, message, "which", "two")
    assert told.payloads[-1]["actions"][0]["selected_option"]["value"] == "two"
    assert [payload["type"] for payload in told.payloads].count("block_actions") == 1


def test_a_click_in_an_ephemeral_message_names_the_place_only(
    slack: Workspace, client: WebClient, told: Told, help_: Channel, ada: User
) -> None:
    client.chat_postEphemeral(channel=help_.id, user=ada.id, text="draft", blocks=[actions(button("share"))])
    [draft] = slack.whispers(ada)
    slack.click(ada, draft, "share")
    payload = told.payloads[-1]
    assert payload["container"]["is_ephemeral"] is True
    assert "message" not in payload


def test_a_command_brings_its_fields(slack: Workspace, told: Told, help_: Channel, ada: User) -> None:
    told.answers = [(200, b'{"response_type": "in_channel", "text": "Here."}')]
    slack.command(ada, help_, "/support", "how & why?")
    fields = told.payloads[0]
    assert (fields["command"], fields["text"], fields["user_id"]) == ("/support", "how & why?", ada.id)
    assert (fields["channel_id"], fields["team_id"]) == (help_.id, slack.team.id)
    assert slack.settle()
    told.answers = [(200, b"Only you.")]
    slack.command(ada, help_, "/support", "x")
    assert [message.text for message in slack.messages(help_)] == ["Here."]
    assert [message.text for message in slack.whispers(ada)] == ["Only you."]


def test_a_shortcut_brings_the_message(slack: Workspace, told: Told, help_: Channel, ada: User) -> None:
    said = slack.say(help_, ada, "How?")
    slack.shortcut(ada, said, "answer_message")
    payload = told.payloads[-1]
    assert (payload["type"], payload["callback_id"]) == ("message_action", "answer_message")
    assert (payload["message"]["text"], payload["message_ts"]) == ("How?", said.ts)


def test_opening_the_home_names_the_tab_and_the_conversation(slack: Workspace, told: Told, ada: User) -> None:
    slack.open_home(ada)
    slack.open_home(ada, "messages")
    assert [event["tab"] for event in told.events] == ["home", "messages"]
    assert {event["channel"] for event in told.events} == {slack.direct(ada).id}


def test_a_shared_file_comes_with_its_message(slack: Workspace, told: Told, help_: Channel, ada: User) -> None:
    slack.say(help_, ada, "See", files={"trace.txt": b"boom"})
    [event] = told.events
    assert event["subtype"] == "file_share"
    [file] = event["files"]
    assert (file["name"], file["mimetype"], file["size"]) == ("trace.txt", "text/plain", 4)
    assert file["url_private"].startswith(slack.origin)


def test_an_uninstalled_app_is_told_and_its_token_is_void(
    slack: Workspace, client: WebClient, told: Told, ada: User
) -> None:
    slack.uninstall(slack.team)
    assert [event["type"] for event in told.events] == ["tokens_revoked", "app_uninstalled"]
    assert client.retry_handlers == []
    with pytest.raises(Exception, match="token_revoked"):
        client.auth_test()
    with pytest.raises(NoSuchElementError, match="not installed"):
        slack.open_home(ada)
