"""More entries than one answer holds, page after page.

By search_after, which every target knows, and over one physical index, which does not change while it is read.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec

from rag_core.backends.opensearch.asking import Hit, Query, Searched

Search = Callable[[Query, str | None], Searched]  # in a physical index, or in the one that answers


def pages(
    search: Search, index: str | None, filters: Sequence[Query], by: str, *, size: int, hidden: Sequence[str] = ()
) -> Iterator[list[Hit]]:
    """In the order of the field `by`, in which no two entries are alike; all from the index of the first page."""
    query: dict[str, Any] = {"size": size, "sort": [{by: "asc"}], "track_total_hits": False}
    query |= {"query": {"bool": {"filter": list(filters)}}, "_source": {"excludes": list(hidden)}}
    after: list[msgspec.Raw] = []
    while True:
        found = search(query | ({"search_after": after} if after else {}), index).hits.hits
        if found:
            yield found
        if len(found) < size:
            return
        index, after = found[-1].index, found[-1].sort
