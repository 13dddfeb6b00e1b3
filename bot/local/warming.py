"""Make the parts of an app before several threads ask for them."""

from contextlib import suppress

from bot.app import App
from rag_core.errors import MisconfiguredError


def warmed(app: App) -> App:
    """The same, its parts made by one thread; what is not ingested yet is said when it is asked for."""
    with suppress(MisconfiguredError):
        app.answering  # noqa: B018
    app.log, app.claims, app.records, app.runs, app.cache  # noqa: B018
    return app
