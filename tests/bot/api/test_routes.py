import json
import time
import warnings
from base64 import b64encode
from pathlib import Path

import pytest

from tests.bot.api.asking import REFUND, Client, Context, callers, reply

PAGER = "Where does the escalation pager of the warehouse ring?"


def test_an_answer_is_what_supportbot_ask_prints(client: Client) -> None:
    answer = client.ask()
    assert (answer.status, answer.json["outcome"]) == (200, "answered")
    assert "thirty days" in answer.json["text"]
    expected = {"question_id", "outcome", "text", "citations", "passages", "confidence", "timings_ms"}
    assert expected <= answer.json.keys()
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_key_may_come_in_either_header(client: Client) -> None:
    headers = {"x-api-key": "key-of-the-website-00002"}
    assert client.call("POST", "/query", {"query": REFUND}, caller=None, headers=headers).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer "},
        {"authorization": "Bearer wrong"},
        {"authorization": "key-of-the-intranet-0001"},
        {"authorization": "Basic key-of-the-intranet-0001"},
        {"x-api-key": "key-of-the-intranet-000"},
        {"x-api-key": "key-of-the-intranet-0001" + " " * 600 + "x"},
        {"x-api-key": "\ud800"},
    ],
)
@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/query"), ("GET", "/answers/0123456789abcdef"), ("POST", "/answers/00/rating")]
)
def test_without_a_valid_key_nothing_is_done(client: Client, headers: dict[str, str], method: str, path: str) -> None:
    refused = client.call(method, path, {"query": REFUND}, caller=None, headers=headers)
    assert (refused.status, refused.code) == (401, "unauthorized")
    assert refused.headers["WWW-Authenticate"] == "Bearer"
    assert client.parts.drafts == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (None, "empty"),
        ("", "empty"),
        ("   ", "empty"),
        ("hello", "not JSON"),
        ('{"query": "a"', "not JSON"),
        ('{"query": NaN}', "not JSON"),
        ('{"query": "\ud800"}', "UTF-8"),
        ("[" * 30_000, "an object"),
        ('{"x": ' * 5_000, "unknown field `x`"),
        ('{"query": ' + "[" * 10_000, "got an array"),
        ('"text"', "expected an object"),
        ("null", "expected an object"),
        ({}, "query"),
        ({"query": None}, "query: expected a string"),
        ({"query": 5}, "query: expected a string, got a number"),
        ({"query": ["a"]}, "query: expected a string, got an array"),
        ({"query": ""}, "query: "),
        ({"query": "  \n\t "}, "query: the question is empty"),
        ({"query": "\u0000\u0000"}, "query: the question is empty"),
        ({"query": "\u200b\u200b"}, "query: the question is empty"),
        ({"query": " \u2060\ufeff\u00ad\u200d\ufe0f\u3164\u2800"}, "query: the question is empty"),
        ({"query": "a" * 4001}, "query: expected a string of length <= 4000"),
        ({"query": REFUND, "audience": "everyone"}, "audience"),
        ({"query": REFUND, "audience": 1}, "audience: expected a string or null, got a number"),
        ({"query": REFUND, "audiance": "internal"}, "`audiance`"),
        ({"query": REFUND, "async": "true"}, "async: expected true or false"),
        ({"query": REFUND, "async": 1}, "async: expected true or false"),
        ({"query": REFUND, "follow_up": 7}, "follow_up: expected a string or null, got a number"),
        ({"query": REFUND, "object": 7}, "unknown field `object`"),
        ({"query": REFUND, "follow_up": "nonsense"}, "follow_up: there is no such answer"),
        ({"query": REFUND, "follow_up": "a" * 65}, "follow_up: "),
    ],
)
def test_a_wrong_request_is_told_what_is_wrong(client: Client, body: object, said: str) -> None:
    refused = client.call("POST", "/query", body)
    assert (refused.status, refused.code) == (400, "bad_request")
    assert said in refused.message
    assert refused.json["error"]["request_id"] == "the-request"
    assert client.parts.drafts == []


def test_a_field_of_any_length_is_named_in_a_short_message(client: Client) -> None:
    assert len(client.call("POST", "/query", {"query": REFUND, "x" * 20_000: 1}).message) <= 300


def test_four_thousand_characters_are_taken(client: Client) -> None:
    assert client.ask("é" * 4000).status == 200


@pytest.mark.parametrize("query", ["?", "क्षि", "🤷🏽\u200d♀️", "می\u200cخواهم", "e\u0301"])
def test_whatever_can_be_read_is_a_question(client: Client, query: str) -> None:
    assert client.ask(query).status == 200


def test_of_a_field_that_stands_twice_the_last_counts(client: Client) -> None:
    body = '{"query": "x", "audience": "internal", "audience": "public", "query": ' + json.dumps(PAGER) + "}"
    assert client.call("POST", "/query", body).json["outcome"] != "answered"


def test_a_body_may_be_encoded(client: Client) -> None:
    body = b64encode(json.dumps({"query": REFUND}).encode()).decode()
    assert client.call("POST", "/query", body, encoded=True).json["outcome"] == "answered"


@pytest.mark.parametrize(
    "body",
    [
        "{}",
        "%%%",
        "ä",
        b64encode(b'{"query": "\xff\xfe"}').decode(),
        "AAA",
        "\ud800",
        "!" + b64encode(b'{"query": "a"}').decode(),
    ],
)
def test_an_encoded_body_that_is_none_is_refused(client: Client, body: str) -> None:
    assert client.call("POST", "/query", body, encoded=True).status == 400


