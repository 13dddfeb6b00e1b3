"""Make in the init phase what the first question would wait for.

Lambda gives the init phase a whole processor, whatever the function's memory. Nothing is sent: a part that is down or
set up wrongly is told by the request that needs it.
"""

from collections.abc import Callable
from contextlib import suppress

from bot import aws
from bot.app import App
from rag_core.errors import SupportBotError


def warm(app: App) -> App:
    """The same, with the libraries of its parts on AWS loaded."""
    settings = app.settings
    parts: tuple[tuple[str, Callable[[], object]], ...] = (
        (settings.opensearch_url, lambda: app.index),
        (settings.answer_model, lambda: aws.answer_model(settings)),  # boto3 keeps what it read for the next client
        (settings.table, lambda: (app.log, app.claims)),
        (settings.redis_url, lambda: app.cache),
    )
    for stated, make in parts:
        if stated:
            with suppress(SupportBotError):
                make()
    return app
