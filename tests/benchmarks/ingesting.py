"""An ingestion by eight workers over SQS, beside the naive loop: one embedding a request, one index request a chunk.

The embedding model and every request to the real OpenSearch node take 200 ms; queue, bucket and table are moto's.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import boto3
import httpx
import pytest
from moto.sqs.models import SQSBackend

from bot import fanning, ingest_worker
from bot.app import App, build
from bot.settings import load
from rag_core.domain import NEVER, PersonId, SourceName
from rag_core.errors import SupportBotError, UnavailableError
from rag_core.runs import RunId, RunRecord
from tests.fakes.aws_wire import create_table
from tests.fakes.bedrock.process import BedrockProcess
from tests.fakes.serverless.proxy import Proxy, serving
from tests.services.aws import REGION, account
from tests.services.opensearch import drop, node

DOCUMENTS, SECTIONS, WORKERS, DELAY = int(os.environ.get("DOCUMENTS", "2000")), 10, 8, 0.2
NAIVE = 50  # chunks that the naive loop is measured with; the rest is multiplied
HANDBOOK, ME = SourceName("handbook"), PersonId("bench")
SENTENCE = "Refunds of order {} in section {} are paid within thirty days to the card that was charged. "


def measure() -> None:
    with installation() as (app, settings, proxy, fake), workers(settings):
        _fill()
        first = _ingested(app, "first")
        chunks, requests = first.result.chunks if first.result else 0, fake.state["counters"]["InvokeModel"]
        print(f"{DOCUMENTS:,} documents, {chunks:,} chunks, {WORKERS} workers: {_seconds(first):.0f} s, {first.state}")
        print(f"embedding requests: {requests} ({chunks / requests:.1f} chunks each; at most {chunks // 90} wanted)")
        again = _ingested(app, "again")
        more = fake.state["counters"]["InvokeModel"] - requests
        share = _seconds(again) / _seconds(first)
        print(f"again, nothing changed: {_seconds(again):.2f} s ({share:.1%}), {more} embedding requests")
        boto3.client("s3").put_object(Bucket="documents", Key="page0.md", Body=b"# Page\n\nAnother text.")
        changed = _ingested(app, "changed")
        print(f"one document changed: {_seconds(changed):.1f} s until it answers, {changed.state}")
        naive = _naive(app, proxy) * chunks
        print(f"naive loop: {naive:,.0f} s by {NAIVE} chunks; {naive / _seconds(first):.0f} times as long")


def _seconds(run: RunRecord) -> float:
    return (run.ended - run.started).total_seconds() if run.ended else float("nan")


def _ingested(app: App, run: str) -> RunRecord:
    fanning.begin(app, HANDBOOK, ME, RunId(run))
    while True:
        with suppress(UnavailableError):  # moto is as busy as this machine
            found = app.runs.find(HANDBOOK, RunId(run))
            if found and found.state.over:
                return found
        time.sleep(0.5)


def _naive(app: App, proxy: Proxy) -> float:
    """Seconds a chunk."""
    embedder = app.embedders.for_passages(None)
    client = boto3.client("s3")
    started = time.perf_counter()
    for number in range(NAIVE // SECTIONS):
        text = client.get_object(Bucket="documents", Key=f"page{number + 1}.md")["Body"].read().decode()
        for section in text.split("\n## ")[1:]:
            (vector,) = embedder.embed_passages([section]) if embedder else ([],)
            body = json.dumps({"text": section, "vector": list(vector)}).encode()
            _post(f"{proxy.url}/{app.settings.opensearch_index}-naive/_doc", body)
    return (time.perf_counter() - started) / NAIVE


def _post(url: str, body: bytes) -> None:
    httpx.post(url, content=body, headers={"content-type": "application/json"}, timeout=30).raise_for_status()


def _fill() -> None:
    client = boto3.client("s3")

    def put(number: int) -> None:
        parts = (f"## Section {part}\n\n{SENTENCE.format(number, part) * 9}" for part in range(SECTIONS))
        client.put_object(Bucket="documents", Key=f"page{number}.md", Body="\n\n".join([f"# Page {number}", *parts]))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(put, range(DOCUMENTS)))


@contextmanager
def installation() -> Iterator[tuple[App, dict[str, str], Proxy, BedrockProcess]]:
    with ExitStack() as stack:
        home = stack.enter_context(tempfile.TemporaryDirectory())
        moto = subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.ingesting", "moto"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        stack.callback(moto.kill)
        assert moto.stdout is not None
        told: dict[str, str] = json.loads(moto.stdout.readline())
        os.environ.update(told)
        fake = stack.enter_context(BedrockProcess(embedding=DELAY))
        running = stack.enter_context(node())
        proxy = stack.enter_context(serving(Proxy(running.url)))
        proxy.faults.latency = DELAY
        url, alias = told["AWS_ENDPOINT_URL"], f"bench-{uuid.uuid4().hex[:8]}"
        stack.callback(drop, running.url, alias)
        settings = _settings(home, url, alias, proxy.url, fake.endpoint_url)
        yield build(load(settings)), settings, proxy, fake


def _settings(home: str, url: str, alias: str, opensearch: str, bedrock: str) -> dict[str, str]:
    s3, sqs = boto3.client("s3"), boto3.client("sqs")
    for bucket in ("documents", "staging"):
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    queue = sqs.create_queue(QueueName="ingestions", Attributes={"VisibilityTimeout": "60"})["QueueUrl"]
    create_table(url, "supportbot")
    stated = {
        "home": home,
        "region": REGION,
        "embedding_model": "bedrock:cohere.embed-v4:0",
        "embedding_dimensions": "256",
        "bedrock_url": bedrock,
        "opensearch_url": opensearch,
        "opensearch_kind": "domain",
        "opensearch_engine": "lucene",
        "opensearch_signed": "false",
        "opensearch_index": alias,
        "table": "supportbot",
        "ingest_queue_url": queue,
        "staging_bucket": "staging",
        "aws_url": url,
        "sources": json.dumps({HANDBOOK: {"bucket": "documents"}}),
    }
    return {f"SUPPORTBOT_{name.upper()}": value for name, value in stated.items()}


@contextmanager
def workers(settings: Mapping[str, str]) -> Iterator[None]:
    command = [sys.executable, "-m", "tests.benchmarks.ingesting", "worker"]
    started = [subprocess.Popen(command, env=os.environ | settings) for _ in range(WORKERS)]
    try:
        yield
    finally:
        for each in started:
            each.kill()
            each.wait()


def worker() -> None:
    """As the function does it, a message at a time."""
    app = build(load())
    work, client = ingest_worker.work(app), boto3.client("sqs")
    queue = app.settings.ingest_queue_url
    while True:
        asked: Any = {"AttributeNames": ["ApproximateReceiveCount"]}  # moto waits by looking again and again
        time.sleep(0.05)
        for message in client.receive_message(QueueUrl=queue, MaxNumberOfMessages=1, **asked).get("Messages", []):
            try:
                work(ingest_worker.read(message["Body"]), NEVER, False)
            except SupportBotError as error:
                print(f"worker: {error}", file=sys.stderr)
                continue
            client.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])


def moto() -> None:
    with pytest.MonkeyPatch.context() as patch, account() as url:
        # to tell how old a message is, moto counts its whole queue: with 2,000 that was most of its time
        patch.setattr(SQSBackend, "is_message_valid_based_on_retention_period", lambda *_: True)
        told = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
        print(json.dumps(told | {"AWS_ENDPOINT_URL": url}), flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    {"measure": measure, "worker": worker, "moto": moto}[sys.argv[1]]()
