"""The worker's function with the tests' own model: it is told by the home's files when to die."""

from typing import Any

from bot import aws
from bot.api.callers import load as load_callers
from bot.api.working import work
from bot.batching import Batches
from bot.observability import Telemetry
from bot.settings import load
from tests.bot.api.wired import Wired

SETTINGS = load()
TELEMETRY = Telemetry()
BATCHES = Batches(SETTINGS, work(Wired(SETTINGS), load_callers(SETTINGS), TELEMETRY), aws.job, TELEMETRY)


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return BATCHES.handle(event, context)
