"""Slack's request URL under Lambda's own runtime."""

import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import boto3
import pytest

from bot.arriving import SLACK, ZENDESK
from rag_core.messaging import read
from tests.bot.handlers.starting import account
from tests.integrations.slack.sending import SECRET, body_of, click, command, mention, signed
from tests.services.lambda_runtime import Function, lambda_function
from tests.services.ports import free_port

INGRESS = "bot.handlers.ingress.handle"


def environment(aws_url: str, queue_url: str, **more: str) -> dict[str, str]:
    stated = {
        "slack_signing_secret": SECRET,
        "slack_bot_token": "xoxb-1",
        "slack_url": f"http://127.0.0.1:{free_port()}/api/",
        "queue_url": queue_url,
        "aws_url": aws_url,
    }
    return {f"SUPPORTBOT_{name.upper()}": value for name, value in (stated | more).items()} | account(aws_url)


def queue() -> str:
    return str(boto3.client("sqs").create_queue(QueueName="jobs")["QueueUrl"])


def waiting(url: str) -> list[dict[str, Any]]:
    found = boto3.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    return [json.loads(read(message["Body"]).event or "") for message in found]


def post(function: Function, body: bytes, *, secret: str = SECRET, encoded: bool = False) -> dict[str, Any]:
    text = b64encode(body).decode() if encoded else body.decode(errors="replace")
    headers = {name.lower(): value for name, value in signed(body, secret).items()}
    status, reply = function.invoke(
        {"version": "2.0", "rawPath": SLACK, "headers": headers, "body": text, "isBase64Encoded": encoded}
    )
    assert status == 200
    found: dict[str, Any] = reply
    return found


def test_what_slack_sends_waits_in_the_queue_and_a_forger_waits_for_nothing(aws_url: str) -> None:
    url = queue()
    with lambda_function(INGRESS, environment(aws_url, url)) as function:
        canary = mention("canary-3391 <@UBOT>")
        statuses = [
            post(function, body_of(canary))["statusCode"],
            post(function, body_of(canary), encoded=True)["statusCode"],
            post(function, body_of(click("share", "canary-3391")))["statusCode"],
            post(function, body_of(mention()), secret="another")["statusCode"],
            post(function, b"\xff\xfe", encoded=True)["statusCode"],
            post(function, b"canary-3391")["statusCode"],
            function.invoke({})[1]["statusCode"],
            function.invoke({"rawPath": SLACK})[1]["statusCode"],
            function.invoke({"rawPath": SLACK, "headers": None, "body": 7, "isBase64Encoded": True})[1]["statusCode"],
            function.invoke({"rawPath": ZENDESK})[1]["statusCode"],
        ]
        assert statuses == [200, 200, 200, 401, 400, 400, 404, 401, 401, 404]
        assert json.loads(post(function, b'{"type":"url_verification","challenge":"c"}')["body"]) == {"challenge": "c"}
        assert "> How" in post(function, body_of(command()))["body"]
        said = function.log
    assert [event.get("type", event.get("command")) for event in waiting(url)].count("event_callback") == 2
    lines = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    assert {line["status"] for line in lines if line.get("message") == "request"} == {200, 400, 401, 404}
    assert not any("_aws" in line for line in lines)  # API Gateway counts requests
    assert "canary" not in said
    assert "Traceback" not in said


@pytest.mark.usefixtures("aws_url")
def test_with_the_queue_down_slack_is_asked_to_call_again() -> None:
    gone = f"http://127.0.0.1:{free_port()}"
    with lambda_function(INGRESS, environment(gone, f"{gone}/123456789012/jobs")) as function:
        reply = post(function, body_of(mention()))
    assert (reply["statusCode"], int(reply["headers"]["Retry-After"]) >= 1) == (503, True)


def test_a_modal_that_does_not_open_loses_no_click(aws_url: str) -> None:
    url = queue()
    with lambda_function(INGRESS, environment(aws_url, url)) as function:
        assert post(function, body_of(click()))["statusCode"] == 200
        assert '"not_opened"' in function.log
    assert [event["actions"][0]["action_id"] for event in waiting(url)] == ["rate"]


def test_the_secret_may_stand_in_secrets_manager(aws_url: str) -> None:
    url = queue()
    boto3.client("secretsmanager").create_secret(Name="slack/signing", SecretString=SECRET)
    stated = environment(aws_url, url, slack_signing_secret="secret:slack/signing")
    with lambda_function(INGRESS, stated) as function:
        assert post(function, body_of(mention()))["statusCode"] == 200
        assert post(function, body_of(mention()), secret="secret:slack/signing")["statusCode"] == 401


def test_without_a_secret_the_function_does_not_start(aws_url: str) -> None:
    with lambda_function(INGRESS, environment(aws_url, queue(), slack_signing_secret="")) as function:
        answer = function.invoke({})[1]
        assert "MisconfiguredError" in function.log
    assert "statusCode" not in str(answer)


def test_nothing_of_what_answers_is_imported_for_it() -> None:
    import subprocess
    import sys

    heavy = (
        "rag_core.domain",
        "slack_bolt",
        "slack_sdk",
        "boto3",
        "botocore",
        "aws_lambda_powertools",
        "tantivy",
        "rag_core.answering",
    )
    code = f"import sys, bot.arriving; print([name for name in {heavy} if name in sys.modules])"
    root = Path(__file__).resolve().parents[3]
    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=root).stdout
    assert said.strip() == "[]"
