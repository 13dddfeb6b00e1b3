"""Lists in pages: by cursor where `page[size]` is asked for, else by number."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode, urlsplit

from bot.local.account.exchanging import Request, Response

LARGEST = 100


def listed(request: Request, name: str, found: Sequence[dict[str, Any]], headers: dict[str, str]) -> Response:
    query = request.query
    page = _by_cursor if "page[size]" in query else _by_number
    return Response(200, page(request, name, found), headers)


def listed_by_cursor(request: Request, name: str, found: Sequence[dict[str, Any]]) -> Response:
    """Of newer endpoints, which know no numbers of pages."""
    return Response(200, _by_cursor(request, name, found))


def _by_cursor(request: Request, name: str, found: Sequence[dict[str, Any]]) -> dict[str, Any]:
    query = request.query
    size, start = min(int(query.get("page[size]", LARGEST)), LARGEST), int(query.get("page[after]", "0"))
    end = start + size
    has_more = end < len(found)
    following = _link(request, {**query, "page[after]": str(end)}) if has_more else None
    meta = {"has_more": has_more, "after_cursor": str(end) if has_more else None, "before_cursor": None}
    return {name: found[start:end], "meta": meta, "links": {"next": following, "prev": None}}


def _by_number(request: Request, name: str, found: Sequence[dict[str, Any]]) -> dict[str, Any]:
    query = request.query
    size, page = min(int(query.get("per_page", LARGEST)), LARGEST), int(query.get("page", "1"))
    end = page * size
    following = _link(request, {**query, "page": str(page + 1)}) if end < len(found) else None
    return {name: found[end - size : end], "count": len(found), "next_page": following, "previous_page": None}


def _link(request: Request, query: dict[str, str]) -> str:
    return f"{request.here}{urlsplit(request.target).path}?{urlencode(query)}"
