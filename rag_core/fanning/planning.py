"""Plan a run: what its source lists, compared with what answers now. What has not changed is never read."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from secrets import token_hex

import msgspec

from rag_core import documenting
from rag_core.chunking import SIZES
from rag_core.documenting import Listed
from rag_core.domain import DocumentId, Fingerprint
from rag_core.errors import RejectedError
from rag_core.extracting.reading import READERS
from rag_core.fanning.plans import KEPT, PAGE, POINTERS, Opened, Order, Page, Parts, Plan, Store, Wanted, page
from rag_core.recognizing import PICTURES
from rag_core.runs import Answering, Progress, SourceItem


def planned(
    parts: Parts, store: Store, order: Order, now: datetime, progress: Callable[[Progress], None]
) -> tuple[str, Plan]:
    """The run's plan and its token: the first that was made, however often this is delivered."""
    if token := known(parts, order):
        return token, store.get(order.run, f"{token}/plan", Plan)
    token = token_hex(4)
    plan = _made(parts, store, order, token, progress)
    store.put(order.run, f"{token}/plan", msgspec.structs.replace(plan, listed=now))
    if not parts.records.change(POINTERS, order.run, token.encode(), seen=None, ttl=KEPT):
        token = known(parts, order) or token
    return token, store.get(order.run, f"{token}/plan", Plan)


def known(parts: Parts, order: Order) -> str | None:
    found = parts.records.get(POINTERS, order.run)
    return found.value.decode() if found else None


def _made(parts: Parts, store: Store, order: Order, token: str, progress: Callable[[Progress], None]) -> Plan:
    opened, standing = parts.source(order.source), parts.assembly.standing(order.source)
    embedder = parts.embedder(standing.model)
    answering = standing.mine or {}
    formats = (*READERS, *sorted(PICTURES)) if parts.recognition else tuple(READERS)
    found = documenting.listed(opened.source, full=order.full or not answering, progress=progress, formats=formats)
    wanted, unchanged = _compared(found, opened, {} if order.full else answering)
    touched = {each.item.id for each in wanted}
    if not opened.source.apart:
        wanted = _fetched(parts, order, opened, token, wanted, found, progress)
    gone = sorted(answering.keys() - (found.items.keys() - found.withdrawn))
    touched |= set(gone)
    for number in range(0, len(wanted), PAGE):
        store.put(order.run, page(token, number // PAGE), Page(wanted[number : number + PAGE]))
    same = standing.model == (embedder.name if embedder else None)
    if not wanted and not gone and same and standing.current:
        opened.source.committed()  # who listed is here alone; of a run that changes, the next one says so
    return Plan(
        parts.assembly.named(),
        opened.audience,
        replace(standing, mine=None),
        {name: each.chunks for name, each in answering.items() if name in touched},
        [DocumentId(name) for name in gone],
        len(wanted),
        unchanged,
        found.failures,
        found.skipped,
        embedder.name if embedder else None,
        embedder.dimensions if embedder else 0,
        opened.source.apart,
    )


def _compared(found: Listed, opened: Opened, answering: Mapping[DocumentId, Answering]) -> tuple[list[Wanted], int]:
    """What is to be read, and how many need not be."""
    wanted: list[Wanted] = []
    for item in found.items.values():
        before = answering[item.id].fingerprint if item.id in answering else None
        if not item.version or before != _fingerprint(item, opened):
            wanted.append(Wanted(item, before))
    return wanted, len(found.items) - len(wanted)


def _fingerprint(item: SourceItem, opened: Opened) -> Fingerprint:
    return documenting.fingerprint(item, item.version, opened.audience, SIZES)


def _fetched(
    parts: Parts,
    order: Order,
    opened: Opened,
    token: str,
    wanted: list[Wanted],
    found: Listed,
    progress: Callable[[Progress], None],
) -> list[Wanted]:
    """Their contents staged, for a source that reads by what it has listed."""
    kept: list[Wanted] = []
    for number, each in enumerate(wanted, 1):
        try:
            content, version = opened.source.read(each.item)
        except (OSError, RejectedError) as error:
            found.fail(each.item, str(error) if isinstance(error, RejectedError) else f"it cannot be opened: {error}")
            continue
        parts.staging.put(order.run, f"{token}/original/{len(kept)}", content)
        kept.append(Wanted(replace(each.item, version=each.item.version or version), each.known))
        progress(Progress("reading", number, len(wanted), each.item.name))
    return kept
