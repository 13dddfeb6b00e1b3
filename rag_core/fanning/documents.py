"""Read one document of a run. One that cannot be read fails alone, with its reason."""

from dataclasses import replace
from secrets import token_hex

from rag_core import documenting, recognizing
from rag_core.chunking import SIZES
from rag_core.domain import Audience, Fingerprint
from rag_core.errors import DeniedError, RejectedError, UnavailableError
from rag_core.extracting.extracted import NO_TEXT, Extracted
from rag_core.extracting.isolating import IsolatedExtractor
from rag_core.fanning.plans import (
    PAGE,
    Note,
    Opened,
    Order,
    Page,
    Parts,
    Plan,
    Scanned,
    Staged,
    Store,
    Wanted,
    page,
    sent,
)
from rag_core.runs import SourceItem
from rag_core.scans import Scan

DIED = "its worker ended each time without a word: it may be too large, split it"


def read(parts: Parts, store: Store, order: Order, opened: Opened, extractor: IsolatedExtractor) -> Note:
    """What became of it. Raises UnavailableError where its source is away: another try may read it."""
    plan = store.get(order.run, f"{order.token}/plan", Plan)
    found = wanted(store, order)
    item = found.item
    try:
        content, version = _content(parts, order, opened, found)
        fingerprint = documenting.fingerprint(item, item.version or version, plan.audience, SIZES)
        if fingerprint == found.known and not order.full:
            return Note(item.id, item.name, unchanged=True)
        if scan := parts.recognition and parts.recognition.look(item, content, extractor):
            text = None if scan.is_whole else _text(item, content, extractor)
            key = recognizing.key(order.source, item, item.version or version)
            return _scanned(
                parts, store, order, item, scan, Scanned(key, replace(scan, content=b""), text, fingerprint)
            )
        extracted = extractor.result(extractor.submit(item.format, content))
    except OSError as error:
        return failed(item, f"it cannot be opened: {error.strerror}")
    except RejectedError as error:
        return failed(item, str(error), denied=isinstance(error, DeniedError))
    return staged(store, order, item, extracted, fingerprint)


def staged(store: Store, order: Order, item: SourceItem, extracted: Extracted, fingerprint: Fingerprint) -> Note:
    plan = store.get(order.run, f"{order.token}/plan", Plan)
    document, chunks = documenting.made(item, extracted, order.source, plan.audience, fingerprint, SIZES)
    blob = _blob(order)
    store.put(order.run, blob, Staged(document, chunks))
    return Note(item.id, item.name, blob, len(chunks))


def given_up(parts: Parts, store: Store, order: Order) -> Note:
    """At its last delivery: a document that ends its worker each time must not keep the run from ending."""
    reason = parts.staging.get(order.run, _trouble(order))
    return failed(wanted(store, order).item, reason.decode() if reason else DIED)


def postponed(parts: Parts, order: Order, error: UnavailableError) -> None:
    parts.staging.put(order.run, _trouble(order), str(error).encode())


def failed(item: SourceItem, reason: str, *, denied: bool = False) -> Note:
    restricted = item.audience is Audience.INTERNAL
    return Note(item.id, item.name[-200:], failed=reason[:300], denied=denied, withdrawn=restricted)


def wanted(store: Store, order: Order) -> Wanted:
    number, place = divmod(order.unit, PAGE)
    return store.get(order.run, page(order.token, number), Page).wanted[place]


def _text(item: SourceItem, content: bytes, extractor: IsolatedExtractor) -> Extracted | None:
    """None where the other pages are empty."""
    try:
        return extractor.result(extractor.submit(item.format, content))
    except RejectedError as error:
        if str(error) == NO_TEXT:
            return None
        raise


def _scanned(parts: Parts, store: Store, order: Order, item: SourceItem, scan: Scan, found: Scanned) -> Note:
    """Nothing is sent before it is known how many pages the run has."""
    blob = _blob(order)
    parts.staging.put(order.run, sent(blob), scan.content)
    store.put(order.run, blob, found)
    restricted = item.audience is Audience.INTERNAL
    return Note(item.id, item.name, blob, withdrawn=restricted, pages=len(scan.pages))


def _blob(order: Order) -> str:
    return f"{order.token}/documents/{order.unit}-{token_hex(4)}"  # another delivery has its own


def _content(parts: Parts, order: Order, opened: Opened, found: Wanted) -> tuple[bytes, str]:
    if not found.content:
        return opened.source.read(found.item)
    content = parts.staging.get(order.run, found.content)
    if content is None:
        raise RejectedError("what was read of it is gone: start the ingestion again")
    return content, found.item.version


def _trouble(order: Order) -> str:
    return f"{order.token}/trouble/{order.unit}"
