"""The pages that a site's sitemap lists, as a source of documents.

A page whose sitemap entry did not change is not asked for; one that did is asked for only if it is another. What the
sitemap lists no more was deleted: so a sitemap that cannot be read to its end stops the run.
"""

import time
import zlib
from collections.abc import Callable, Iterator
from functools import cached_property
from hashlib import sha256

from rag_core.backends.web import rules
from rag_core.backends.web.fetching import Fetcher, Response
from rag_core.backends.web.noting import Note, Notes
from rag_core.backends.web.site import LIMITS, Limits, Site
from rag_core.backends.web.sitemap import Entry, read
from rag_core.domain import Audience, DocumentId, SourceName
from rag_core.errors import MisconfiguredError, RejectedError, SupportBotError, UnavailableError
from rag_core.ports import OnListed
from rag_core.runs import SourceItem

SITEMAP = "/sitemap.xml"
GONE = (404, 410)
UNCHANGED = 304
HTML = ("text/html", "application/xhtml+xml")
DEAD = 5  # pages in a row that could not be read: then the site is away, and not they
HELD = 64_000_000  # bytes of pages, packed, that are kept from listing to reading
DEEPEST = 3  # sitemaps in sitemaps
REFUSED = {401: "it asks to sign in", 403: "the site does not let it be read"}


class _AwayError(RejectedError):
    """A page that could not be had this time."""


