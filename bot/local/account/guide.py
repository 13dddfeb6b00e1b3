"""What the Help Center of this Zendesk holds: categories, sections, articles and what they are in each language.

Every change touches its article, translations included; what is archived is gone from every list.
"""

from dataclasses import dataclass, field

from bot.local.account.desk import Desk

DEFAULT = "en-us"


@dataclass(slots=True)
class Translation:
    """One article in one language."""

    id: int
    title: str
    body: str
    draft: bool
    outdated: bool
    updated_at: str


@dataclass(slots=True)
class Article:
    """`segments`: who may read it; none: everybody."""

    id: int
    section: int
    source_locale: str
    segments: tuple[int, ...]
    labels: tuple[str, ...]
    created_at: str
    updated_at: str
    translations: dict[str, Translation] = field(default_factory=dict)


class Guide:
    """`enabled`: whether the account has a Help Center at all; `public_url`: where it is read."""

    def __init__(self, desk: Desk) -> None:
        self.enabled, self.public_url = True, "https://help.example.com"
        self.categories: dict[int, dict[str, str]] = {}  # names by locale
        self.sections: dict[int, tuple[int, dict[str, str]]] = {}  # with the category
        self.articles: dict[int, Article] = {}
        self.segments: dict[int, str] = {}
        self._desk = desk

    def add_section(self, category: str, name: str, **names: str) -> int:
        """`names`: in other languages, as `de="Rechnungen"`. The category is made with its first section."""
        with self._desk.lock:
            known = next((each for each, named in self.categories.items() if named[DEFAULT] == category), None)
            if known is None:
                known = self._desk.new_id()
                self.categories[known] = {DEFAULT: category}
            number = self._desk.new_id()
            self.sections[number] = known, {DEFAULT: name, **names}
            return number

    def add_segment(self, name: str) -> int:
        with self._desk.lock:
            number = self._desk.new_id()
            self.segments[number] = name
            return number

    def publish(
        self,
        title: str,
        body: str,
        *,
        section: int | None = None,
        locale: str = DEFAULT,
        segments: tuple[int, ...] = (),
        labels: tuple[str, ...] = (),
        draft: bool = False,
    ) -> int:
        """A new article; `translate` adds its other languages."""
        with self._desk.lock:
            within = section or next(iter(self.sections), None) or self.add_section("General", "FAQ")
            stamp = self._desk.stamp
            article = Article(self._desk.new_id(), within, locale, segments, labels, stamp, stamp)
            self.articles[article.id] = article
            article.translations[locale] = self._translation(title, body, draft)
            return article.id

    def translate(self, article: int, locale: str, title: str, body: str, *, draft: bool = False) -> None:
        with self._changing(article) as changed:
            changed.translations[locale] = self._translation(title, body, draft)

    def edit(self, article: int, locale: str = DEFAULT, **fields: object) -> None:
        """`title`, `body`, `draft` or `outdated` of one language."""
        with self._changing(article) as changed:
            translation = changed.translations[locale]
            for name, value in fields.items():
                setattr(translation, name, value)
            translation.updated_at = self._desk.stamp

    def restrict(self, article: int, *segments: int) -> None:
        """To who is in one of the segments; none: to nobody in particular."""
        with self._changing(article) as changed:
            changed.segments = segments

    def move(self, article: int, section: int) -> None:
        with self._changing(article) as changed:
            changed.section = section

    def label(self, article: int, *labels: str) -> None:
        with self._changing(article) as changed:
            changed.labels = labels

    def untranslate(self, article: int, locale: str) -> None:
        with self._changing(article) as changed:
            del changed.translations[locale]

    def archive(self, article: int) -> None:
        with self._desk.lock:
            del self.articles[article]

    def _changing(self, article: int) -> "_Changing":
        return _Changing(self, self._desk, article)

    def _translation(self, title: str, body: str, draft: bool) -> Translation:
        return Translation(self._desk.new_id(), title, body, draft, False, self._desk.stamp)


class _Changing:
    """One change, as a transaction that stamps the article."""

    def __init__(self, guide: Guide, desk: Desk, article: int) -> None:
        self._guide, self._desk, self._article = guide, desk, article

    def __enter__(self) -> Article:
        self._desk.lock.acquire()
        return self._guide.articles[self._article]

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self._guide.articles[self._article].updated_at = self._desk.stamp
        self._desk.lock.release()
