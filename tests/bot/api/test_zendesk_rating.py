"""The pages behind rating links, through the query API's function."""

import json
from base64 import b64encode
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import uuid4

import boto3
import pytest

from bot.api.routes import Api
from bot.observability import Telemetry
from bot.settings import Settings, load
from integrations.zendesk.linking import Links
from rag_core.domain import REASONS, Audience, PersonId, QuestionId, Rating
from rag_core.errors import MisconfiguredError, UnavailableError
from tests.bot.api.asking import Context, event
from tests.bot.api.wired import Wired
from tests.making import answer

SECRET = "dGhlIHdlYmhvb2sncyBzZWNyZXQ="  # noqa: S105
ANSWER = QuestionId("5f2c0a9be1d04c77")
BEYOND = 100 * 24 * 3600.0


def settings(home: Path, **more: Any) -> Settings:
    stated = {
        "zendesk_subdomain": "example",
        "zendesk_client_id": "supportbot",
        "zendesk_client_secret": "s",
        "zendesk_webhook_secret": SECRET,
        "public_url": "https://bot.example",
    }
    return load({}, home=str(home), embedding_model="none", **(stated | more))


@dataclass
class Reply:
    status: int
    headers: Mapping[str, str]
    html: str


@dataclass
class Desk:
    """One function, with one answer on record."""

    home: Path
    more: dict[str, Any] = field(default_factory=dict)
    log: StringIO = field(default_factory=StringIO)

    def __post_init__(self) -> None:
        stated = settings(self.home, **self.more)
        self.parts = Wired(stated)
        self.api = Api(stated, self.parts, telemetry=Telemetry(f"test-{uuid4().hex}", stream=self.log))
        asked = self.parts.question(
            "How long?", audience=Audience.PUBLIC, asked_by=PersonId("zendesk:example:5"), channel="zendesk"
        )
        self.asked = type(asked)(ANSWER, asked.text, asked.audience, asked.asked_by, "zendesk", datetime.now(UTC))
        self.parts.log.record_answer(self.asked, answer(self.asked))
        self.links = Links(SECRET, "example", "https://bot.example")

    def call(self, method: str, query: Mapping[str, str], form: Mapping[str, str] | bytes = b"") -> Reply:
        body = form if isinstance(form, bytes) else urlencode(form).encode()
        sent = event(method, "/zendesk/rate", b64encode(body).decode(), caller=None, encoded=True)
        sent["queryStringParameters"] = dict(query)
        sent["headers"]["content-type"] = "application/x-www-form-urlencoded"
        made = self.api.handle(sent, Context())
        return Reply(made["statusCode"], made["headers"], made["body"])

    def link(self, *, helpful: bool = True, question: str = ANSWER) -> dict[str, str]:
        url = self.links.url(QuestionId(question), helpful=helpful, ticket=123)
        return dict(parse_qsl(urlsplit(url).query))

    @property
    def ratings(self) -> tuple[Rating, ...]:
        return self.parts.log.answer(ANSWER).ratings


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_looking_at_a_link_changes_nothing_however_often(desk: Desk) -> None:
    for _ in range(100):
        assert desk.call("GET", desk.link()).status == 200
        assert (desk.call("HEAD", desk.link()).status, desk.call("HEAD", desk.link()).html) == (200, "")
    for method in ("OPTIONS", "PUT", "DELETE", "PATCH"):
        assert desk.call(method, desk.link()).status == 405
    assert desk.ratings == ()


def test_the_button_records_it_for_the_tickets_note(desk: Desk) -> None:
    page = desk.call("GET", desk.link())
    assert page.html.count("<button>") == 1
    assert 'method="post"' in page.html
    done = desk.call("POST", desk.link())
    assert (done.status, "Recorded: the draft helped" in done.html) == (200, True)
    (rating,) = desk.ratings
    assert (rating.person, rating.helpful, rating.reason) == ("zendesk:example:ticket:123", True, "")


def test_pressed_a_hundred_times_it_is_one_rating_and_told_once(desk: Desk) -> None:
    for _ in range(100):
        assert desk.call("POST", desk.link(helpful=False)).status == 200
    assert len(desk.ratings) == 1
    assert desk.log.getvalue().count('"message":"rated"') == 1