class WebSource:
    """DocumentSource over one site. `audience` is that of all its pages: whatever they say was said to others."""

    may_be_empty = False
    apart = False  # one reader alone keeps to the pause that the site asks for

    def __init__(
        self,
        name: SourceName,
        site: Site,
        notes: Notes,
        audience: Audience = Audience.PUBLIC,
        *,
        limits: Limits = LIMITS,
        fetcher: Fetcher | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.name, self._site, self._notes, self._audience, self._limits = name, site, notes, audience, limits
        self._fetcher, self._clock = fetcher or Fetcher(site, limits), clock
        self._changed: dict[str, str] = {}  # when, by path, as the sitemap says
        self._held: dict[str, bytes | RejectedError] = {}  # pages that came while listing, packed
        self._holding, self._failed = 0, 0

    def items(self, *, full: bool = False, listed: OnListed = lambda _done, _total: None) -> Iterator[SourceItem]:
        self._changed = self.pages()
        self._notes.keep_only(self._changed)
        try:
            for done, (path, changed) in enumerate(self._changed.items(), 1):
                version = self._version(path, None if full else self._notes.get(path), changed)
                listed(done, len(self._changed))
                if version is not None:
                    url = self._site.address(path)
                    yield SourceItem(DocumentId(path), path, ".html", url, version, audience=self._audience)
        finally:
            self._notes.write()  # also of a run that ends here: what it learnt need not be asked again

    def read(self, item: SourceItem) -> tuple[bytes, str]:
        path = self._site.path(item.url)
        if path is None:
            raise RejectedError(f"its address is not on {self._site.host}")
        held = self._held.pop(path, None)
        if isinstance(held, RejectedError):
            raise held
        if held is not None:
            body = zlib.decompress(held)
            return body, _hash(body)
        try:
            found = self._got(path)
            body = self._page(path, found)
        except SupportBotError as error:
            if not isinstance(error, RejectedError):
                self._notes.write()  # so that what was read need not be read again
            raise
        return body, _hash(body)

    def committed(self) -> None:
        self._notes.write()

    def pages(self) -> dict[str, str]:
        """Every page that may be read, with the sitemap's word on when it changed. Raises MisconfiguredError."""
        found: dict[str, str] = {}
        elsewhere = ""
        for entry in self._entries():
            path = self._site.path(entry.address)
            if path is None or not self._site.holds(path):
                elsewhere = elsewhere or entry.address
            elif self._rules.allow(path):
                found[path] = entry.changed
            if len(found) > self._limits.pages:
                raise MisconfiguredError(
                    f"{self._site.host} lists more than {self._limits.pages:,} pages: allow more `pages`, or name a "
                    "part of the site"
                )
        if not found:
            raise MisconfiguredError(
                f"the sitemap lists no page below {self._site.address(self._site.folder)} that robots.txt allows to "
                f"read: nothing was changed" + (f"; it lists {elsewhere[:200]}" if elsewhere else "")
            )
        return found

    @cached_property
    def _rules(self) -> rules.Rules:
        found = rules.asked(self._site, self._fetcher)
        self._fetcher.slow_down(found.pause)
        return found

    def _entries(self) -> Iterator[Entry]:
        """Of all sitemaps; each is read once, however often it is named."""
        stated = self._site.sitemaps or tuple(self._rules.sitemaps) or (SITEMAP,)
        waiting, seen = [(each, 1) for each in stated], set[str]()
        while waiting:
            address, depth = waiting.pop(0)
            path = self._site.path(address)
            if path is None:
                raise MisconfiguredError(f"the sitemap {address[:200]} is not on {self._site.host}: only that is read")
            if path in seen:
                continue
            seen.add(path)
            if len(seen) > self._limits.sitemaps or depth > DEEPEST:
                raise MisconfiguredError(
                    f"{self._site.host} has more than {self._limits.sitemaps} sitemaps, or nests them"
                )
            try:
                found = read(self._sitemap(path))
            except RejectedError as error:
                raise MisconfiguredError(f"{self._site.address(path)}: {error}: nothing was changed") from error
            if found.is_index:
                waiting += [(each.address, depth + 1) for each in found.entries]
            else:
                yield from found.entries

    def _sitemap(self, path: str) -> bytes:
        response = self._fetcher.get(path, most=self._limits.sitemap_bytes)
        if response.status != 200:
            raise RejectedError(f"it answered {response.status}; name the site's sitemap, where it has one")
        return response.body

    def _version(self, path: str, note: Note | None, changed: str) -> str | None:
        """Of a page as it is now; empty: reading it tells; None: it is gone."""
        if note is None:
            return ""
        if note.is_of(changed):
            return note.version
        return self._asked_again(path, note, changed) if note.headers else ""

    def _asked_again(self, path: str, note: Note, changed: str) -> str | None:
        try:
            response = self._got(path, note.headers)
            if response.status in GONE:
                return None
            if response.status != UNCHANGED:
                return self._kept(path, self._page(path, response))
        except _AwayError:
            return note.version  # as it was; the next ingestion asks again
        except RejectedError as error:
            self._held[path] = error
            return ""
        self._notes.put(path, note._replace(changed=changed), self._clock())
        return note.version

    def _kept(self, path: str, body: bytes) -> str:
        """Until it is read; as many as there is room for."""
        packed = zlib.compress(body)
        if self._holding + len(packed) <= HELD:
            self._held[path], self._holding = packed, self._holding + len(packed)
        return _hash(body)

    def _got(self, path: str, headers: dict[str, str] | None = None) -> Response:
        """One page that is not to be had fails alone, several in a row are a site that is away."""
        try:
            found = self._fetcher.get(path, most=self._limits.page_bytes, headers=headers, may=self._rules.allow)
        except UnavailableError as error:
            self._failed += 1
            if self._failed >= DEAD:
                raise
            raise _AwayError(f"{error}: the next ingestion tries again") from error
        self._failed = 0
        return found

    def _page(self, path: str, response: Response) -> bytes:
        if response.status in GONE:
            raise RejectedError(f"the site says it is gone ({response.status})")
        if response.status != 200:
            raise RejectedError(f"{REFUSED.get(response.status, 'the site answered')} ({response.status})")
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in HTML:
            raise RejectedError(f"it is {kind or 'of no stated type'}, and only HTML is read of a web site")
        if (packed := response.headers.get("content-encoding", "").strip().lower()) not in ("", "identity", "gzip"):
            raise RejectedError(f"it came packed as {packed}, which nobody had asked for")
        stated = response.headers.get("etag", ""), response.headers.get("last-modified", "")
        self._notes.put(path, Note(_hash(response.body), self._changed.get(path, ""), *stated), self._clock())
        return response.body


def _hash(body: bytes) -> str:
    return sha256(body).hexdigest()[:24]
