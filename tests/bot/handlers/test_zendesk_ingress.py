"""Zendesk's webhook under Lambda's own runtime, in the function that is Slack's request URL too."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
import pytest

from bot.arriving import SLACK, ZENDESK
from rag_core.jobs import Job, JobKind
from rag_core.messaging import read
from tests.bot.handlers import test_ingress as slack
from tests.bot.handlers.starting import account
from tests.bot.handlers.test_ingress import INGRESS, queue
from tests.integrations.slack.sending import body_of as slack_body
from tests.integrations.slack.sending import mention
from tests.integrations.zendesk.sending import SECRET, body_of, event, signed, triggered
from tests.services.lambda_runtime import Function, lambda_function
from tests.services.ports import free_port

OAUTH = {"zendesk_subdomain": "example", "zendesk_client_id": "supportbot", "zendesk_client_secret": "s"}


def environment(aws_url: str, queue_url: str, **more: str) -> dict[str, str]:
    stated = {"zendesk_webhook_secret": SECRET, "queue_url": queue_url, "aws_url": aws_url} | OAUTH | more
    return {f"SUPPORTBOT_{name.upper()}": value for name, value in stated.items()} | account(aws_url)


def waiting(url: str) -> list[Job]:
    found = boto3.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    return [read(message["Body"]) for message in found]


def post(function: Function, body: bytes, *, secret: str = SECRET, path: str = ZENDESK) -> dict[str, Any]:
    headers = {name.lower(): value for name, value in signed(body, secret).items()}
    sent = {"version": "2.0", "rawPath": path, "headers": headers, "body": body.decode(errors="replace")}
    found: dict[str, Any] = function.invoke(sent | {"isBase64Encoded": False})[1]
    return found


def test_a_ticket_waits_in_the_queue_and_a_forger_waits_for_nothing(aws_url: str) -> None:
    url = queue()
    with lambda_function(INGRESS, environment(aws_url, url)) as function:
        statuses = [
            post(function, body_of(triggered("7", title="canary-3391")))["statusCode"],
            post(function, body_of(event(ticket="8")), path=f"/live{ZENDESK}")["statusCode"],  # behind a mapping
            post(function, body_of(event("ticket.status_changed")))["statusCode"],
            post(function, body_of(triggered("9")), secret="another")["statusCode"],
            post(function, b'{"ticket_id": "canary-3391"}')["statusCode"],
            post(function, body_of(triggered("9")), path=SLACK)["statusCode"],
            post(function, body_of(triggered("9")), path="/zendesk/rate")["statusCode"],
            function.invoke({"rawPath": ZENDESK, "headers": None, "body": 7})[1]["statusCode"],
        ]
        assert statuses == [200, 200, 200, 401, 400, 404, 404, 401]
        said = function.log
    assert sorted((job.kind, *job.payload.items()) for job in waiting(url)) == [
        (JobKind.ZENDESK, ("ticket", "7")),
        (JobKind.ZENDESK, ("ticket", "8")),
    ]
    lines = [json.loads(line) for line in said.splitlines() if line.startswith('{"level"')]
    assert [(line.get("route"), line.get("channel"), line.get("kind")) for line in lines[:3]] == [
        (ZENDESK, "zendesk", "trigger"),
        (ZENDESK, "zendesk", "ticket.created"),
        (ZENDESK, "zendesk", "other"),
    ]
    assert "canary" not in said
    assert "Traceback" not in said


def test_one_function_serves_both_channels(aws_url: str) -> None:
    url = queue()
    stated = slack.environment(aws_url, url) | environment(aws_url, url)
    with lambda_function(INGRESS, stated) as function:
        assert post(function, body_of(triggered("7")))["statusCode"] == 200
        assert slack.post(function, slack_body(mention()))["statusCode"] == 200
        assert post(function, slack_body(mention()), path=SLACK)["statusCode"] == 401
    assert sorted(job.kind for job in waiting(url)) == [JobKind.SLACK, JobKind.ZENDESK]


@pytest.mark.usefixtures("aws_url")
def test_with_the_queue_down_zendesk_is_asked_to_call_again() -> None:
    gone = f"http://127.0.0.1:{free_port()}"
    with lambda_function(INGRESS, environment(gone, f"{gone}/123456789012/jobs")) as function:
        reply = post(function, body_of(triggered()))
    assert (reply["statusCode"], reply["headers"]["Retry-After"]) == (503, "30")


def test_a_secret_that_is_kept_empty_does_not_start(aws_url: str) -> None:
    boto3.client("secretsmanager").create_secret(Name="zendesk/webhook", SecretString=" ")
    stated = environment(aws_url, queue(), zendesk_webhook_secret="secret:zendesk/webhook")
    with lambda_function(INGRESS, stated) as function:
        answer = function.invoke({"rawPath": ZENDESK})[1]
        assert "MisconfiguredError" in function.log
    assert "statusCode" not in str(answer)


def test_nothing_of_what_answers_nor_of_slack_is_imported_for_it() -> None:
    heavy = (
        *("rag_core.domain", "rag_core.answering", "bot.app", "bot.zendesk", "zenpy", "requests"),
        *("boto3", "botocore", "aws_lambda_powertools", "tantivy", "integrations.slack", "slack_sdk"),
    )
    code = (
        "import sys; from bot.arriving import gateway; from bot.settings import load; gateway(load()); "
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    stated = {name: value for name, value in environment("", "http://127.0.0.1:9/1/jobs").items() if value}
    keys = {"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s", "AWS_REGION": "eu-central-1"}
    root = Path(__file__).resolve().parents[3]
    said = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=root, env=stated | keys
    ).stdout
    assert said.strip() == "[]"
