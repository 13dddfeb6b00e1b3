import json
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from bot.metrics import counted
from bot.observability import WITHHELD, Telemetry, described
from rag_core.domain import Acceptance, Answer, Cached, Outcome, QuestionId, Usage, Use
from rag_core.errors import MisconfiguredError, UnavailableError
from tests.bot.api.asking import KEYS, REFUND, SECRET, Client, callers
from tests.bot.api.test_working import ADDRESS, Sent
from tests.making import NOON

CANARY = "canary-7f3a9c canary@example.com"
USAGE = (Usage("m", 100, 20, 50, 0, 0.002), Usage("n", 1, 2, 0, 0, 0.001))


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def emf(text: str) -> list[dict[str, Any]]:
    return [line for line in lines(text) if "_aws" in line]


def sets(line: dict[str, Any]) -> Any:
    return line["_aws"]["CloudWatchMetrics"][0]["Dimensions"]


@pytest.mark.parametrize("path", ["", " down", " crash", " stall", " reject"])
@pytest.mark.parametrize("later", [False, True])
def test_no_canary_comes_out_of_any_path(
    home: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture, path: str, later: bool
) -> None:
    caplog.set_level("DEBUG")
    client = Client(home, {"deadline": 2.2 if later else 0.3})
    question = f"{REFUND} {CANARY}{path}"
    client.ask(question, later=later)
    asked = client.ask().json.get("question_id")
    client.ask(REFUND, follow_up=asked)
    rating = {"helpful": False, "comment": CANARY, "person": CANARY}
    client.call("POST", f"/answers/{asked}/rating", rating)
    client.call("POST", f"/answers/{CANARY}/rating", rating)
    client.call("POST", "/query", {"query": question, CANARY: 1})
    client.call("POST", "/query", CANARY)
    client.call("POST", "/query", {"query": CANARY}, caller=None, headers={"x-api-key": CANARY})
    client.call("GET", f"/{CANARY}", headers={"user-agent": CANARY, "x-forwarded-for": CANARY})
    for job in client.queue.jobs:
        work(client, job)
    said = client.log.getvalue() + "".join(capfd.readouterr()) + caplog.text
    assert "request" in said
    for secret in ("canary", "thirty days", KEYS["intranet"], SECRET):
        assert secret not in said, secret


def work(client: Client, job: Any) -> None:
    """As the worker's function does it, with the job's message for a body."""
    from bot.api import working
    from bot.batching import Batches
    from rag_core import messaging
    from tests.bot.api.asking import Context

    body = messaging.written(job)
    record = {"messageId": "m1", "body": body, "eventSource": "aws:sqs", "attributes": {"ApproximateReceiveCount": "1"}}
    answering = working.work(client.parts, callers(callback=ADDRESS), client.telemetry, Sent())
    batches = Batches(client.settings, answering, messaging.read, client.telemetry)
    batches.handle({"Records": [record]}, Context())


def test_what_is_ours_to_say_is_said_with_the_way_to_it(client: Client) -> None:
    client.ask(f"{REFUND} crash")
    (failed,) = [line for line in lines(client.log.getvalue()) if line["message"] == "failed"]
    assert (failed["error"], failed["request_id"], failed["level"]) == ("RuntimeError", "the-request", "ERROR")
    assert any(":draft" in frame for frame in failed["frames"])
    assert "error_message" not in failed


def test_a_message_that_quotes_the_question_is_held_back() -> None:
    question = "How do I return the blue lamp that I bought?"
    for text, shown in (
        ("OpenSearch cannot be reached: try again", True),
        (f"bad value {question!r}", False),
        ("bad value 'return the blue lam...", False),
    ):
        for kind in (UnavailableError, MisconfiguredError):
            told = described(kind(text), [question, ""])
            assert told["error_message"] == (text if shown else WITHHELD)
    assert "error_message" not in described(ValueError("x"))


def test_a_field_that_is_not_on_the_list_writes_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    stream = StringIO()
    telemetry = Telemetry(f"test-{uuid4().hex}", stream=stream)
    telemetry.log("asked", question="canary")
    assert stream.getvalue() == ""
    assert capfd.readouterr().err == "telemetry failed: KeyError\n"


def test_a_request_is_one_line_of_what_an_operator_needs(client: Client) -> None:
    asked = client.ask().json["question_id"]
    answered, request = lines(client.log.getvalue())
    assert (answered["message"], answered["outcome"], answered["question_id"]) == ("answered", "answered", asked)
    assert answered["stages_ms"].keys() >= {"retrieve", "draft", "total"}
    assert (request["status"], request["route"], request["caller"]) == (200, "/query", "intranet")


