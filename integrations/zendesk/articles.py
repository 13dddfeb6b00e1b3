"""The Help Center as a source of documents: an article in a language is one.

Who may read an article is taken from the list of all of them, in every run; what changed since the last one tells whose
text is read again. A translation that its authors call outdated is left out: the article itself says what is true.
"""

import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from hashlib import sha256

from integrations.zendesk.composing import page
from integrations.zendesk.helpcenter import Article, Changes, HelpCenter, Translation
from integrations.zendesk.noting import Entry, Known, Notes, Page
from rag_core.domain import Audience, DocumentId, SourceName
from rag_core.errors import MisconfiguredError, RejectedError
from rag_core.ports import OnListed
from rag_core.runs import SourceItem

NAME = SourceName("zendesk")
AFRESH = 86_400.0  # seconds after which everything is looked at again, whatever is said to have changed
EARLIER = 300  # seconds before a reading began, from which its changes are asked for: clocks differ
EMPTY = (
    "Zendesk lists no article, where there were {:,}: nothing was changed. If they are gone for good, ingest with "
    "--full"
)
GONE = "it was deleted or unpublished while it was read: the next ingestion leaves it out"


class HelpCenterSource:
    """DocumentSource over the articles. `audience`: of them all where it is internal, whatever Zendesk says."""

    name = NAME
    may_be_empty = True  # an empty list is Zendesk's own word
    apart = False  # most texts came along with the list

    def __init__(
        self,
        center: HelpCenter,
        notes: Notes,
        audience: Audience = Audience.PUBLIC,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._center, self._notes, self._audience, self._clock = center, notes, audience, clock
        self._texts: dict[DocumentId, tuple[str, bytes, str]] = {}  # title, body (packed) and day of what came along
        self._found: Known | None = None

    def items(self, *, full: bool = False, listed: OnListed = lambda _done, _total: None) -> Iterator[SourceItem]:
        now, before = self._clock(), None if full else self._notes.read()
        recent = before is not None and now - before.whole < AFRESH
        changes = self._center.changed(before.cursor) if before and recent else None
        whole = changes is None
        total = len(before.articles) if before else self._center.count()
        entries: dict[int, Entry] = {}
        for number, stated in enumerate(self._center.articles(translated=whole), 1):
            listed(number, max(number, total))
            article, entry = self._entry(stated, changes, before)
            entries[article.id] = entry
            yield from self._pages(article, entry)
        if before and before.articles and not entries:
            raise MisconfiguredError(EMPTY.format(len(before.articles)))
        cursor = changes.until if changes else int(now) - EARLIER
        self._found = Known(cursor, before.whole if before and not whole else now, entries)

    def read(self, item: SourceItem) -> tuple[bytes, str]:
        if item.id not in self._texts:
            self._read_again(item)
        if item.id not in self._texts:
            raise RejectedError(GONE)
        title, body, updated = self._texts[item.id]
        return page(title, item.url, zlib.decompress(body).decode(), updated), item.version

    def committed(self) -> None:
        if self._found:
            self._notes.write(self._found)

    def _entry(self, listed: Article, changes: Changes | None, before: Known | None) -> tuple[Article, Entry]:
        """An article with what it says: as it came along, as it was before, or asked for. Its readers are never
        those of an earlier moment than its text."""
        if listed.translations is not None:
            return listed, self._kept(listed)
        newer = changes.articles.get(listed.id) if changes else None
        if newer and newer.translations is not None:
            return listed, self._kept(newer)
        known = before.articles.get(listed.id) if before else None
        if known and not newer and known.updated == listed.updated:
            return listed, known
        asked = self._center.article(listed.id) or replace(listed, translations=())
        return asked, self._kept(asked)

    def _read_again(self, item: SourceItem) -> None:
        """One that had not changed, and is to be read all the same."""
        article = self._center.article(int(item.id.partition("-")[0]))
        if article and not (article.restricted and item.audience is Audience.PUBLIC):
            self._kept(article)

    def _kept(self, article: Article) -> Entry:
        pages: list[Page] = []
        for each in article.translations or ():
            if _is_shown(article, each):
                packed = zlib.compress(each.body.encode(errors="replace"))
                self._texts[_id(article.id, each.locale)] = each.title, packed, each.updated[:10]
                pages.append(Page(each.locale, each.title, each.url, _version(each)))
        return Entry(article.updated, tuple(pages))

    def _pages(self, article: Article, entry: Entry) -> Iterator[SourceItem]:
        restricted = article.restricted or self._audience is Audience.INTERNAL
        for each in entry.pages:
            path = self._center.path(article.section, each.locale)
            yield SourceItem(
                _id(article.id, each.locale),
                _name(each),
                ".html",
                each.url,
                each.version,
                Audience.INTERNAL if restricted else Audience.PUBLIC,
                (*path, ", ".join(article.labels)) if article.labels else path,
            )


def _is_shown(article: Article, each: Translation) -> bool:
    own = each.locale == article.source_locale
    return bool(each.published and each.locale and each.url) and (own or not each.outdated)


def _id(article: int, locale: str) -> DocumentId:
    return DocumentId(f"{article}-{locale.lower()}")


def _name(each: Page) -> str:
    shown = "".join(character for character in each.title if character.isprintable())
    return f"{shown or each.url} ({each.locale})"


def _version(each: Translation) -> str:
    said = repr((each.title, each.body, each.updated[:10]))
    return sha256(said.encode(errors="replace")).hexdigest()[:24]
