"""The Help Center as it is read, every list through zenpy.

zenpy shows what a response does not state as None: who may read an article is taken from what was stated only.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from integrations.zendesk.patience import Patience
from integrations.zendesk.refusing import MissingError
from rag_core.errors import MisconfiguredError

SIDELOADED = "translations"
EXPORTED = 1_000  # articles in a page of what changed
DEEPEST = 10  # sections in sections
NONE_HERE = (
    "Zendesk has no Help Center at {}: turn it on in Zendesk (Knowledge admin), or set SUPPORTBOT_ZENDESK_SUBDOMAIN to "
    "the brand that has it"
)


@dataclass(frozen=True, slots=True)
class Translation:
    """An article in one language; the one it was written in is one of them."""

    locale: str
    title: str
    body: str  # HTML
    url: str
    published: bool
    outdated: bool
    updated: str  # ISO 8601


@dataclass(frozen=True, slots=True)
class Article:
    """As it is listed."""

    id: int
    section: int
    source_locale: str
    updated: str
    restricted: bool
    labels: tuple[str, ...]
    translations: tuple[Translation, ...] | None  # None: they did not come with it


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed since a time, and the time to ask from next."""

    articles: Mapping[int, Article]
    until: int


class HelpCenter:
    """Of one account's main brand. All raise UnavailableError, MisconfiguredError."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience

    def count(self) -> int:
        """Only lists by number tell it."""
        return len(self._ask(lambda zenpy: zenpy.help_center.articles(cursor_pagination=False)))

    def articles(self, *, translated: bool) -> Iterator[Article]:
        """All, the oldest first: what is edited or deleted meanwhile moves no other out of the list."""
        options = {"cursor_pagination": True, "sort_by": "created_at", "sort_order": "asc"}
        wanted = options | ({"include": SIDELOADED} if translated else {})
        for each in self._each(lambda zenpy: zenpy.help_center.articles(**wanted)):
            yield _article(each)

    def changed(self, since: int) -> Changes | None:
        """In seconds since 1970. What was deleted is not among them.

        None: more than a page of them changed within one second, as in an import; the export cannot go on behind it.
        """
        pages = self._ask(lambda zenpy: zenpy.help_center.articles.incremental(since, include=SIDELOADED))
        found: dict[int, Article] = {}
        repeated = 0  # each page begins with what ended the one before; a page of nothing else comes for ever
        for each in self._each(lambda _: pages):
            repeated = repeated + 1 if each.id in found else 0
            if repeated >= EXPORTED:
                return None
            found[each.id] = _article(each)
        return Changes(found, int(getattr(pages, "end_time", None) or since))

    def article(self, number: int) -> Article | None:
        """With its translations, none of them newer than what is said of its readers. None: there is no such any more.

        Else a text that was written once an article was restricted might be taken for one that everybody may read.
        """
        try:
            found = self._patience.ask(
                lambda zenpy: _article(zenpy.help_center.articles(id=number, include=SIDELOADED))
            )
            if found.translations is not None:
                return found
            texts = tuple(_translation(each) for each in self._patience.each(_translations_of(number)))
            found = self._patience.ask(lambda zenpy: _article(zenpy.help_center.articles(id=number)))
            return replace(found, translations=texts)
        except MissingError:
            return None

    def path(self, section: int, locale: str) -> tuple[str, ...]:
        """The names of category and sections that an article stands in, in its language where they have one."""
        names: list[str] = []
        place: int | None = section
        for _ in range(DEEPEST):
            found = self._sections.get(place) if place else None
            if found is None:
                break
            names.insert(0, _name(found, locale))
            place = getattr(found, "parent_section_id", None)
            if not place and (category := self._categories.get(found.category_id)):
                names.insert(0, _name(category, locale))
        return tuple(filter(None, names))

    @cached_property
    def _sections(self) -> Mapping[int, Any]:
        return {
            each.id: each
            for each in self._each(lambda zenpy: zenpy.help_center.sections(cursor_pagination=True, include=SIDELOADED))
        }

    @cached_property
    def _categories(self) -> Mapping[int, Any]:
        return {
            each.id: each
            for each in self._each(
                lambda zenpy: zenpy.help_center.categories(cursor_pagination=True, include=SIDELOADED)
            )
        }

    def _ask(self, call: Callable[[Any], Any]) -> Any:
        try:
            return self._patience.ask(call)
        except MissingError as error:
            raise MisconfiguredError(NONE_HERE.format(self._patience.site.netloc)) from error

    def _each(self, call: Callable[[Any], Any]) -> Iterator[Any]:
        found = self._ask(call)
        return self._patience.each(lambda _: found)


def _translations_of(article: int) -> Callable[[Any], Any]:
    return lambda zenpy: zenpy.help_center.articles.translations(article)


def _article(each: Any) -> Article:
    came = vars(each).get(SIDELOADED)
    return Article(
        id=int(each.id),
        section=int(each.section_id or 0),
        source_locale=str(each.source_locale or each.locale or ""),
        updated=str(each.updated_at or ""),
        restricted=_restricted(vars(each)),
        labels=tuple(str(label) for label in each.label_names or ()),
        translations=None if came is None else tuple(_translation(one) for one in came),
    )


def _restricted(stated: Mapping[str, Any]) -> bool:
    """Unless it is stated that no segment of users is meant, the one way and the other."""
    one, several = stated.get("user_segment_id"), stated.get("user_segment_ids")
    return one is not None or bool(several) or "user_segment_ids" not in stated


def _translation(each: Any) -> Translation:
    return Translation(
        locale=str(each.locale or ""),
        title=" ".join(str(each.title or "").split()),
        body=str(each.body or ""),
        url=str(each.html_url or ""),
        published=each.draft is False and not getattr(each, "hidden", False),
        outdated=bool(each.outdated),
        updated=str(each.updated_at or ""),
    )


def _name(place: Any, locale: str) -> str:
    named = {each.locale: each.title for each in vars(place).get(SIDELOADED) or ()}
    return " ".join(str(named.get(locale) or place.name or "").split())
