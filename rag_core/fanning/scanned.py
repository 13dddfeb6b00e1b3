"""Have a run's scanned pages recognised, once it is known how many they are and that somebody agrees to the price.

A recognition is begun and left; the message that it is over brings its document back.
"""

from dataclasses import replace

import msgspec

from rag_core.errors import RejectedError, UnavailableError
from rag_core.fanning import documents
from rag_core.fanning.plans import Note, Order, Parts, Scanned, Scans, Step, Store, counted, missing, sent
from rag_core.recognizing import Pending, Recognition

ASK = "this run has {}, and more than {:,.2f} USD are agreed to first: ingest again with --agree (docs/ingesting.md)"
OFF = "its scanned pages cannot be recognised any more: SUPPORTBOT_TEXTRACT is not set"
MISSING = "not recognised of its scanned pages: {}; the others answer"
EARLY = "Textract told that it is over, and is not"


def left(parts: Parts, store: Store, order: Order) -> list[Order]:
    """What is still to be recognised before the index can be laid out."""
    of = _settled(parts, store, order, _noted(parts, order, "documents"))
    if of.refused or not of.units:
        return []
    units = missing(parts.counts, counted(order, "scans"), len(of.units))
    return [replace(order, step=Step.SCAN, unit=unit) for unit in units]


def notes(parts: Parts, store: Store, order: Order) -> list[Note]:
    """What became of each document, in the order of the plan."""
    found = _noted(parts, order, "documents")
    of = _settled(parts, store, order, found)
    recognised = _noted(parts, order, "scans") if of.units and not of.refused else {}
    for place, unit in enumerate(of.units):
        refused = msgspec.structs.replace(found[unit], blob="", pages=0, failed=of.refused)
        found[unit] = refused if of.refused else recognised[place]
    return [found[unit] for unit in sorted(found)]


def tried(parts: Parts, store: Store, order: Order, last: bool, over: Pending | None) -> Note | None:
    """None: its message will bring it back. Given up at its last delivery; raises UnavailableError before."""
    if last:
        return documents.given_up(parts, store, _document(store, order))
    try:
        return _read(parts, store, order, over)
    except UnavailableError as error:
        documents.postponed(parts, _document(store, order), error)
        raise


def _read(parts: Parts, store: Store, order: Order, over: Pending | None) -> Note | None:
    """Begin it, or take up what is over."""
    document = _document(store, order)
    item = documents.wanted(store, document).item
    note = _note(parts, document)
    held = store.read(order.run, note.blob, Scanned)
    try:
        pending = over or _begun(parts, order, note, held)
        # what was begun before may be over by now, and its message gone
        found = _recognition(parts).finished(pending, pending.recognition, held.text)
    except RejectedError as error:
        return documents.failed(item, str(error))
    if found is None:
        if over:
            raise UnavailableError(EARLY)
        return None
    made = documents.staged(store, document, item, found.extracted, held.fingerprint)
    pages = ", ".join(map(str, found.missing))
    return msgspec.structs.replace(made, failed=MISSING.format(pages)[:300]) if pages else made


def scans(store: Store, order: Order) -> Scans:
    """As they were settled."""
    return store.get(order.run, _name(order), Scans)


def done(parts: Parts, store: Store, order: Order) -> None:
    """Once it is counted: whoever dies before is delivered again, and finds it."""
    note = _note(parts, _document(store, order))
    _recognition(parts).done(store.read(order.run, note.blob, Scanned).key)


def _begun(parts: Parts, order: Order, note: Note, held: Scanned) -> Pending:
    content = parts.staging.get(order.run, sent(note.blob))
    if content is None:
        raise RejectedError("what was read of it is gone: start the ingestion again")
    return _recognition(parts).begin(replace(held.scan, content=content), held.key, order.payload())


def _settled(parts: Parts, store: Store, order: Order, found: dict[int, Note]) -> Scans:
    """Which documents are recognised, or why none is; what was settled first stands, pages may be paid for."""
    units = sorted(unit for unit, note in found.items() if note.pages)
    if not units:
        return Scans([])
    if parts.staging.get(order.run, _name(order)) is None:
        pages = sum(found[unit].pages for unit in units)
        store.put(order.run, _name(order), Scans(units, _refused(parts.recognition, pages, order.agreed)))
    return scans(store, order)


def _refused(recognition: Recognition | None, pages: int, agreed: bool) -> str:
    if recognition is None:
        return OFF
    estimate = recognition.estimate(pages)
    if agreed or not recognition.needs_consent(estimate):
        return ""
    return ASK.format(estimate, recognition.ask_above)


def _recognition(parts: Parts) -> Recognition:
    if parts.recognition is None:
        raise RejectedError(OFF)
    return parts.recognition


def _noted(parts: Parts, order: Order, stage: str) -> dict[int, Note]:
    found = parts.counts.notes(counted(order, stage))
    return {unit: msgspec.json.decode(note, type=Note) for unit, note in found.items()}


def _note(parts: Parts, document: Order) -> Note:
    return msgspec.json.decode(parts.counts.note(counted(document, "documents"), document.unit) or b"", type=Note)


def _document(store: Store, order: Order) -> Order:
    """Its number among all documents."""
    return replace(order, unit=scans(store, order).units[order.unit])


def _name(order: Order) -> str:
    return f"{order.token}/scans"
