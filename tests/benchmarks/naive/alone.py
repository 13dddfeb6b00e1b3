"""boto3 by itself: the question's vector, and the stream token by token. No search, nothing done with the answer."""

import json
import time
from importlib import import_module
from typing import Any

from tests.benchmarks.naive.measuring import Ask, Told, serve

RESULT = {
    "source": "https://help.example/plans",
    "title": "Plans",
    "content": [{"text": "To change the plan open the billing page. " * 20}],
    "citations": {"enabled": True},
}


def client(settings: dict[str, Any]) -> Any:
    return import_module("boto3").client("bedrock-runtime", "us-east-1", endpoint_url=settings["bedrock"])


def embed(bedrock: Any, settings: dict[str, Any], text: str, purpose: str) -> Any:
    body = {"texts": [text], "input_type": purpose, "output_dimension": settings["dimensions"]}
    response = bedrock.invoke_model(
        modelId=settings["embedding_model"], body=json.dumps({**body, "embedding_types": ["float"]})
    )
    return json.loads(response["body"].read())


def asking(settings: dict[str, Any]) -> Ask:
    bedrock = client(settings)

    def ask(question: str, told: Told) -> None:
        embed(bedrock, settings, question, "search_query")
        content = [*[{"searchResult": RESULT}] * 8, {"text": question}]
        response = bedrock.converse_stream(
            modelId=settings["answer_model"], messages=[{"role": "user", "content": content}]
        )
        text, waits = "", True
        for event in response["stream"]:
            text += event.get("contentBlockDelta", {}).get("delta", {}).get("text", "")
            if waits and "." in text:
                waits = False
                told()

    return ask


def load(settings: dict[str, Any]) -> float:
    """Seconds for a request a text, without their indexing."""
    bedrock = client(settings)
    started = time.monotonic()
    for text in settings["texts"]:
        embed(bedrock, settings, text, "search_document")
    return time.monotonic() - started


if __name__ == "__main__":
    serve(asking)
