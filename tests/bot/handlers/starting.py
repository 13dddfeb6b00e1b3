"""Functions under Lambda's own runtime, with the environment a deployment would give them."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.bot.api.asking import CALLERS, Reply, event, reply
from tests.services.lambda_runtime import Function

QUERY, WORKER, WIRED = "bot.handlers.query.handle", "bot.handlers.worker.handle", "tests.bot.handlers.wired.handle"
AWS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_EC2_METADATA_DISABLED")


def environment(home: Path, **more: str) -> dict[str, str]:
    """Settings by their names in small letters."""
    stated = {"home": str(home), "embedding_model": "none", "api_callers": json.dumps(CALLERS)} | more
    return {f"SUPPORTBOT_{name.upper()}": value for name, value in stated.items()}


def account(url: str) -> dict[str, str]:
    """What boto3 needs for moto."""
    return {name: os.environ[name] for name in AWS if name in os.environ} | {"AWS_ENDPOINT_URL": url}


def call(function: Function, method: str, path: str, body: object = None, **more: Any) -> Reply:
    status, response = function.invoke(event(method, path, body, **more))
    assert status == 200
    return reply(response)


def ask(function: Function, query: str, caller: str = "intranet", *, later: bool = False, **more: Any) -> Reply:
    body = {"query": query, **({"async": True} if later else {}), **more}
    return call(function, "POST", "/query", body, caller=caller)


def records(messages: list[Mapping[str, Any]]) -> dict[str, Any]:
    """Messages as the event source hands them to the worker."""
    return {
        "Records": [
            {
                "messageId": each["MessageId"],
                "receiptHandle": each["ReceiptHandle"],
                "body": each["Body"],
                "attributes": {"ApproximateReceiveCount": each["Attributes"]["ApproximateReceiveCount"]},
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:jobs",
                "awsRegion": "eu-central-1",
            }
            for each in messages
        ]
    }
