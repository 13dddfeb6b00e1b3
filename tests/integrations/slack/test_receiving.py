"""Three forms in, one payload out; of everything else nothing."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from integrations.slack.receiving import Kind, receive, received
from rag_core.errors import RejectedError
from tests.integrations.slack.sending import body_of, click, command, mention, shortcut, submission
from tests.shared import shared

GENUINE: list[tuple[dict[str, Any], Kind]] = [
    (mention(), Kind.EVENT),
    (click(), Kind.ACTION),
    (submission(), Kind.SUBMISSION),
    (submission() | {"type": "view_closed"}, Kind.CLOSED),
    (shortcut(), Kind.SHORTCUT),
    (command(), Kind.COMMAND),
    ({"type": "url_verification", "challenge": "c"}, Kind.HANDSHAKE),
    ({"type": "app_rate_limited", "team_id": "T1"}, Kind.OTHER),
    ({"type": "something_new"}, Kind.OTHER),
]


@pytest.mark.parametrize(("payload", "kind"), GENUINE)
def test_each_form_gives_what_socket_mode_gives(payload: dict[str, Any], kind: Kind) -> None:
    found = receive(body_of(payload))
    assert (found.payload, found.kind) == (payload, kind)
    assert received(payload) == found


def test_a_redelivery_has_the_same_key_and_nothing_else_has() -> None:
    keys = [
        receive(body_of(each)).key
        for each in (
            mention(),
            mention(event_id="Ev2"),
            click(),
            click("share"),
            click(action_ts="1731.6"),
            click() | {"user": {"id": "U2"}},
            click() | {"team": {"id": "T2"}},
            submission(),
            submission() | {"type": "view_closed"},
            shortcut(),
            command(),
            command(name="/supportbot"),
        )
    ]
    assert len(set(keys)) == len(keys)
    assert receive(body_of(mention("other bytes, same event"))).key == keys[0]


def test_an_interaction_of_a_whole_grid_has_no_team() -> None:
    assert received(click() | {"team": None}).key == received(click()).key


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"null",
        b"[]",
        b"{}",
        b"{",
        b'{"type": 7}',
        b'{"type": ["event_callback"]}',
        b'{"type": "event_callback"}',
        b'{"type": "event_callback", "event_id": "E", "event": []}',
        b'{"type": "event_callback", "event_id": "E", "event": {}}',
        b'{"type": "event_callback", "event_id": null, "event": {"type": "message"}}',
        b'{"type": "block_actions", "user": {"id": "U"}, "actions": []}',
        b'{"type": "block_actions", "user": {"id": "U"}, "actions": {"0": 1}}',
        b'{"type": "block_actions", "user": {"id": "U"}, "actions": [1]}',
        b'{"type": "block_actions", "actions": [{"action_id": "a", "action_ts": "1"}]}',
        b'{"type": "view_submission", "user": {"id": "U"}}',
        b'{"type": "url_verification"}',
        b"payload=",
        b"payload=7",
        b"payload={",
        b"payload=%7B%22type%22%3A%22event_callback",
        b"payload=%ff",
        b"command=/support",
        b"command=/support&user_id=U1",
        b"a;b",
        b"\xff\xfe{",
        b"\xef\xbb\xbf{}",
        b'{"a": "\xff"}',
        b'{"a": ' + b"9" * 5_000 + b"}",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"payload=" + b"[" * 100_000,
        b"&".join([b"a=1"] * 200),
    ],
)
def test_what_slack_would_not_send_is_rejected_unquoted(body: bytes) -> None:
    with pytest.raises(RejectedError) as caught:
        receive(body)
    assert len(str(caught.value)) < 80


def test_the_json_test_suite_raises_nothing_else() -> None:
    for path in shared("data", "hostile", "jsontestsuite").rglob("*.json"):
        hostile = path.read_bytes()
        for body in (hostile, b'{"type": "event_callback", "event": ' + hostile + b"}", b"payload=" + hostile):
            try:
                receive(body)
            except RejectedError:
                continue


def test_a_field_of_a_form_may_be_empty_and_any_text() -> None:
    given = command("") | {"channel_name": "größe & co = 100 % 🧾"}
    assert receive(urlencode(given).encode()).payload == given
    assert receive(b"ssl_check=1&token=x").kind is Kind.OTHER
    assert json.dumps(receive(body_of(command("+ = &"))).payload["text"]) == '"+ = &"'