def test_metrics_are_in_the_embedded_format_a_question_by_its_status(
    client: Client, capfd: pytest.CaptureFixture[str]
) -> None:
    client.ask()
    question, rest = emf(capfd.readouterr().out)
    assert question["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "SupportBot"
    assert (question["Questions"], question["Status"], question["Channel"]) == ([1.0], "answered", "api")
    assert sets(question) == [["service", "Status"], ["service", "Channel", "Status"]]
    assert rest["LatencyRetrieve"][0] >= 0
    assert sets(rest) == [["service"]]
    client.ask("Who won the chess game on the moon?")
    assert {line.get("Status") for line in emf(capfd.readouterr().out)} == {"no_evidence", None}
    client.ask(caller="tight")
    client.ask(caller="tight")
    capfd.readouterr()
    client.ask(caller="tight")
    (over,) = emf(capfd.readouterr().out)
    assert over["OverQuota"] == [1.0]


def test_an_answer_is_counted_by_all_that_it_says() -> None:
    timings = {"embed": 2.0, "total": 5.0}
    answer = Answer(QuestionId("q"), Outcome.NO_EVIDENCE, "", (), (), 0.1, timings, usage=USAGE, degraded=("rerank",))
    assert dict(counted(answer)) == {
        "DegradedRerank": 1,
        "LatencyEmbed": 2.0,
        "LatencyTotal": 5.0,
        "LatencyFirst": 5.0,
        "InputTokens": 101,
        "OutputTokens": 22,
        "CacheReadTokens": 50,
        "CostUSD": 0.003,
    }
    read_along = replace(answer, first_ms=3.0, cached=Cached.MEANING)
    assert dict(counted(read_along)).items() >= {"LatencyFirst": 3.0, "CacheHitsMeaning": 1}.items()


def test_a_broken_log_loses_no_answer(client: Client) -> None:
    client.log.close()
    assert client.ask().status == 200


def test_a_rating_is_one_line_and_counted_once_a_verdict(client: Client, capfd: pytest.CaptureFixture[str]) -> None:
    asked = client.ask().json["question_id"]
    capfd.readouterr()
    for helpful, reason in ((False, ""), (False, "wrong"), (True, "")):
        client.call("POST", f"/answers/{asked}/rating", {"helpful": helpful, "reason": reason, "comment": "canary"})
    told = [line for line in lines(client.log.getvalue()) if line["message"] == "rated"]
    assert [(line["helpful"], line["changed"], line.get("reason")) for line in told] == [
        (False, False, None),
        (False, False, "wrong"),
        (True, True, None),
    ]
    by = [(sets(line), line["Helpful"], line["NotHelpful"]) for line in emf(capfd.readouterr().out)]
    assert by == [
        ([["service"], ["service", "Channel"]], [0.0], [1.0]),
        ([["service", "Source"]], [0.0], [1.0]),
        ([["service"], ["service", "Channel"]], [1.0], [0.0]),
        ([["service", "Source"]], [1.0], [0.0]),
    ]
    assert "canary" not in client.log.getvalue()


@pytest.mark.parametrize("use", Use)
def test_what_was_sent_is_one_line_and_counted(capfd: pytest.CaptureFixture[str], use: Use) -> None:
    stream = StringIO()
    telemetry = Telemetry(f"test-{uuid4().hex}", stream=stream)
    telemetry.accepted(Acceptance(QuestionId("q1"), use, 0.12345, False, NOON), channel="zendesk")
    (told,) = lines(stream.getvalue())
    assert told.items() >= {"message": "accepted", "use": use.value, "kept": 0.123, "shadow": False}.items()
    (metric,) = emf(capfd.readouterr().out)
    name = {Use.AS_IS: "DraftsAsIs", Use.EDITED: "DraftsEdited", Use.UNUSED: "DraftsUnused"}[use]
    assert metric[name] == [1.0]


def test_a_draft_nobody_saw_is_told_and_not_counted(capfd: pytest.CaptureFixture[str]) -> None:
    stream = StringIO()
    telemetry = Telemetry(f"test-{uuid4().hex}", stream=stream)
    telemetry.accepted(Acceptance(QuestionId("q1"), Use.AS_IS, 1.0, True, NOON), channel="zendesk")
    assert [line["shadow"] for line in lines(stream.getvalue())] == [True]
    assert "_aws" not in capfd.readouterr().out
