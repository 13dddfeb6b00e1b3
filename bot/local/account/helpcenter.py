"""The Help Center's endpoints.

https://developer.zendesk.com/api-reference/help_center/help-center-api/articles/: an article is shown as it is in one
language; `include=translations` brings all. The incremental export takes the time of its last item for the next page.
"""

from datetime import UTC, datetime
from typing import Any

from bot.local.account.exchanging import RefusalError, Request, Response, Route, missing
from bot.local.account.guide import DEFAULT, Article, Guide, Translation
from bot.local.account.limiting import Limits
from bot.local.account.paging import following, listed

SORTED = ("created_at", "updated_at", "title", "position")


class HelpCenter:
    """Reading, and archiving."""

    def __init__(self, guide: Guide, limits: Limits) -> None:
        self._guide, self._limits = guide, limits
        self.exported, self.largest = 1_000, 100  # articles in a page of the export, and of the list
        self.sideloads, self.unsaid = True, frozenset[str]()  # fields of articles that it is silent about

    @property
    def routes(self) -> list[Route]:
        within = "help_center/"
        found: list[Route] = [
            ("GET", "articles", self.articles),
            ("GET", "incremental/articles", self.incremental),
            ("GET", "{locale}/articles", self.articles),
            ("GET", "articles/{id}", self.article),
            ("DELETE", "articles/{id}", self.archive),
            ("GET", "articles/{id}/translations", self.translations),
            ("GET", "sections", self.sections),
            ("GET", "categories", self.categories),
            ("GET", "user_segments", self.user_segments),
        ]
        return [(method, within + path, self._open(endpoint)) for method, path, endpoint in found]

    def _open(self, endpoint: Any) -> Any:
        def served(request: Request, *places: object) -> Response:
            if not self._guide.enabled:
                raise RefusalError(404, {"error": "RecordNotFound", "description": "Not found"})
            response: Response = endpoint(request, *places)
            return response

        return served

    def articles(self, request: Request, locale: str = "") -> Response:
        query = request.query
        by = query.get("sort_by", "position")
        if by not in SORTED:
            raise RefusalError(400, {"error": "InvalidParameter", "description": f"sort_by is none of {SORTED}"})
        wanted = frozenset(filter(None, query.get("label_names", "").split(",")))
        found = [
            self._shown(article, request, locale)
            for article in self._guide.articles.values()
            if (not locale or locale in article.translations) and wanted <= frozenset(article.labels)
        ]
        found.sort(key=lambda each: (each[by], each["id"]), reverse=query.get("sort_order") == "desc")
        return listed(request, "articles", found, {}, lambda each: (each[by], each["id"]), self.largest)

    def incremental(self, request: Request) -> Response:
        self._limits.export(request.by)
        start = request.query.get("start_time", "")
        if not start.isdigit():
            raise RefusalError(400, {"error": "InvalidParameter", "description": "start_time is required"})
        changed = sorted(
            (each for each in self._guide.articles.values() if _seconds(each.updated_at) >= int(start)),
            key=lambda each: (each.updated_at, each.id),
        )
        page = changed[: self.exported]
        end = _seconds(page[-1].updated_at) if page else None
        more = len(changed) > len(page)
        told = {
            "count": len(changed),
            "end_time": end,
            "next_page": following(request, start_time=str(end)) if more else None,
        }
        return Response(200, {"articles": [self._shown(each, request) for each in page], **told})

    def article(self, request: Request, id: int) -> Response:  # noqa: A002 - the platform's word
        return Response(200, {"article": self._shown(self._found(id), request)})

    def archive(self, _request: Request, id: int) -> Response:  # noqa: A002
        self._guide.archive(self._found(id).id)
        return Response(204)

    def translations(self, request: Request, id: int) -> Response:  # noqa: A002
        article = self._found(id)
        return listed(request, "translations", self._all(article), {})

    def sections(self, request: Request) -> Response:
        found = [
            self._place(number, names, "section", request) | {"category_id": category, "parent_section_id": None}
            for number, (category, names) in self._guide.sections.items()
        ]
        return listed(request, "sections", found, {})

    def categories(self, request: Request) -> Response:
        found = [self._place(number, names, "category", request) for number, names in self._guide.categories.items()]
        return listed(request, "categories", found, {})

    def user_segments(self, request: Request) -> Response:
        found = [
            {"id": number, "name": name, "user_type": "signed_in_users", "built_in": False}
            for number, name in self._guide.segments.items()
        ]
        return listed(request, "user_segments", found, {})

    def _found(self, id: int) -> Article:  # noqa: A002
        if id not in self._guide.articles:
            raise missing()
        return self._guide.articles[id]

    def _shown(self, article: Article, request: Request, locale: str = "") -> dict[str, Any]:
        shown = locale or article.source_locale
        here = article.translations[shown]
        segments = list(article.segments)
        found = {
            "id": article.id, "url": f"{request.here}/api/v2/help_center/{shown}/articles/{article.id}.json",
            "html_url": self._url(article, shown), "title": here.title, "name": here.title, "body": here.body,
            "draft": here.draft, "outdated": here.outdated, "locale": shown, "source_locale": article.source_locale,
            "outdated_locales": sorted(name for name, each in article.translations.items() if each.outdated),
            "section_id": article.section, "label_names": list(article.labels), "author_id": request.by,
            "user_segment_id": segments[0] if len(segments) == 1 else None, "user_segment_ids": segments,
            "permission_group_id": 1, "position": 0, "promoted": False, "comments_disabled": False,
            "content_tag_ids": [], "vote_sum": 0, "vote_count": 0, "created_at": article.created_at,
            "updated_at": article.updated_at, "edited_at": here.updated_at,
        }  # fmt: skip
        wanted = request.query.get("include", "").split(",")
        came = {"translations": self._all(article)} if "translations" in wanted and self.sideloads else {}
        return {name: value for name, value in found.items() if name not in self.unsaid} | came

    def _all(self, article: Article) -> list[dict[str, Any]]:
        return [self._translated(article, locale, each) for locale, each in article.translations.items()]

    def _translated(self, article: Article, locale: str, each: Translation) -> dict[str, Any]:
        found = {
            "id": each.id, "source_id": article.id, "source_type": "Article", "locale": locale, "title": each.title,
            "body": each.body, "draft": each.draft, "outdated": each.outdated, "hidden": False,
            "html_url": self._url(article, locale), "created_at": article.created_at, "updated_at": each.updated_at,
        }  # fmt: skip
        return {name: value for name, value in found.items() if name not in self.unsaid}

    def _url(self, article: Article, locale: str) -> str:
        return f"{self._guide.public_url}/hc/{locale}/articles/{article.id}"

    def _place(self, number: int, names: dict[str, str], kind: str, request: Request) -> dict[str, Any]:
        translations = [
            {"id": number, "source_id": number, "source_type": kind.title(), "locale": locale, "title": name}
            for locale, name in names.items()
        ]
        wanted = request.query.get("include", "").split(",")
        sideloaded = {"translations": translations} if "translations" in wanted and self.sideloads else {}
        return {
            "id": number, "name": names[DEFAULT], "locale": DEFAULT, "source_locale": DEFAULT, "outdated": False,
            "description": "", "position": 0, "html_url": f"{self._guide.public_url}/hc/{DEFAULT}/{kind}/{number}",
            **sideloaded,
        }  # fmt: skip


def _seconds(stamp: str) -> int:
    return int(datetime.strptime(stamp, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp())
