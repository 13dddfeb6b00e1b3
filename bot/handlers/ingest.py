"""The function that does ingestions, step by step, from a queue of its own.

Its concurrency is the event source's: the embedding model's quota is kept by all of them together.
"""

from typing import Any

from bot import fanning, ingest_worker
from bot.app import build
from bot.batching import Batches
from bot.observability import Telemetry
from bot.settings import load
from bot.working import ended

SETTINGS = load()
TELEMETRY = Telemetry(SETTINGS.tenant, tracing=SETTINGS.tracing)
APP = build(SETTINGS)
QUEUE = fanning.queue(APP)
BATCHES = Batches(
    SETTINGS,
    ingest_worker.work(APP, ended(APP, TELEMETRY)),
    ingest_worker.read,
    TELEMETRY,
    QUEUE.postpone,
    QUEUE.send_again,
)


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return BATCHES.handle(event, context)
