"""Routes of channels, in the same function as the query API: no key of its callers opens them, each checks its own.

A channel's module is imported where the settings ask for it.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from bot.api.parts import Parts
from bot.observability import Telemetry
from bot.settings import Settings
from integrations.http import Headers, Reply
from rag_core.domain import Deadline

PART = re.compile("<[^>]*>")  # of a route's path


def _unsaid(_given: object) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Asked:
    """A request; `named` are the <parts> of its path."""

    method: str
    query: Mapping[str, str]
    headers: Headers
    body: bytes
    deadline: Deadline
    named: Mapping[str, str] = field(default_factory=dict)
    say: Callable[[dict[str, str]], None] = _unsaid  # what else its line in the log holds
    quote: Callable[[Iterable[str]], None] = _unsaid  # texts that no line of the log may hold


@dataclass(frozen=True, slots=True)
class Extra:
    """A route. What the endpoint raises becomes the API's own JSON; `path` as Powertools has it: /zendesk/app/<id>."""

    method: str
    path: str
    channel: str
    endpoint: Callable[[Asked], Reply]


def extras(settings: Settings, parts: Parts, telemetry: Telemetry) -> list[Extra]:
    """Those of the channels that are set up. Raises MisconfiguredError."""
    found: list[Extra] = []
    if settings.zendesk:
        from bot.api import zendesk_rating

        found += zendesk_rating.routes(settings, parts, telemetry)
    if settings.zendesk_app_secret:
        from bot.api import sidebar

        found += sidebar.routes(settings, parts, telemetry)
    if settings.ingest_queue_url:
        from bot.api import ingesting

        found += ingesting.routes(settings, parts)
    return found


def methods(found: list[Extra]) -> dict[str, str]:
    """What each path takes, as an Allow header says it."""
    allowed: dict[str, list[str]] = {}
    for extra in found:
        allowed.setdefault(extra.path, []).append(extra.method)
    return {path: ", ".join(each) for path, each in allowed.items()}


def allowed_on(path: str, methods: Mapping[str, str]) -> str:
    """What a path takes that was asked for with another method; empty where there is no such path."""
    for template, allowed in methods.items():
        if re.fullmatch(PART.sub("[^/]+", template), path):
            return allowed
    return ""
