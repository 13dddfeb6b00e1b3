"""Whether each source that SUPPORTBOT_SOURCES states can be listed; nothing of it is read."""

from collections.abc import Callable, Iterator
from functools import partial

from bot import knowledge
from bot.app import App
from bot.stated_sources import OWN
from rag_core.domain import Audience, SourceName


def checks(app: App) -> Iterator[tuple[str, Callable[[], str]]]:
    for name in app.sources.stated:
        if name not in OWN:  # which are looked at by their own settings
            yield name, partial(_listed, app, name)


def _listed(app: App, name: SourceName) -> str:
    stated = app.sources.stated[name]
    many = knowledge.listed(name, stated, app.settings, lambda: app.records)
    when = f"{stated.schedule} {stated.timezone}" if stated.schedule else "when somebody asks"
    return f"{many} in {stated.place}, {stated.audience or Audience.PUBLIC}; read again {when}"
