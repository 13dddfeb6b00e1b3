"""What the sidebar's endpoints refuse, and how they say so."""

import pytest

from bot.api.sidebar_access import QUOTA
from tests.bot.api.asking import REFUND
from tests.bot.api.signing import Zendesk, drafted, token


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (None, "empty"),
        ("nonsense", "not JSON"),
        ({"query": ""}, "query"),
        ({"query": "  "}, "empty"),
        ({"query": "a" * 4001}, "<= 4000"),
        ({"query": "a", "audience": "internal"}, "`audience`"),
        ({"query": 7}, "query: expected a string"),
    ],
)
def test_a_question_that_is_none_is_refused_with_its_reason(zendesk: Zendesk, body: object, said: str) -> None:
    refused = zendesk.call("POST", "/ask", body)
    assert (refused.status, refused.code) == (400, "bad_request")
    assert said in refused.message


@pytest.mark.parametrize(
    "body",
    [{"instruction": "x" * 201}, {"question": "x" * 4001}, {"instruction": 1}, {"helpful": True}, {"sources": []}],
)
def test_a_wish_that_is_none_is_refused(zendesk: Zendesk, body: object) -> None:
    assert zendesk.redraft(body).status == 400


@pytest.mark.parametrize(
    "body", [{}, {"helpful": "yes"}, {"helpful": False, "reason": "angry"}, {"helpful": True, "comment": "x" * 2001}]
)
def test_a_vote_that_is_none_is_refused(zendesk: Zendesk, body: object) -> None:
    assert zendesk.rate(drafted(zendesk), body).status == 400


def test_too_large_a_body_is_refused(zendesk: Zendesk) -> None:
    assert zendesk.call("POST", "/ask", "x" * 40_000).status == 413


@pytest.mark.parametrize("ticket", ["0", "-1", "1.5", "abc", "9" * 19, "٧", "7%2F..", "%00"])
def test_what_is_no_tickets_number_is_not_there(zendesk: Zendesk, ticket: str) -> None:
    assert zendesk.draft(ticket).status == 404


def test_another_method_is_told_which_there_are(zendesk: Zendesk) -> None:
    asked = (("GET", "/ask"), ("PUT", "/tickets/7/draft"), ("GET", "/answers/0123456789abcdef/rating"))
    for (method, path), allowed in zip(asked, ("POST", "GET, POST", "POST"), strict=True):
        refused = zendesk.call(method, path)
        assert (refused.status, refused.headers["Allow"]) == (405, allowed)
    assert zendesk.call("GET", "/tickets/7/8/draft").status == 404


def test_an_installation_has_a_quota_whichever_agent_asks(zendesk: Zendesk) -> None:
    drafted(zendesk)
    asked = 0
    while (refused := zendesk.ask("?", signed=token(sub=str(asked + 1)))).status == 200:
        asked += 1
    assert refused.status == 429
    assert QUOTA <= asked < QUOTA * 2  # which refills while it is spent
    assert int(refused.headers["Retry-After"]) >= 1
    assert zendesk.draft().status == 200  # to look costs nothing
    assert zendesk.client.ask().status == 200  # others have their own


@pytest.mark.parametrize(
    ("question", "left", "status"), [("down", 29_000, 503), ("crash", 29_000, 500), ("stall", 1_600, 504)]
)
def test_what_fails_says_whether_to_try_again(zendesk: Zendesk, question: str, left: int, status: int) -> None:
    failed = zendesk.ask(f"{REFUND} {question}", left=left)
    assert failed.status == status
    assert ("Retry-After" in failed.headers) == (status != 500)
    assert REFUND not in zendesk.client.log.getvalue()


def test_nothing_of_another_site_is_given_leave(zendesk: Zendesk) -> None:
    headers = zendesk.draft().headers
    assert not [name for name in headers if name.lower().startswith("access-control")]
    assert headers["Cache-Control"] == "no-store"
