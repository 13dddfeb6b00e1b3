"""Every page that a site's sitemaps name and its robots.txt allows, and how far a run has come with them.

Sitemap by sitemap, so that another process goes on after any of them; each is read once, however often it is named.
"""

from collections.abc import Callable

from msgspec import Struct, field

from rag_core.backends.web.fetching import Fetcher
from rag_core.backends.web.rules import Rules
from rag_core.backends.web.site import Limits, Site
from rag_core.backends.web.sitemap import Sitemap, read
from rag_core.errors import MisconfiguredError, RejectedError
from rag_core.ports import OnListed

SITEMAP = "/sitemap.xml"
DEEPEST = 3  # sitemaps in sitemaps


class Place(Struct):
    """Where a run stands, for another process to go on from; `spent` and `pause` in seconds."""

    sitemaps: list[tuple[str, int]] | None = None  # still to be read, and how deep; None: nothing is known yet
    seen: set[str] = field(default_factory=set)
    pages: dict[str, str] = field(default_factory=dict)  # with the sitemap's word on when each changed
    elsewhere: str = ""  # the first address that is none of the site's
    done: int = 0  # pages
    spent: float = 0.0
    pause: float = 0.0


class Listing:
    """Of one site. All raise MisconfiguredError, UnavailableError."""

    def __init__(self, site: Site, limits: Limits, fetcher: Fetcher, rules: Callable[[], Rules]) -> None:
        self._site, self._limits, self._fetcher, self._rules = site, limits, fetcher, rules

    def go_on(self, place: Place, listed: OnListed) -> dict[str, str]:
        """All pages; `place` is right whenever `listed` is told."""
        if place.sitemaps is None:
            stated = self._site.sitemaps or tuple(self._rules().sitemaps) or (SITEMAP,)
            place.sitemaps = [(each, 1) for each in dict.fromkeys(stated)]
        while place.sitemaps:
            listed(0, len(place.pages))
            address, depth = place.sitemaps[0]
            path = self._site.path(address)
            if path is None:
                raise MisconfiguredError(f"the sitemap {address[:200]} is not on {self._site.host}: only that is read")
            found = Sitemap() if path in place.seen else self._read(path)
            place.seen.add(path)
            place.sitemaps.pop(0)
            self._add(place, found, depth)
        if not place.pages:
            raise MisconfiguredError(
                f"the sitemap lists no page below {self._site.address(self._site.folder)} that robots.txt allows to "
                f"read: nothing was changed" + (f"; it lists {place.elsewhere[:200]}" if place.elsewhere else "")
            )
        return place.pages

    def _add(self, place: Place, found: Sitemap, depth: int) -> None:
        if found.is_index:
            place.sitemaps = [*(place.sitemaps or ()), *((each.address, depth + 1) for each in found.entries)]
            if len(place.seen) + len(place.sitemaps) > self._limits.sitemaps or depth >= DEEPEST:
                raise MisconfiguredError(
                    f"{self._site.host} has more than {self._limits.sitemaps} sitemaps, or nests them"
                )
            return
        for entry in found.entries:
            path = self._site.path(entry.address)
            if path is None or not self._site.holds(path):
                place.elsewhere = place.elsewhere or entry.address
            elif self._rules().allow(path):
                place.pages[path] = entry.changed
            if len(place.pages) > self._limits.pages:
                raise MisconfiguredError(
                    f"{self._site.host} lists more than {self._limits.pages:,} pages: allow more `pages`, or name a "
                    "part of the site"
                )

    def _read(self, path: str) -> Sitemap:
        try:
            response = self._fetcher.get(path, most=self._limits.sitemap_bytes)
            if response.status != 200:
                raise RejectedError(f"it answered {response.status}; name the site's sitemap, where it has one")
            return read(response.body)
        except RejectedError as error:
            raise MisconfiguredError(f"{self._site.address(path)}: {error}: nothing was changed") from error
