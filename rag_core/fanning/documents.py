"""Read one document of a run. One that cannot be read fails alone, with its reason."""

from secrets import token_hex

from rag_core import documenting
from rag_core.chunking import SIZES
from rag_core.domain import Audience
from rag_core.errors import RejectedError, UnavailableError
from rag_core.extracting.isolating import IsolatedExtractor
from rag_core.fanning.plans import PAGE, Note, Opened, Order, Page, Parts, Plan, Staged, Store, Wanted, page
from rag_core.runs import SourceItem

DIED = "its worker ended each time without a word: it may be too large, split it"


def read(parts: Parts, store: Store, order: Order, opened: Opened, extractor: IsolatedExtractor) -> Note:
    """What became of it. Raises UnavailableError where its source is away: another try may read it."""
    plan = store.get(order.run, f"{order.token}/plan", Plan)
    wanted = _wanted(store, order)
    item = wanted.item
    try:
        content, version = _content(parts, order, opened, plan, item)
        fingerprint = documenting.fingerprint(item, item.version or version, plan.audience, SIZES)
        if fingerprint == wanted.known and not order.full:
            return Note(item.id, item.name, unchanged=True)
        extracted = extractor.result(extractor.submit(item.format, content))
    except OSError as error:
        return failed(item, f"it cannot be opened: {error.strerror}")
    except RejectedError as error:
        return failed(item, str(error))
    document, chunks = documenting.made(item, extracted, order.source, plan.audience, fingerprint, SIZES)
    blob = f"{order.token}/documents/{order.unit}-{token_hex(4)}"  # another delivery has its own
    store.put(order.run, blob, Staged(document, chunks))
    return Note(item.id, item.name, blob, len(chunks))


def given_up(parts: Parts, store: Store, order: Order) -> Note:
    """At its last delivery: a document that ends its worker each time must not keep the run from ending."""
    reason = parts.staging.get(order.run, _trouble(order))
    return failed(_wanted(store, order).item, reason.decode() if reason else DIED)


def postponed(parts: Parts, order: Order, error: UnavailableError) -> None:
    parts.staging.put(order.run, _trouble(order), str(error).encode())


def failed(item: SourceItem, reason: str) -> Note:
    return Note(item.id, item.name[-200:], failed=reason[:300], withdrawn=item.audience is Audience.INTERNAL)


def _wanted(store: Store, order: Order) -> Wanted:
    number, place = divmod(order.unit, PAGE)
    return store.get(order.run, page(order.token, number), Page).wanted[place]


def _content(parts: Parts, order: Order, opened: Opened, plan: Plan, item: SourceItem) -> tuple[bytes, str]:
    if plan.apart:
        return opened.source.read(item)
    content = parts.staging.get(order.run, f"{order.token}/original/{order.unit}")
    if content is None:
        raise RejectedError("what was read of it is gone: start the ingestion again")
    return content, item.version


def _trouble(order: Order) -> str:
    return f"{order.token}/trouble/{order.unit}"
