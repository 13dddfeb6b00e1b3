"""The request URLs of Slack and Zendesk, behind API Gateway: up at once, as Slack waits three seconds.

Made in the init phase: without a signing secret the function does not start.
"""

from typing import Any

from bot.arriving import gateway
from bot.settings import load

GATEWAY = gateway(load())


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ARG001 - Lambda's signature
    return GATEWAY.handle(event)
