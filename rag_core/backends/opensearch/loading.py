"""Entries into a new physical index, in parallel requests of bounded size.

Every entry is accounted for: one that is turned away for the moment is sent again, alone; one that is refused for good
ends the run.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from types import TracebackType
from typing import Self

import msgspec

from rag_core.backends.opensearch.asking import Failed
from rag_core.backends.opensearch.node import MissingError, Node, OverloadedError
from rag_core.errors import RejectedError, UnavailableError

WORKERS = 4
MOST_BYTES, MOST_ENTRIES = 5_000_000, 1_000  # of one request; domains of small machines take 10 MB
AGAIN = (404, 429, 503)  # 404: Serverless may not know yet what it has just made
TRIES, PAUSE, LONGEST_PAUSE = 8, 0.2, 5.0  # of entries that were turned away; seconds
CREATE = b'{"index":{}}\n'


class _Item(msgspec.Struct, frozen=True):
    status: int
    error: Failed | None = None


class _Written(msgspec.Struct, frozen=True):
    errors: bool
    items: list[dict[str, _Item]]


class Loading:
    """A context manager: leaving it waits for every request, and raises the first failure.

    The index is made while the first texts are still being embedded; what is to be written waits for it.
    Without `settings` it is there already.
    """

    def __init__(self, node: Node, index: str, settings: Mapping[str, object] | None, timeout: float) -> None:
        self._node, self._index, self._timeout = node, index, timeout
        self._pool = ThreadPoolExecutor(WORKERS, "opensearch")
        self._made = self._pool.submit(self._make, settings)
        self._under_way: set[Future[None]] = set()
        self._held: list[bytes] = []
        self._bytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        try:
            if kind is None:
                self._finish()
        finally:
            self._pool.shutdown(cancel_futures=True)

    def _make(self, settings: Mapping[str, object] | None) -> None:
        if settings is not None:
            self._node.send("PUT", f"/{self._index}", object, settings, within=self._timeout)

    def add(self, entry: bytes) -> None:
        """Sent once enough has come together; waits while too much is under way."""
        if self._held and self._bytes + len(entry) > MOST_BYTES:
            self.flush()
        self._held.append(entry)
        self._bytes += len(entry) + len(CREATE) + 1
        if len(self._held) >= MOST_ENTRIES:
            self.flush()

    def flush(self) -> None:
        if self._held:
            held, self._held, self._bytes = self._held, [], 0
            self.run(lambda: self.write(held))

    def run(self, work: Callable[[], None]) -> None:
        """In a thread of the pool; waits while all are taken, so that no more is in memory than they hold."""
        while len(self._under_way) >= WORKERS:
            self._settle(wait(self._under_way, return_when=FIRST_COMPLETED).done)
        self._under_way.add(self._pool.submit(work))

    def _finish(self) -> None:
        self.flush()
        while self._under_way:
            self._settle(wait(self._under_way, return_when=FIRST_COMPLETED).done)

    def _settle(self, done: set[Future[None]]) -> None:
        self._under_way -= done
        for each in done:
            each.result()

    def write(self, entries: Sequence[bytes]) -> None:
        """One request, and more for what it turned away."""
        self._made.result()
        pause = PAUSE
        for _ in range(TRIES):
            with suppress(MissingError, OverloadedError):  # should a part have come in, the count will tell
                entries = self._write_once(entries)
            if not entries:
                return
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
        raise UnavailableError(f"OpenSearch has no room for {len(entries)} entries after {TRIES} tries: ingest again")

    def _write_once(self, entries: Sequence[bytes]) -> list[bytes]:
        """Those that were turned away."""
        body = b"".join(part for entry in entries for part in (CREATE, entry, b"\n"))
        answer = self._node.send("POST", f"/{self._index}/_bulk", _Written, body, within=self._timeout)
        items = [item for each in answer.items for item in each.values()]
        if len(items) != len(entries):
            raise UnavailableError("OpenSearch did not account for every entry: ingest again")
        for item in items:
            if item.status >= 300 and item.status not in AGAIN:
                raise RejectedError(
                    f"OpenSearch refused an entry ({item.status} {_kind(item)}): this is a fault of ours"
                )
        return [entry for entry, item in zip(entries, items, strict=True) if item.status >= 300]


def _kind(item: _Item) -> str:
    return item.error.type if item.error else ""
