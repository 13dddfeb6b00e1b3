"""Lay the next version of the index out in parts, and make one of them.

Windows of staged chunks are cut across documents, so that requests to the embedding model are full ones.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from rag_core import documenting
from rag_core.domain import Chunk, Document, DocumentId
from rag_core.errors import MisconfiguredError
from rag_core.fanning import scanned
from rag_core.fanning.plans import WINDOW, Layout, Order, Parts, Plan, Staged, Store
from rag_core.ports import Embedder
from rag_core.runs import Build

COPIED = 1_152  # entries of a part that is copied, roughly
READERS = 8  # of staged documents, at once


def laid_out(parts: Parts, store: Store, order: Order) -> Layout | None:
    """The same however often it is delivered. None: there is nothing to make, what answers is as it should be.

    Raises MisconfiguredError where no document at all may be read.
    """
    plan, read = store.get(order.run, f"{order.token}/plan", Plan), scanned.notes(parts, store, order)
    if read and not plan.unchanged and all(each.denied for each in read):
        raise MisconfiguredError(documenting.NONE_READ.format(len(read), read[0].failed))
    standing = plan.standing
    staged = [(each.blob, each.chunks) for each in read if each.blob]
    touched = {*plan.gone, *(each.id for each in read if each.blob or each.withdrawn)}
    leaving = {DocumentId(name): plan.chunks[name] for name in sorted(touched) if name in plan.chunks}
    if not staged and not leaving and (standing.model, standing.current) == (plan.model, True):
        return None
    stay = standing.chunks - sum(leaving.values()), standing.documents - len(leaving)
    chunks = sum(number for _, number in staged)
    build = Build(
        plan.version,
        order.source,
        standing.version,
        plan.model,
        plan.dimensions,
        stay[0] + chunks,
        stay[1] + len(staged),
        leaving,
        True,
        -(-sum(stay) // COPIED) if standing.version else 0,
    )
    layout = Layout(build, staged, max(-(-chunks // WINDOW), 1 if staged else 0))
    store.put(order.run, f"{order.token}/layout", layout)
    parts.assembly.open(build)
    return layout


def make(parts: Parts, store: Store, order: Order) -> Layout:
    """The part that the order names."""
    layout = store.get(order.run, f"{order.token}/layout", Layout)
    embedder = _embedder(parts, store, order, layout.build)
    if order.unit >= layout.windows:
        parts.assembly.copy(layout.build, order.unit - layout.windows, embedder)
        return layout
    documents: list[tuple[Document, int]] = []
    chunks: list[Chunk] = []
    for is_first, staged, start, end in _within(store, order, layout):
        if is_first:
            documents.append((staged.document, len(staged.chunks)))
        chunks += staged.chunks[start:end]
    vectors = embedder.embed_passages([each.contextual_text for each in chunks]) if embedder and chunks else []
    parts.assembly.load(layout.build, documents, chunks, vectors)
    return layout


def _within(store: Store, order: Order, layout: Layout) -> Iterator[tuple[bool, Staged, int, int]]:
    """The documents that stand in a window: whether they begin in it, and which of their chunks it has."""
    least, beyond, place = order.unit * WINDOW, (order.unit + 1) * WINDOW, 0
    found: list[tuple[bool, str, int, int]] = []
    for blob, number in layout.staged:
        begins = min(place // WINDOW, layout.windows - 1) == order.unit
        start, end = max(least - place, 0), min(beyond - place, number)
        if begins or start < end:
            found.append((begins, blob, start, max(start, end)))
        place += number
    with ThreadPoolExecutor(READERS, "staged") as pool:
        read = pool.map(lambda each: store.read(order.run, each[1], Staged), found)
        for (begins, _, start, end), staged in zip(found, read, strict=True):
            yield begins, staged, start, end


def _embedder(parts: Parts, store: Store, order: Order, build: Build) -> Embedder | None:
    """Of the space that was planned."""
    if build.model is None:
        return None
    embedder = parts.embedder(store.get(order.run, f"{order.token}/plan", Plan).standing.model)
    if embedder is None or embedder.name != build.model:
        raise MisconfiguredError(
            f"the run was planned with the embedding model {build.model}, now it is "
            f"{embedder.name if embedder else 'none'}: start it again"
        )
    return embedder