def test_pressed_by_many_at_once_it_is_one_rating(desk: Desk, tmp_path: Path) -> None:
    others = [Desk(tmp_path) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        pages = list(pool.map(lambda number: others[number % 4].call("POST", desk.link()), range(4), timeout=30))
    assert [page.status for page in pages] == [200] * 4
    assert len(desk.ratings) == 1


def test_reasons_and_a_comment_can_be_given_and_changed(desk: Desk) -> None:
    page = desk.call("POST", desk.link(helpful=False))
    assert [reason for reason in REASONS if f'value="{reason}"' in page.html] == list(REASONS)
    more = {"more": "1", "reason": "outdated", "comment": "It is\r\nsixty days now."}
    page = desk.call("POST", desk.link(helpful=False), more)
    assert 'value="outdated" checked' in page.html
    assert "It is\nsixty days now.</textarea>" in page.html
    (rating,) = desk.ratings
    assert (rating.helpful, rating.reason, rating.comment) == (False, "outdated", "It is\nsixty days now.")
    desk.call("POST", desk.link(helpful=False))  # the first button again: what was said stays
    assert desk.ratings[0].reason == "outdated"
    desk.call("POST", desk.link(helpful=False), {"more": "1", "reason": "wrong", "comment": ""})
    assert (desk.ratings[0].reason, desk.ratings[0].comment) == ("wrong", "")
    desk.call("POST", desk.link())  # another verdict takes its place
    assert [(each.helpful, each.reason) for each in desk.ratings] == [(True, "")]
    assert "reason" not in desk.call("POST", desk.link()).html
    desk.call("POST", desk.link(), {"more": "1", "comment": "Nice."})
    assert [(each.helpful, each.comment) for each in desk.ratings] == [(True, "Nice.")]


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"more": "1", "reason": "because"}, 400),
        ({"more": "1", "comment": "x" * 2_001}, 400),
        ({"more": "1", "comment": "x" * 70_000}, 400),
        ({str(number): "x" for number in range(50)}, 400),
        (b"more=1&comment=%ff", 400),
        (b"\xff\xfe", 400),
        (b"%%%;&&&===", 200),
    ],
)
def test_a_form_that_is_none_records_nothing_it_says(desk: Desk, form: Any, status: int) -> None:
    assert desk.call("POST", desk.link(helpful=False), form).status == status
    assert [(each.reason, each.comment) for each in desk.ratings] in ([], [("", "")])
    desk.call("POST", desk.link(helpful=False), {"more": "1", "reason": "wrong"})
    again = desk.call("POST", desk.link(helpful=False), form)
    assert (again.status, desk.ratings[0].reason) == (status, "wrong")


def test_a_comment_of_the_longest_kind_is_taken_as_a_browser_sends_it(desk: Desk) -> None:
    comment = "🧾\n" * 1_000
    form = {"more": "1", "comment": comment.replace("\n", "\r\n")}
    assert desk.call("POST", desk.link(), form).status == 200
    assert desk.ratings[0].comment == comment.strip()


def test_what_a_person_writes_comes_back_as_text(desk: Desk) -> None:
    hostile = "</textarea><script>alert(1)</script>\"'&"
    page = desk.call("POST", desk.link(), {"more": "1", "comment": hostile})
    assert "<script" not in page.html
    assert "&lt;/textarea&gt;&lt;script&gt;" in page.html
    assert "alert" not in desk.log.getvalue()


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize(
    ("change", "status"),
    [({"v": "0"}, 403), ({"t": "124"}, 403), ({"s": ""}, 403), ({"a": "<script>canary"}, 403), ({"e": "1"}, 403)],
)
def test_a_link_that_was_changed_gets_a_page_that_says_so(
    desk: Desk, method: str, change: dict[str, str], status: int
) -> None:
    page = desk.call(method, desk.link() | change)
    assert page.status == status
    assert "canary" not in page.html + desk.log.getvalue()
    assert method == "HEAD" or "Nothing was recorded" in page.html or "nothing was recorded" in page.html
    assert desk.ratings == ()


