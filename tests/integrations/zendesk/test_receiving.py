"""Two forms in, a ticket's number out; of everything else nothing."""

from typing import Any

import pytest

from integrations.zendesk.receiving import Received, receive
from rag_core.errors import RejectedError
from tests.integrations.zendesk.sending import body_of, event, triggered
from tests.shared import shared


@pytest.mark.parametrize(
    ("payload", "found"),
    [
        (triggered("123"), Received("trigger", "123")),
        (triggered(123), Received("trigger", "123")),
        (triggered("123", title="canary", type="question"), Received("trigger", "123")),
        (event(), Received("ticket.created", "123")),
        (event("ticket.comment_added", "35436"), Received("ticket.comment_added", "35436")),
        (event(detail={"id": 123}), Received("ticket.created", "123")),
        (event("ticket.status_changed"), Received("other")),
        (event("user.created", subject="zen:user:1"), Received("other")),
        ({"type": "zen:event-type:article.published"}, Received("other")),
        (event("ticket.something_new"), Received("other")),
    ],
)
def test_each_form_gives_the_ticket_or_is_none_of_ours(payload: dict[str, Any], found: Received) -> None:
    assert receive(body_of(payload)) == found


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"null",
        b"[]",
        b"{}",
        b"{",
        b"123",
        b'"123"',
        b"\xff\xfe{",
        b"\xef\xbb\xbf{}",
        b'{"ticket_id": "\xff"}',
        b'{"ticket_id": "5", "title": "a " quotation"}',
        b'{"ticket_id": ' + b"9" * 5_000 + b"}",
        b"[" * 100_000,
        b'{"ticket_id": "1", "x": ' * 100_000,
        *(
            body_of(triggered(number))
            for number in (
                None,
                True,
                0,
                -1,
                1.0,
                1 << 63,
                "",
                "0",
                "007",
                "-1",
                " 1",
                "1\n",
                "१२३",
                "{{ticket.id}}",
                [1],
            )
        ),
        body_of({"ticket": "123"}),
        body_of({"type": "ticket.created"}),
        body_of({"type": ["zen:event-type:ticket.created"]}),
        body_of({"type": "zen:event-type:ticket.created"}),
        body_of(event(subject="zen:user:123")),
        body_of(event(subject="zen:ticket:0")),
        body_of(event(subject="zen:ticket:123\n")),
        body_of(event(subject=7)),
        body_of(event(detail=None)),
        body_of(event(detail={})),
        body_of(event(detail={"id": "124"})),
    ],
)
def test_what_zendesk_would_not_send_is_rejected_unquoted(body: bytes) -> None:
    with pytest.raises(RejectedError) as caught:
        receive(body)
    assert len(str(caught.value)) < 100


def test_the_json_test_suite_raises_nothing_else() -> None:
    for path in shared("data", "hostile", "jsontestsuite").rglob("*.json"):
        hostile = path.read_bytes()
        about = b'{"type": "zen:event-type:ticket.created", "subject": '
        for body in (hostile, b'{"ticket_id": ' + hostile + b"}", about + hostile + b"}"):
            try:
                receive(body)
            except RejectedError:
                continue
