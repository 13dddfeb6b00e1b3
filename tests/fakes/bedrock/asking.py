"""Requests to the fake, and what is looked at in its answers."""

import json
import urllib.error
import urllib.request
from contextlib import closing
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

from tests.fakes.bedrock.fake import BedrockFake

HAIKU = "us.anthropic.claude-haiku-5-5"
OLDER = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
COHERE, TITAN = "cohere.embed-v4:0", "amazon.titan-embed-text-v2:0"
RERANKER = "arn:aws:bedrock:us-east-1::foundation-model/cohere.rerank-v3-5:0"
ONCE = Config(retries={"total_max_attempts": 1}, read_timeout=1, parameter_validation=False)


def result(title: str, *texts: str, cited: bool = True) -> dict[str, Any]:
    content = [{"text": text} for text in texts]
    source = f"https://help.test/{title}"
    return {"searchResult": {"source": source, "title": title, "content": content, "citations": {"enabled": cited}}}


RESULTS = [
    result("refunds", "A refund takes thirty days. Ask by mail."),
    result("shipping", "We ship on Monday.", "Parcels to Norway take a week."),
]


def asking(question: str = "Parcels to Norway take how long?", *blocks: dict[str, Any], **more: Any) -> dict[str, Any]:
    content = [*(blocks or RESULTS), {"text": question}]
    return {"modelId": HAIKU, "messages": [{"role": "user", "content": content}], **more}


def streamed(client: Any, **request: Any) -> list[dict[str, Any]]:
    """All events of a stream. One that breaks must be closed, or its socket stays open: hence `closing`."""
    with closing(client.converse_stream(**(request or asking()))["stream"]) as stream:
        return list(stream)


def deltas(events: list[dict[str, Any]], index: int) -> list[dict[str, Any]]:
    found = [event["contentBlockDelta"] for event in events if "contentBlockDelta" in event]
    return [one["delta"] for one in found if one["contentBlockIndex"] == index]


def embedded(client: Any, *texts: str, model: str = COHERE, **more: Any) -> dict[str, Any]:
    body = {"inputText": texts[0]} if model == TITAN else {"texts": list(texts), "input_type": "search_document"}
    answer: dict[str, Any] = json.load(client.invoke_model(modelId=model, body=json.dumps({**body, **more}))["body"])
    return answer


def near(one: list[float], other: list[float]) -> float:
    return sum(left * right for left, right in zip(one, other, strict=True))


def raw(fake: BedrockFake, path: str, body: dict[str, Any] | None, *, signed: str = "bedrock") -> bytes:
    """The answer before boto3 has read it."""
    data = None if body is None else json.dumps(body).encode()
    request = AWSRequest("GET" if body is None else "POST", fake.endpoint_url + path, data=data)
    if signed:
        SigV4Auth(Credentials("AKID", "secret"), signed, "us-east-1").add_auth(request)
    sent = urllib.request.Request(fake.endpoint_url + path, data, dict(request.headers.items()))  # noqa: S310
    with urllib.request.urlopen(sent) as answer:  # noqa: S310 - our own server on 127.0.0.1
        whole: bytes = answer.read()
        return whole


def rerank_request(*texts: str, query: str = "refund", **more: Any) -> dict[str, Any]:
    documents = [{"type": "TEXT", "textDocument": {"text": text}} for text in texts]
    chosen = {"modelConfiguration": {"modelArn": more.pop("arn", RERANKER)}, **more}
    return {
        "queries": [{"type": "TEXT", "textQuery": {"text": query}}],
        "sources": [{"type": "INLINE", "inlineDocumentSource": document} for document in documents],
        "rerankingConfiguration": {"type": "BEDROCK_RERANKING_MODEL", "bedrockRerankingConfiguration": chosen},
    }
