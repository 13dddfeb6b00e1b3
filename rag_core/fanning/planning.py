"""Plan a run: what its source lists, compared with what answers now. What has not changed is never read."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from secrets import token_hex

from rag_core import documenting
from rag_core.chunking import SIZES
from rag_core.documenting import Listed
from rag_core.domain import NEVER, Deadline, DocumentId
from rag_core.extracting.reading import READERS
from rag_core.fanning.gathering import Gathering
from rag_core.fanning.plans import (
    KEPT,
    PAGE,
    POINTERS,
    Opened,
    Order,
    Page,
    Parts,
    Plan,
    Step,
    Store,
    Wanted,
    counted,
    missing,
    page,
)
from rag_core.recognizing import PICTURES
from rag_core.runs import Answering, Progress, SourceItem


def planned(
    parts: Parts,
    store: Store,
    order: Order,
    now: datetime,
    progress: Callable[[Progress], None],
    deadline: Deadline = NEVER,
) -> tuple[str, Plan]:
    """The run's plan and its token: the first that was made, however often this is delivered.

    Raises PausedError where it takes another step, and HeldError where another worker is at it.
    """
    if token := known(parts, order):
        return token, store.get(order.run, f"{token}/plan", Plan)
    token = token_hex(4)
    store.put(order.run, f"{token}/plan", _made(parts, store, order, token, now, progress, deadline))
    if not parts.records.change(POINTERS, order.run, token.encode(), seen=None, ttl=KEPT):
        token = known(parts, order) or token
    return token, store.get(order.run, f"{token}/plan", Plan)


def known(parts: Parts, order: Order) -> str | None:
    found = parts.records.get(POINTERS, order.run)
    return found.value.decode() if found else None


def left(parts: Parts, store: Store, order: Order) -> list[Order]:
    """What of a planned run is still to do."""
    plan = store.get(order.run, f"{order.token}/plan", Plan)
    if units := missing(parts.counts, counted(order, "documents"), plan.documents):
        return [replace(order, step=Step.DOCUMENT, unit=unit) for unit in units]
    return [replace(order, step=Step.PACK, unit=0)]


def _made(
    parts: Parts,
    store: Store,
    order: Order,
    token: str,
    now: datetime,
    progress: Callable[[Progress], None],
    deadline: Deadline,
) -> Plan:
    opened, standing = parts.source(order.source), parts.assembly.standing(order.source)
    embedder, source = parts.embedder(standing.model), opened.source
    answering = standing.mine or {}
    before = {} if order.full else answering
    is_known = partial(_is_known, opened, before)
    full = order.full or not answering
    formats = (*READERS, *sorted(PICTURES)) if parts.recognition else tuple(READERS)
    if source.apart:
        found = documenting.listed(source, full=full, progress=progress, formats=formats)
        wanted = [Wanted(each) for each in found.items.values() if not is_known(each)]
    else:
        gathering = Gathering(parts, store, order.run, source, standing.version, now)
        now = gathering.began
        found, wanted = gathering.all(Listed(formats=formats), is_known, progress, deadline, full=full)
    gone = sorted(answering.keys() - (found.items.keys() - found.withdrawn))
    touched = {*gone, *(each.item.id for each in wanted)}
    for number in range(0, len(wanted), PAGE):
        store.put(order.run, page(token, number // PAGE), _page(wanted[number : number + PAGE], before))
    same = standing.model == (embedder.name if embedder else None)
    if not wanted and not gone and same and standing.current:
        source.committed()  # who listed is here alone; of a run that changes, the next one says so
    return Plan(
        parts.assembly.named(),
        opened.audience,
        replace(standing, mine=None),
        {name: each.chunks for name, each in answering.items() if name in touched},
        [DocumentId(name) for name in gone],
        len(wanted),
        sum(map(is_known, found.items.values())),
        found.failures,
        found.skipped,
        embedder.name if embedder else None,
        embedder.dimensions if embedder else 0,
        now,
    )


def _is_known(opened: Opened, answering: Mapping[DocumentId, Answering], item: SourceItem) -> bool:
    """Whether it need not be read: what answers is the same."""
    if not item.version or item.id not in answering:
        return False
    return answering[item.id].fingerprint == documenting.fingerprint(item, item.version, opened.audience, SIZES)


def _page(wanted: list[Wanted], answering: Mapping[DocumentId, Answering]) -> Page:
    return Page(
        [
            Wanted(each.item, now.fingerprint if (now := answering.get(each.item.id)) else None, each.content)
            for each in wanted
        ]
    )
