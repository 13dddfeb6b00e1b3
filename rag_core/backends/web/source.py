"""The pages that a site's sitemap lists, as a source of documents.

A page whose sitemap entry did not change is not asked for; one that did is asked for only if it is another. What the
sitemap lists no more was deleted: so a sitemap that cannot be read to its end stops the run.
"""

import time
import zlib
from collections.abc import Callable, Iterator
from functools import cached_property
from hashlib import sha256
from itertools import islice

import msgspec

from rag_core.backends.web import rules
from rag_core.backends.web.fetching import Fetcher, Response
from rag_core.backends.web.listing import Listing, Place
from rag_core.backends.web.noting import Note, Notes
from rag_core.backends.web.site import LIMITS, Limits, Site
from rag_core.domain import Audience, DocumentId, SourceName
from rag_core.errors import RejectedError, SupportBotError, UnavailableError
from rag_core.ports import OnListed
from rag_core.runs import SourceItem

GONE = (404, 410)
UNCHANGED = 304
HTML = ("text/html", "application/xhtml+xml")
DEAD = 5  # pages in a row that could not be read: then the site is away, and not they
HELD = 64_000_000  # bytes of pages, packed, that are kept from listing to reading
LONGEST = 256  # characters of an ETag
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
        self._place, self._listing = Place(), Listing(site, limits, self._fetcher, lambda: self._rules)
        self._held: dict[str, bytes | RejectedError] = {}  # pages that came while listing, packed
        self._holding, self._failed = 0, 0

    def items(self, *, full: bool = False, listed: OnListed = lambda _done, _total: None) -> Iterator[SourceItem]:
        pages = self.pages(listed)
        self._notes.keep_only(pages)
        try:
            for path, changed in islice(pages.items(), self._place.done, None):
                listed(self._place.done, len(pages))
                known = None if full else self._notes.get(path)
                version = self._version(path, known, changed) if self._rules.allow(path) else None
                if version is not None:
                    url = self._site.address(path)
                    yield SourceItem(DocumentId(path), path, ".html", url, version, audience=self._audience)
                self._place.done += 1
            listed(self._place.done, len(pages))
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
            self._holding -= len(held)
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

    def pages(self, listed: OnListed = lambda _done, _total: None) -> dict[str, str]:
        """Every page that may be read, with the sitemap's word on when it changed. Raises MisconfiguredError."""
        return self._listing.go_on(self._place, listed)

    def go_on(self, place: bytes | None, seconds: float) -> None:
        """Where another left off; the time that one run may take is that of all of them together."""
        if place is not None:
            self._place = msgspec.json.decode(zlib.decompress(place), type=Place)
        self._fetcher.go_on(self._place.spent, self._place.pause, seconds)

    def place(self) -> bytes:
        self._notes.write()
        self._place.spent, self._place.pause = self._fetcher.spent, self._fetcher.pause
        return zlib.compress(msgspec.json.encode(self._place))

    @cached_property
    def _rules(self) -> rules.Rules:
        found = rules.asked(self._site, self._fetcher)
        self._fetcher.slow_down(found.pause)
        return found

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
        stated = (_short(response.headers.get(name, "")) for name in ("etag", "last-modified"))
        self._notes.put(path, Note(_hash(response.body), self._place.pages.get(path, ""), *stated), self._clock())
        return response.body


def _short(stated: str) -> str:
    """What is too long to be kept for every page was not said."""
    return stated if len(stated) <= LONGEST else ""


def _hash(body: bytes) -> str:
    return sha256(body).hexdigest()[:24]