def test_an_expired_link_and_one_to_a_forgotten_answer_get_theirs(desk: Desk) -> None:
    desk.links = Links(SECRET, "example", "https://bot.example", clock=lambda: datetime.now(UTC).timestamp() - BEYOND)
    expired = desk.link()
    desk.links = Links(SECRET, "example", "https://bot.example")
    assert [desk.call(method, expired).status for method in ("GET", "POST")] == [410, 410]
    assert desk.call("POST", desk.link(question="0123456789abcdef")).status == 404
    assert desk.ratings == ()


def test_a_store_that_is_down_is_said_and_told_to_the_operator(desk: Desk) -> None:
    class Down:
        def answer(self, _question: QuestionId) -> None:
            raise UnavailableError("DynamoDB does not answer")

    desk.parts.__dict__["log"] = Down()
    page = desk.call("POST", desk.link())
    assert (page.status, page.headers["Retry-After"], "Try again" in page.html) == (503, "30", True)
    assert "DynamoDB does not answer" in desk.log.getvalue()


def test_every_page_is_sealed(desk: Desk) -> None:
    for page in (desk.call("GET", desk.link()), desk.call("POST", desk.link()), desk.call("GET", {})):
        policy = page.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "unsafe" not in policy
        told = "same-origin" if "<form" in page.html else "no-referrer"  # without any, a form has no origin
        assert (page.headers["Referrer-Policy"], page.headers["Cache-Control"]) == (told, "no-store")
        assert page.headers["Content-Type"].startswith("text/html")
        assert "src=" not in page.html
        assert "href=" not in page.html
    assert "form-action 'self'" in desk.call("GET", desk.link()).headers["Content-Security-Policy"]
    assert "form-action 'none'" in desk.call("GET", {}).headers["Content-Security-Policy"]


def test_the_log_names_route_and_channel_and_no_link(desk: Desk) -> None:
    desk.call("POST", desk.link(helpful=False), {"more": "1", "reason": "outdated", "comment": "canary-8"})
    lines = [json.loads(line) for line in desk.log.getvalue().splitlines()]
    (request,) = [line for line in lines if line["message"] == "request"]
    assert (request["route"], request["channel"], request["status"]) == ("/zendesk/rate", "zendesk", 200)
    (rated,) = [line for line in lines if line["message"] == "rated"]
    assert (rated["channel"], rated["helpful"], rated["reason"]) == ("zendesk", False, "outdated")
    assert "canary" not in desk.log.getvalue()
    assert desk.link()["s"] not in desk.log.getvalue()


def test_without_callers_the_function_serves_its_pages_and_answers_nobody(desk: Desk) -> None:
    sent = event("POST", "/query", {"query": "How long?"}, caller="intranet")
    assert desk.api.handle(sent, Context())["statusCode"] == 401
    assert desk.call("GET", desk.link()).status == 200


def test_without_zendesk_there_is_no_such_page_and_without_callers_no_function(tmp_path: Path) -> None:
    with pytest.raises(MisconfiguredError, match="no callers"):
        Api(Settings(home=str(tmp_path)), Wired(Settings(home=str(tmp_path))))
    with pytest.raises(MisconfiguredError, match="no callers"):
        Api(settings(tmp_path, api_callers="[]"), Wired(settings(tmp_path)))


def test_a_secret_that_cannot_be_read_stops_the_pages_alone(tmp_path: Path, aws_url: str) -> None:
    boto3.client("secretsmanager").create_secret(Name="zendesk/empty", SecretString=" ")
    more = {"aws_url": aws_url, "region": "eu-central-1"}
    for named, status in (("secret:zendesk/none", 500), ("secret:zendesk/empty", 500)):
        broken = Desk(tmp_path, more | {"zendesk_webhook_secret": named})
        assert broken.call("GET", broken.link()).status == status
        assert "Nothing was recorded" in broken.call("POST", broken.link()).html
        assert broken.api.handle(event("GET", "/openapi.json", caller=None), Context())["statusCode"] == 200
