"""The function that does the jobs of the queue.

What fails is named to SQS, which delivers it again and after the fifth time puts it aside.
"""

from typing import Any

from bot import aws
from bot.ageing import Ageing
from bot.app import build
from bot.batching import Batches
from bot.handlers.warming import warm
from bot.observability import Telemetry
from bot.settings import load
from bot.working import workers

SETTINGS = load()
TELEMETRY = Telemetry(SETTINGS.tenant, tracing=SETTINGS.tracing)
APP = warm(build(SETTINGS))
QUEUE = aws.queue(SETTINGS) if SETTINGS.queue_url else None
BATCHES = Batches(
    SETTINGS,
    workers(APP, TELEMETRY),
    aws.job,
    TELEMETRY,
    QUEUE.postpone if QUEUE else None,
    QUEUE.send_again if QUEUE else None,
    after=Ageing(lambda: APP.runs.knowledge_as_of(), TELEMETRY),  # noqa: PLW0108 - its table is opened with the first
)


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return BATCHES.handle(event, context)
