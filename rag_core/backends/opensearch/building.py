"""The next physical index in one process: what is staged, and a copy of what stays by several readers at once."""

import time
from functools import partial
from itertools import pairwise

import msgspec

from rag_core.backends.opensearch.entries import FORMAT, VECTOR, StateEntry, index_body, key
from rag_core.backends.opensearch.loading import Loading
from rag_core.backends.opensearch.node import MissingError, Node
from rag_core.backends.opensearch.spool import Spool
from rag_core.backends.opensearch.target import Target
from rag_core.backends.opensearch.transferring import Former, Told, analysed_again, copied, embedded
from rag_core.errors import UnavailableError
from rag_core.ports import Embedder, OnEmbedded

RANGES = ("0", "4", "8", "c", "g")  # keys are hexadecimal and evenly spread: a reader each
SOONEST, SELDOM = 0.05, 5.0  # seconds between two counts


class Building:
    """One physical index, from nothing to all of it being found."""

    def __init__(self, node: Node, target: Target, spool: Spool, former: Former | None) -> None:
        self._node, self._target, self._spool, self._former = node, target, spool, former

    def build(self, index: str, embedder: Embedder | None, progress: OnEmbedded) -> StateEntry:
        """Made, filled and counted; it answers nobody yet."""
        state = self._state(embedder)
        body = index_body(self._target, state.dimensions)
        with Loading(self._node, index, body, self._target.write_timeout) as loading:
            loading.add(msgspec.json.encode(state))
            self._fill(loading, state, embedder, progress)
        expected = state.chunks + state.documents + 1
        if (found := shown(self._node, self._target, index, expected)) != expected:
            raise UnavailableError(f"the new index shows {found} entries instead of {expected}: ingest again")
        return state

    def _state(self, embedder: Embedder | None) -> StateEntry:
        staged, former = self._spool.staged.values(), self._former
        return StateEntry(
            key=key("state"),
            format=FORMAT,
            model=embedder.name if embedder else None,
            dimensions=embedder.dimensions if embedder else 0,
            space=self._target.space,
            chunks=sum(each.entry.chunks for each in staged) + (former.chunks if former else 0),
            documents=len(staged) + (former.documents if former else 0),
        )

    def _fill(self, loading: Loading, state: StateEntry, embedder: Embedder | None, progress: OnEmbedded) -> None:
        former = self._former
        for each in self._spool.staged.values():
            loading.add(msgspec.json.encode(each.entry))
        if former is None or (former.state.format == FORMAT and state.model in (None, former.state.model)):
            embedded(loading, self._spool.chunks(), embedder, Told(progress, self._staged))
            if former is not None:
                self._copy(loading, former, [] if state.model else [VECTOR])
            return
        same = state.model == former.state.model
        told = Told(progress, self._staged if same else state.chunks)
        embedded(loading, self._spool.chunks(), embedder, told)
        again = analysed_again(self._node, former, loading, former.filters(), keep_vectors=same)
        embedded(loading, again, None if same else embedder, told)

    @property
    def _staged(self) -> int:
        return sum(each.entry.chunks for each in self._spool.staged.values())

    def _copy(self, loading: Loading, former: Former, hidden: list[str]) -> None:
        for least, beyond in pairwise(RANGES):
            filters = former.filters(least, beyond)
            loading.run(partial(copied, self._node, former, loading, filters, hidden))


def shown(node: Node, target: Target, index: str, expected: int) -> int:
    """How much is found, once that is all: Serverless shows what was written after 10 to 60 s, whatever one asks."""
    if not target.kind.serverless:
        node.send("POST", f"/{index}/_refresh", object, within=target.write_timeout)
    until, pause = time.monotonic() + target.visible_within, SOONEST
    while (found := count(node, target, index)) < expected and time.monotonic() < until:
        time.sleep(pause)
        pause = min(2 * pause, SELDOM)
    return found


def count(node: Node, target: Target, index: str) -> int:
    try:
        return node.send("GET", f"/{index}/_count", _Count, within=target.write_timeout).count
    except MissingError:  # Serverless may not know yet what it has just made
        return 0


class _Count(msgspec.Struct, frozen=True):
    count: int
