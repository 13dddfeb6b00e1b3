"""The sources that SUPPORTBOT_SOURCES states: each with its name, its readers and its schedule.

JSON, or a file with it: {"handbook": {"bucket": "acme-documents", "internal": ["internal/"]}}; docs/ingesting.md.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from bot import schedules
from bot.settings import Settings, wrong
from rag_core.domain import Audience, SourceName

ZENDESK, TICKETS = SourceName("zendesk"), SourceName("zendesk-tickets")
OWN = (ZENDESK, TICKETS)  # which have settings of their own
NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")
SETTING = "sources"
Url = Annotated[str, Meta(pattern=r"^https?://[^\s@]+$")]


class SourceSetting(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is said of any source; this alone of Zendesk's."""

    audience: Audience | None = None  # of documents that do not state theirs; None: public, or as it was ingested
    schedule: str = ""  # empty: it is read again when somebody asks
    timezone: str = "UTC"

    @property
    def place(self) -> str:
        """For a person."""
        return "as its own settings say"


class BucketSetting(SourceSetting, frozen=True, kw_only=True):
    """Objects of a bucket."""

    bucket: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")]
    prefix: Annotated[str, Meta(max_length=1_000)] = ""
    internal: tuple[Annotated[str, Meta(min_length=1)], ...] = ()  # prefixes
    base_url: Url | None = None

    @property
    def place(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}"


class SiteSetting(SourceSetting, frozen=True, kw_only=True):
    """Pages of a web site."""

    site: Url
    sitemaps: tuple[Url, ...] = ()
    pages: Annotated[int, Meta(ge=1, le=50_000)] = 5_000
    minutes: Annotated[float, Meta(gt=0, le=1_440)] = 60.0  # that one run may take
    pause: Annotated[float, Meta(ge=0.1, le=60)] = 1.0  # seconds between two requests

    @property
    def place(self) -> str:
        return self.site


def read(settings: Settings) -> Mapping[SourceName, SourceSetting]:
    """By name, in the order they are stated. Raises MisconfiguredError."""
    text = settings.sources.strip()
    if not text:
        return {}
    try:
        text = text if text.startswith("{") else Path(text).expanduser().read_text("utf-8")
        stated = msgspec.json.decode(text, type=dict[str, dict[str, Any]])
    except (OSError, RuntimeError, UnicodeError, msgspec.DecodeError) as error:
        raise wrong(SETTING, f"{error}; docs/ingesting.md shows its form") from error
    return {SourceName(name): _one(name, given) for name, given in stated.items()}


def _one(name: str, given: dict[str, Any]) -> SourceSetting:
    kind = BucketSetting if "bucket" in given else SiteSetting if "site" in given else SourceSetting
    if not NAME.fullmatch(name):
        raise wrong(SETTING, f"{name!r} is no name: small letters, digits and hyphens, a letter first")
    if (name in OWN) != (kind is SourceSetting):
        raise wrong(SETTING, f"{name} is Zendesk's own" if name in OWN else f"{name} has neither a bucket nor a site")
    try:
        found = msgspec.convert(given, kind)
    except msgspec.ValidationError as error:
        raise wrong(SETTING, f"{name}: {error}") from error
    if found.schedule and (reason := schedules.wrong(found.schedule, found.timezone)):
        raise wrong(SETTING, f"{name}: {reason}")
    return found
