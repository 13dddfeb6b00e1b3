"""The query API's function, behind API Gateway.

Made in the init phase: without callers the function does not start.
"""

from typing import Any

from bot.api.routes import Api
from bot.app import build
from bot.handlers.warming import warm
from bot.settings import load

SETTINGS = load()
API = Api(SETTINGS, warm(build(SETTINGS)))


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return API.handle(event, context)