@pytest.mark.parametrize("encoded", [False, True])
def test_a_large_body_is_refused_unread(client: Client, encoded: bool) -> None:
    for size, status in ((32 * 1024, 400), (32 * 1024 + 1, 413), (5_000_000, 413)):
        body = b64encode(b"{" * size).decode() if encoded else "{" * size
        assert client.call("POST", "/query", body, encoded=encoded).status == status
    assert client.call("POST", "/query", "ä" * 16_385).code == "too_large"  # bytes count, not characters


def test_a_caller_asks_only_what_it_may(client: Client) -> None:
    refused = client.ask(PAGER, "website", audience="internal")
    assert (refused.status, refused.code) == (403, "forbidden")
    assert "Lisbon" not in json.dumps(client.ask(PAGER, "website").json)
    assert "Lisbon" in client.ask(PAGER, "intranet", audience="internal").json["text"]


def test_the_default_is_the_narrowest_audience(client: Client) -> None:
    assert "Lisbon" not in json.dumps(client.ask(PAGER, "intranet").json)


def test_a_caller_is_answered_from_its_sources(home: Path) -> None:
    client = Client(home)
    everything = list(client.parts.index.sources())
    (public,) = [source for source in everything if source.endswith("/public")]
    client.api._callers = callers(sources=[public])
    assert "Lisbon" not in json.dumps(client.ask(PAGER, audience="internal").json)
    assert client.ask().json["outcome"] == "answered"


def test_over_its_quota_a_caller_is_told_when_to_come_again(client: Client) -> None:
    assert [client.ask(caller="tight").status for _ in range(3)] == [200, 200, 429]
    refused = client.ask(caller="tight")
    assert (refused.code, 1 <= int(refused.headers["Retry-After"]) <= 31) == ("over_quota", True)
    assert client.ask(caller="website").status == 200
    assert len(client.parts.drafts) == 3


def test_what_is_down_is_said_with_the_time_to_come_again(client: Client) -> None:
    refused = client.ask(f"{REFUND} down")
    assert (refused.status, refused.code, refused.headers["Retry-After"]) == (503, "unavailable", "7")
    client.queue.down = True
    refused = client.ask(later=True)
    assert (refused.status, refused.headers["Retry-After"]) == (503, "3")


def test_a_crash_is_told_without_its_trace(
    client: Client, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for name in ("POWERTOOLS_DEV", "POWERTOOLS_DEBUG"):
        monkeypatch.setenv(name, "true")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Powertools warns of both
        refused = Client(client.home).ask(f"{REFUND} crash")
    assert (refused.status, refused.code) == (500, "internal")
    assert not {"Traceback", "RuntimeError", "refund"} & set(json.dumps(refused.json).split())
    assert "refund" not in capfd.readouterr().out  # in its development mode Powertools prints every event


def test_without_an_index_only_the_log_says_why(tmp_path: Path) -> None:
    client = Client(tmp_path)
    refused = client.ask()
    assert (refused.status, refused.code) == (500, "misconfigured")
    assert "ingest" not in refused.message
    assert str(tmp_path) in client.log.getvalue()
    assert client.call("GET", "/health", caller=None).status == 503


def test_past_the_deadline_it_says_so(home: Path) -> None:
    client = Client(home, {"deadline": 0.3})
    for how in ("stall", "tardy"):
        refused = client.ask(f"{REFUND} {how}")
        assert (refused.status, refused.code, "Retry-After" in refused.headers) == (504, "too_slow", True)


def test_what_lambda_leaves_ends_before_lambda_does(client: Client) -> None:
    started = time.monotonic()
    refused = client.call("POST", "/query", {"query": f"{REFUND} stall"}, left=3000)
    assert refused.status == 504
    assert time.monotonic() - started < 3


def test_health_needs_no_key_and_says_no_more(client: Client) -> None:
    assert client.call("GET", "/health", caller=None).json == {"status": "ok"}


def test_another_method_or_path_is_told_so(client: Client) -> None:
    for method, path, allowed in (("GET", "/query", "POST"), ("DELETE", "/answers/0123456789abcdef", "GET")):
        refused = client.call(method, path)
        assert (refused.status, refused.headers["Allow"]) == (405, allowed)
    assert client.call("GET", "/admin").status == 404


@pytest.mark.parametrize("damaged", [{}, {"rawPath": "/query"}, {"requestContext": {"http": {}}}, {"Records": []}])
def test_an_event_that_is_none_gets_our_json(client: Client, damaged: dict[str, object]) -> None:
    assert reply(client.api.handle(damaged, Context())).code == "internal"


def test_a_question_for_later_is_sent_and_pending(client: Client) -> None:
    taken = client.ask(later=True)
    name = taken.json["question_id"]
    assert (taken.status, taken.json) == (202, {"status": "pending", "question_id": name})
    (job,) = client.queue.jobs
    assert job.question is not None
    assert (job.id, job.question.id, job.question.asked_by) == (name, name, "api:intranet")
    pending = client.call("GET", f"/answers/{name}")
    assert (pending.status, pending.json["status"], "Retry-After" in pending.headers) == (202, "pending", True)
    assert client.call("GET", f"/answers/{name}", caller="website").status == 404
    assert client.call("POST", f"/answers/{name}/rating", {"helpful": True}).status == 409
    assert client.call("GET", f"/answers/{name[:-1]}{(int(name[-1], 16) + 1) % 16:x}").status == 404


def test_without_a_queue_nothing_can_wait(client: Client) -> None:
    client.parts._queue = None
    refused = client.ask(later=True)
    assert (refused.status, refused.message[:6]) == (400, "async:")
