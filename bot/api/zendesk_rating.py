"""Zendesk's rating links, as routes."""

from bot.api.extending import Extra
from bot.api.parts import Parts
from bot.observability import Telemetry
from bot.settings import Settings


def routes(settings: Settings, parts: Parts, telemetry: Telemetry) -> list[Extra]:
    return []
