"""The naive pipeline as a Lambda function: the chain made in the init phase, a question answered by an invocation."""

import json
import os
from typing import Any

from tests.benchmarks.naive.chain import chain

CHAIN = chain(json.loads(os.environ["NAIVE"]))


def handle(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return {"statusCode": 200, "body": json.dumps({"text": CHAIN.invoke(json.loads(event["body"])["query"])})}
