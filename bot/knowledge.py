"""Buckets and web sites as sources, made from what SUPPORTBOT_SOURCES states of them."""

from collections.abc import Callable
from itertools import islice
from typing import TYPE_CHECKING

from bot.settings import Settings
from bot.stated_sources import BucketSetting, SiteSetting, SourceSetting
from rag_core.domain import Audience, SourceName
from rag_core.errors import MisconfiguredError
from rag_core.ports import DocumentSource, Records

if TYPE_CHECKING:
    from rag_core.backends.s3 import BucketSource
    from rag_core.backends.web.source import WebSource

LOOKED_AT = 1_000  # objects of a bucket: one request


def made(
    name: SourceName, stated: SourceSetting, settings: Settings, audience: Audience, records: Callable[[], Records]
) -> DocumentSource:
    """For one run. Raises MisconfiguredError."""
    if isinstance(stated, BucketSetting):
        return _bucket(name, stated, settings)
    if isinstance(stated, SiteSetting):
        return _site(name, stated, audience, records())
    raise MisconfiguredError(f"{name} has neither a bucket nor a site")


def listed(name: SourceName, stated: SourceSetting, settings: Settings, records: Callable[[], Records]) -> str:
    """How many documents there are; none is read."""
    if isinstance(stated, SiteSetting):
        return f"{len(_site(name, stated, Audience.PUBLIC, records()).pages()):,} pages"
    if not isinstance(stated, BucketSetting):
        return ""
    count = sum(1 for _ in islice(_bucket(name, stated, settings).items(), LOOKED_AT))
    return f"{count:,} objects{' or more' if count >= LOOKED_AT else ''}"


def _bucket(name: SourceName, stated: BucketSetting, settings: Settings) -> "BucketSource":
    try:
        from rag_core.backends.s3 import Bucket, BucketSource
    except ModuleNotFoundError as error:
        raise MisconfiguredError(
            f"a bucket needs {error.name}: install it with pip install 'supportbot[aws]'"
        ) from error

    where = Bucket(
        stated.bucket,
        settings.region,
        stated.prefix,
        stated.internal,
        stated.base_url or "",
        settings.aws_url or None,
    )
    return BucketSource(name, where)


def _site(name: SourceName, stated: SiteSetting, audience: Audience, records: Records) -> "WebSource":
    from rag_core.backends.web.noting import Notes
    from rag_core.backends.web.site import Limits, Site
    from rag_core.backends.web.source import WebSource

    limits = Limits(pages=stated.pages, seconds=60 * stated.minutes, pause=stated.pause)
    site = Site(stated.site, stated.sitemaps)
    return WebSource(name, site, Notes(records, name), audience, limits=limits)


def forget(name: SourceName, stated: SourceSetting, records: Records) -> None:
    """What is noted of a site, so that it begins anew."""
    if isinstance(stated, SiteSetting):
        from rag_core.backends.web.noting import Notes

        Notes(records, name).forget()
