"""The function that answers the questions of the queue.

What fails is named to SQS, which delivers it again and after the fifth time puts it aside.
"""

from typing import Any

from bot import aws
from bot.api.batching import Batches
from bot.api.callers import load as load_callers
from bot.app import build
from bot.settings import load

SETTINGS = load()
BATCHES = Batches(SETTINGS, build(SETTINGS), load_callers(SETTINGS), aws.job)


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return BATCHES.handle(event, context)
