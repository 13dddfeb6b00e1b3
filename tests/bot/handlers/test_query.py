import json
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from tests.bot.api.asking import REFUND
from tests.bot.handlers.starting import QUERY, account, ask, call, environment
from tests.fakes.bedrock.fake import BedrockFake
from tests.services.lambda_runtime import Function, lambda_function
from tests.services.ports import free_port

MODEL = "us.anthropic.claude-haiku-5-5"


@pytest.fixture(scope="module")
def lexical(ingested: Path) -> Iterator[Function]:
    with lambda_function(QUERY, environment(ingested)) as function:
        yield function


def test_a_question_is_answered_read_and_rated(lexical: Function) -> None:
    answer = ask(lexical, REFUND)
    assert (answer.status, answer.json["outcome"]) == (200, "answered")
    path = f"/answers/{answer.json['question_id']}"
    assert call(lexical, "GET", path).json["text"] == answer.json["text"]
    assert call(lexical, "POST", f"{path}/rating", {"helpful": True}).status == 200
    assert call(lexical, "GET", path, caller="website").status == 404
    assert ask(lexical, "And then?", follow_up=answer.json["question_id"]).status == 200


def test_every_refusal_comes_through_lambda(lexical: Function) -> None:
    statuses = [
        call(lexical, "POST", "/query", "{").status,
        call(lexical, "POST", "/query", {"query": REFUND}, caller=None).status,
        ask(lexical, REFUND, "website", audience="internal").status,
        call(lexical, "GET", "/answers/0123456789abcdef").status,
        call(lexical, "PUT", "/query").status,
        call(lexical, "POST", "/query", "x" * 40_000).status,
        [ask(lexical, REFUND, "tight").status for _ in range(3)][-1],
        call(lexical, "GET", "/health", caller=None).status,
        call(lexical, "GET", "/openapi.json", caller=None).status,
        call(lexical, "POST", "/query", b64encode(b"\xff\x00").decode(), encoded=True).status,
    ]
    assert statuses == [400, 401, 403, 404, 405, 413, 429, 200, 200, 400]


def test_the_log_has_a_line_a_request_and_metrics(lexical: Function) -> None:
    ask(lexical, f"{REFUND} canary-5521")
    said = lexical.log
    lines = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    assert any(line.get("message") == "answered" for line in lines)
    assert any("_aws" in line for line in lines)
    assert "canary-5521" not in said
    assert "Traceback" not in said


def test_without_a_caller_the_function_does_not_start(ingested: Path) -> None:
    with lambda_function(QUERY, environment(ingested, api_callers="")) as function:
        _, answer = function.invoke({})
        assert "MisconfiguredError" in function.log
        assert "statusCode" not in str(answer)


def bedrock(fake: BedrockFake, home: Path, **more: str) -> dict[str, str]:
    return environment(home, answer_model=MODEL, region="us-east-1", **more) | fake.environment()


def test_with_a_model_it_answers_and_says_when_that_is_down(home: Path) -> None:
    with BedrockFake() as fake, lambda_function(QUERY, bedrock(fake, home)) as function:
        answer = ask(function, REFUND)
        assert (answer.status, answer.json["outcome"]) == (200, "answered")
        assert '"InputTokens"' in function.log
        with fake.down():
            refused = ask(function, "How many days until the refund of a return arrives?")
        assert (refused.status, refused.code) == (503, "unavailable")
        assert int(refused.headers["Retry-After"]) >= 1


def test_a_model_that_never_answers_is_said_before_lambda_ends_it(home: Path) -> None:
    with BedrockFake() as fake:
        fake.fail("*", with_="stall", times=None)
        with lambda_function(QUERY, bedrock(fake, home, read_timeout="60"), timeout=8) as function:
            refused = ask(function, REFUND)
            assert (refused.status, refused.code) in ((503, "unavailable"), (504, "too_slow"))


def test_later_goes_through_the_queue(home: Path, aws_url: str) -> None:
    url = boto3.client("sqs").create_queue(QueueName="jobs")["QueueUrl"]
    env = environment(home, queue_url=url, aws_url=aws_url) | account(aws_url)
    with lambda_function(QUERY, env) as function:
        taken = ask(function, REFUND, later=True)
        assert (taken.status, taken.json["status"]) == (202, "pending")
        assert call(function, "GET", f"/answers/{taken.json['question_id']}").status == 202
    env = environment(home, queue_url=url, aws_url=f"http://127.0.0.1:{free_port()}") | account(aws_url)
    with lambda_function(QUERY, env) as function:
        assert ask(function, REFUND, later=True).status == 503


def test_a_traced_function_answers_all_the_same(home: Path) -> None:
    env = environment(home, tracing="true") | {"AWS_XRAY_DAEMON_ADDRESS": f"127.0.0.1:{free_port()}"}
    with lambda_function(QUERY, env) as function:
        assert ask(function, REFUND).status == 200
        assert ask(function, f"{REFUND} canary-8812").status == 200
        assert "canary-8812" not in function.log
