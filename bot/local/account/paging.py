"""Lists in pages: by cursor where `page[size]` is asked for, else by number."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode, urlsplit

from bot.local.account.exchanging import Request, Response

LARGEST = 100
Shown = dict[str, Any]
Key = Callable[[Shown], tuple[Any, ...]]


def listed(
    request: Request,
    name: str,
    found: Sequence[Shown],
    headers: dict[str, str],
    key: Key | None = None,
    largest: int = LARGEST,
) -> Response:
    """`key`: what the list is in order of, so that a cursor holds its place while the list changes."""
    if "page[size]" not in request.query:
        return Response(200, _by_number(request, name, found), headers)
    page = _by_key(request, name, found, key, largest) if key else _by_cursor(request, name, found)
    return Response(200, page, headers)


def listed_by_cursor(request: Request, name: str, found: Sequence[dict[str, Any]]) -> Response:
    """Of newer endpoints, which know no numbers of pages."""
    return Response(200, _by_cursor(request, name, found))


def following(request: Request, **query: str) -> str:
    """The address of the next page."""
    return _link(request, request.query | query)


def _by_cursor(request: Request, name: str, found: Sequence[Shown]) -> Shown:
    query = request.query
    size, start = min(int(query.get("page[size]", LARGEST)), LARGEST), int(query.get("page[after]", "0"))
    end = start + size
    return _page(request, name, found[start:end], str(end) if end < len(found) else None)


def _by_key(request: Request, name: str, found: Sequence[Shown], key: Key, largest: int) -> Shown:
    query = request.query
    size, after, back = min(int(query["page[size]"]), largest), query.get("page[after]"), query.get("sort_order")
    if after:
        place = tuple(json.loads(urlsafe_b64decode(after)))
        found = [each for each in found if (key(each) < place if back == "desc" else key(each) > place)]
    page = found[:size]
    cursor = urlsafe_b64encode(json.dumps(key(page[-1])).encode()).decode() if len(found) > size else None
    return _page(request, name, page, cursor)


def _page(request: Request, name: str, page: Sequence[Shown], cursor: str | None) -> Shown:
    links = {"next": following(request, **{"page[after]": cursor}) if cursor else None, "prev": None}
    meta = {"has_more": cursor is not None, "after_cursor": cursor, "before_cursor": None}
    return {name: page, "meta": meta, "links": links}


def _by_number(request: Request, name: str, found: Sequence[Shown]) -> Shown:
    query = request.query
    size, page = min(int(query.get("per_page", LARGEST)), LARGEST), int(query.get("page", "1"))
    end = page * size
    link = following(request, page=str(page + 1)) if end < len(found) else None
    return {name: found[end - size : end], "count": len(found), "next_page": link, "previous_page": None}


def _link(request: Request, query: dict[str, str]) -> str:
    return f"{request.here}{urlsplit(request.target).path}?{urlencode(query)}"
