from collections.abc import Callable

import pytest
from slack_sdk import WebClient

from bot.local.workspace.nouns import Channel, Json, Kind, User
from bot.local.workspace.workspace import Workspace

Refused = Callable[..., Json]
METADATA = {"event_type": "x", "event_payload": {"a": 1}}


def texts(answer: object) -> list[str]:
    return [message["text"] for message in answer["messages"]]  # type: ignore[index]


def test_a_thread_is_read_oldest_first_and_in_pages(
    slack: Workspace, client: WebClient, help_: Channel, ada: User
) -> None:
    root = slack.say(help_, ada, "0")
    for number in range(1, 6):
        slack.say(help_, ada, str(number), thread=root)
    whole = client.conversations_replies(channel=help_.id, ts=root.ts)
    assert (texts(whole), whole["has_more"]) == (list("012345"), False)
    assert whole["messages"][0]["reply_count"] == 5
    first = client.conversations_replies(channel=help_.id, ts=root.ts, limit=4)
    assert (texts(first), first["has_more"]) == (list("0123"), True)
    cursor = first["response_metadata"]["next_cursor"]
    second = client.conversations_replies(channel=help_.id, ts=root.ts, limit=4, cursor=cursor)
    assert (texts(second), second["has_more"]) == (list("45"), False)


def test_any_message_of_a_thread_leads_to_it(slack: Workspace, client: WebClient, help_: Channel, ada: User) -> None:
    root = slack.say(help_, ada, "0")
    reply = slack.say(help_, ada, "1", thread=root)
    alone = slack.say(help_, ada, "alone")
    assert texts(client.conversations_replies(channel=help_.id, ts=reply.ts)) == ["0", "1"]
    assert texts(client.conversations_replies(channel=help_.id, ts=alone.ts)) == ["alone"]


def test_a_thread_is_read_between_two_times(slack: Workspace, client: WebClient, help_: Channel, ada: User) -> None:
    root = slack.say(help_, ada, "0")
    said = [slack.say(help_, ada, str(number), thread=root) for number in range(1, 5)]
    later = client.conversations_replies(channel=help_.id, ts=root.ts, oldest=said[1].ts)
    assert texts(later) == ["0", "3", "4"]
    inclusive = client.conversations_replies(
        channel=help_.id, ts=root.ts, oldest=said[1].ts, latest=said[2].ts, inclusive=True
    )
    assert texts(inclusive) == ["0", "2", "3"]


def test_metadata_is_given_to_whoever_asks_for_it(client: WebClient, help_: Channel) -> None:
    ts = client.chat_postMessage(channel=help_.id, text="x", metadata=METADATA)["ts"]
    [plain] = client.conversations_replies(channel=help_.id, ts=ts)["messages"]
    assert "metadata" not in plain
    [whole] = client.conversations_replies(channel=help_.id, ts=ts, include_all_metadata=True)["messages"]
    assert whole["metadata"] == METADATA


def test_history_holds_what_stands_in_the_channel_newest_first(
    slack: Workspace, client: WebClient, help_: Channel, ada: User
) -> None:
    root = slack.say(help_, ada, "one")
    slack.say(help_, ada, "in the thread", thread=root)
    slack.say(help_, ada, "two")
    assert texts(client.conversations_history(channel=help_.id)) == ["two", "one"]


def test_what_cannot_be_read(slack: Workspace, client: WebClient, help_: Channel, ada: User, refused: Refused) -> None:
    private = slack.add_channel("private", ada, kind=Kind.PRIVATE, bot=False)
    public = slack.add_channel("public", ada, bot=False)
    asked = client.conversations_replies
    assert refused(asked, channel=help_.id, ts="1.000001")["error"] == "thread_not_found"
    assert refused(asked, channel=private.id, ts="1.000001")["error"] == "channel_not_found"
    assert refused(asked, channel=public.id, ts="1.000001")["error"] == "not_in_channel"
    assert refused(client.conversations_info, channel=private.id)["error"] == "channel_not_found"
    slack.say(help_, ada, "x")
    assert refused(client.conversations_history, channel=help_.id, cursor="§")["error"] == "invalid_cursor"
    assert refused(client.conversations_history, channel=help_.id, oldest="noon")["error"] == "invalid_ts_oldest"


@pytest.mark.parametrize(("kind", "flag"), [(Kind.PUBLIC, "is_channel"), (Kind.PRIVATE, "is_group")])
def test_a_channel_says_of_what_kind_it_is(
    slack: Workspace, client: WebClient, ada: User, kind: Kind, flag: str
) -> None:
    channel = slack.add_channel("x", ada, kind=kind)
    shown = client.conversations_info(channel=channel.id, include_num_members=True)["channel"]
    assert (shown[flag], shown["is_member"], shown["num_members"]) == (True, True, 2)
    assert shown["is_private"] is (kind is Kind.PRIVATE)
    assert shown["is_ext_shared"] is False


def test_a_direct_conversation_is_opened_once(slack: Workspace, client: WebClient, ada: User) -> None:
    grace = slack.add_person("Grace")
    opened = client.conversations_open(users=ada.id)["channel"]["id"]
    assert opened == client.conversations_open(users=[ada.id])["channel"]["id"] == slack.direct(ada).id
    shown = client.conversations_info(channel=opened)["channel"]
    assert (shown["is_im"], shown["user"]) == (True, ada.id)
    several = client.conversations_open(users=[ada.id, grace.id], return_im=True)["channel"]
    assert several["is_mpim"] is True
    members = client.conversations_members(channel=several["id"])["members"]
    assert sorted(members) == sorted([ada.id, grace.id, slack.bot.id])


def test_an_archived_channel_takes_no_message(client: WebClient, help_: Channel, refused: Refused) -> None:
    help_.archived = True
    assert refused(client.chat_postMessage, channel=help_.id, text="x")["error"] == "is_archived"
