from collections.abc import Callable

import pytest
from slack_sdk import WebClient

from bot.local.workspace.nouns import Channel, Json, Message, Streaming, User
from bot.local.workspace.workspace import Workspace
from tests.bot.local.workspace.shapes import feedback, section
from tests.bot.local.workspace.telling import Told

Refused = Callable[..., Json]


@pytest.fixture
def question(slack: Workspace, help_: Channel, ada: User) -> Message:
    return slack.say(help_, ada, "How?")


@pytest.fixture
def stream(slack: Workspace, client: WebClient, question: Message) -> str:
    return start(slack, client, question)


def start(slack: Workspace, client: WebClient, question: Message) -> str:
    started = client.chat_startStream(
        channel=question.channel,
        thread_ts=question.ts,
        recipient_team_id=slack.team.id,
        recipient_user_id=question.user,
        markdown_text="**So",
    )
    ts = started["ts"]
    assert isinstance(ts, str)
    return ts


def test_a_stream_grows_and_ends_with_its_blocks(
    slack: Workspace, client: WebClient, help_: Channel, question: Message, stream: str
) -> None:
    [message] = slack.thread(question)
    assert (message.ts, message.text, message.streaming) == (stream, "**So", Streaming.OPEN)
    client.chat_appendStream(channel=help_.id, ts=stream, markdown_text=".**")
    metadata = {"event_type": "x", "event_payload": {}}
    ended = client.chat_stopStream(
        channel=help_.id, ts=stream, markdown_text=" End.", blocks=[feedback()], metadata=metadata
    )
    assert (message.text, message.streaming, message.metadata) == ("**So.** End.", Streaming.ENDED, metadata)
    assert [block["type"] for block in ended["message"]["blocks"]] == ["markdown", "context_actions"]


def test_the_sdk_s_own_stream_writes_the_same(
    slack: Workspace, client: WebClient, help_: Channel, ada: User, question: Message
) -> None:
    writer = client.chat_stream(
        channel=help_.id,
        thread_ts=question.ts,
        recipient_team_id=slack.team.id,
        recipient_user_id=ada.id,
        buffer_size=4,
    )
    for part in ("One ", "two ", "three."):
        writer.append(markdown_text=part)
    writer.stop()
    assert [message.text for message in slack.thread(question)] == ["One two three."]


def test_chunks_are_text_tasks_and_blocks(client: WebClient, help_: Channel, stream: str, refused: Refused) -> None:
    task = {"type": "task_update", "id": "1", "title": "Looking", "status": "in_progress"}
    chunks: list[Json] = [
        {"type": "markdown_text", "text": " be it**"},
        task,
        {"type": "blocks", "blocks": [section("x")]},
    ]
    client.chat_appendStream(channel=help_.id, ts=stream, chunks=chunks)
    message = help_.messages[stream]
    assert (message.text, len(message.blocks)) == ("**So be it**", 2)
    for bad in ({"type": "markdown_text"}, task | {"status": "dreaming"}, {"type": "song"}):
        assert refused(client.chat_appendStream, channel=help_.id, ts=stream, chunks=[bad])["error"] == "invalid_chunks"
    assert message.text == "**So be it**"


def test_in_a_channel_a_stream_has_a_recipient(
    slack: Workspace, client: WebClient, help_: Channel, ada: User, question: Message, refused: Refused
) -> None:
    to = {"recipient_team_id": slack.team.id, "recipient_user_id": ada.id}
    for missing in to:
        given = {name: value for name, value in to.items() if name != missing}
        answer = refused(client.chat_startStream, channel=help_.id, thread_ts=question.ts, **given)
        assert answer["error"] == f"missing_{missing}"
    direct = slack.direct(ada)
    asked = slack.say(direct, ada, "How?")
    client.chat_startStream(channel=direct.id, thread_ts=asked.ts)
    assert len(slack.thread(asked)) == 1


def test_a_stream_cannot_be_updated_before_its_end(
    client: WebClient, help_: Channel, stream: str, refused: Refused
) -> None:
    answer = refused(client.chat_update, channel=help_.id, ts=stream, text="x")
    assert answer["error"] == "streaming_state_conflict"
    client.chat_stopStream(channel=help_.id, ts=stream)
    client.chat_update(channel=help_.id, ts=stream, text="x")
    assert help_.messages[stream].text == "x"


def test_an_ended_stream_takes_nothing_more(client: WebClient, help_: Channel, stream: str, refused: Refused) -> None:
    client.chat_stopStream(channel=help_.id, ts=stream)
    for call in (client.chat_appendStream, client.chat_stopStream):
        answer = refused(call, channel=help_.id, ts=stream, markdown_text="x")
        assert answer["error"] == "message_not_in_streaming_state"


def test_a_stream_dies_after_five_minutes(
    slack: Workspace, client: WebClient, help_: Channel, stream: str, refused: Refused
) -> None:
    slack.pass_time(299)
    client.chat_appendStream(channel=help_.id, ts=stream, markdown_text=".")
    slack.pass_time(2)
    answer = refused(client.chat_appendStream, channel=help_.id, ts=stream, markdown_text="x")
    assert answer["error"] == "message_not_in_streaming_state"
    client.chat_update(channel=help_.id, ts=stream, text="whole")
    assert help_.messages[stream].text == "whole"


def test_a_person_stops_a_stream(
    slack: Workspace, client: WebClient, told: Told, question: Message, stream: str, refused: Refused
) -> None:
    channel = slack.world.channels[question.channel]
    slack.stop(slack.world.users[question.user], channel, question)
    event = told.events[-1]
    assert (event["type"], event["thread_ts"]) == ("agent_session_stopped", question.ts)
    assert event["streaming_message_ts"] == [stream]
    answer = refused(client.chat_appendStream, channel=channel.id, ts=stream, markdown_text="x")
    assert answer["error"] == "stopped_by_user"


def test_a_stream_is_no_longer_than_a_message(client: WebClient, help_: Channel, stream: str, refused: Refused) -> None:
    answer = refused(client.chat_appendStream, channel=help_.id, ts=stream, markdown_text="x" * 12_001)
    assert answer["error"] == "msg_too_long"
    client.chat_appendStream(channel=help_.id, ts=stream, markdown_text="x" * 12_000)
    answer = refused(client.chat_appendStream, channel=help_.id, ts=stream, markdown_text="x" * 1_200)
    assert answer["error"] == "msg_blocks_too_long"


def test_a_person_s_message_is_no_stream(
    client: WebClient, help_: Channel, question: Message, refused: Refused
) -> None:
    answer = refused(client.chat_appendStream, channel=help_.id, ts=question.ts, markdown_text="x")
    assert answer["error"] == "message_not_owned_by_app"
