"""Bring the index up to date with a source.

Only what changed is read again; nothing is visible before everything is; a document that fails leaves its former
version answering and is named with its reason. What its source restricts does not: the former one may have been public.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field

from rag_core import documenting
from rag_core.chunking import SIZES, ChunkSizes
from rag_core.documenting import Listed
from rag_core.domain import Audience, DocumentId, Fingerprint
from rag_core.errors import DeniedError, MisconfiguredError, RejectedError
from rag_core.extracting.extracted import Extracted
from rag_core.extracting.isolating import IsolatedExtractor
from rag_core.ports import DocumentSource, Embedder, IndexWriter
from rag_core.runs import IngestionRun, Progress, SourceItem

READ_AHEAD = 8  # documents whose extraction may be under way at once; bounds the memory


@dataclass(slots=True)
class _Tally:
    written: int = 0
    unchanged: int = 0
    denied: list[str] = field(default_factory=list)  # why
    listed: Listed = field(default_factory=Listed)


@dataclass(frozen=True, slots=True)
class _Reading:
    item: SourceItem
    fingerprint: Fingerprint
    extracted: "Future[Extracted]"


class Ingestion:
    """One run over one source. `audience` is that of documents which do not state theirs."""

    def __init__(
        self,
        source: DocumentSource,
        writer: IndexWriter,
        embedder: Embedder | None,
        *,
        audience: Audience = Audience.PUBLIC,
        full: bool = False,
        sizes: ChunkSizes = SIZES,
        progress: Callable[[Progress], None] = lambda _: None,
    ) -> None:
        self._source, self._writer, self._embedder = source, writer, embedder
        self._audience, self._full, self._sizes, self._progress = audience, full, sizes, progress
        self._tally, self._answering = _Tally(), writer.answering()

    def run(self) -> IngestionRun:
        """Raises MisconfiguredError when the source has no document at all, or none that may be read."""
        started = time.perf_counter()
        known = self._writer.versions()
        found = documenting.listed(self._source, full=self._full or not known, progress=self._progress)
        self._tally.listed, items = found, list(found.items.values())
        with IsolatedExtractor() as extractor:
            for number, reading in enumerate(self._readings(items, {} if self._full else known, extractor), 1):
                self._write(reading, extractor)
                self._progress(Progress("reading", number, len(items), reading.item.name if reading else ""))
        if items and len(self._tally.denied) == len(items):
            raise MisconfiguredError(documenting.NONE_READ.format(len(items), self._tally.denied[0]))
        gone = known.keys() - (found.items.keys() - found.withdrawn)
        self._writer.remove(gone)
        chunks = self._writer.commit(
            self._embedder, lambda done, total: self._progress(Progress("embedding", done, total))
        )
        self._source.committed()
        return IngestionRun(
            source=self._source.name,
            written=self._tally.written,
            unchanged=self._tally.unchanged,
            removed=len(gone),
            failures=tuple(found.failures),
            skipped=tuple(found.skipped),
            chunks=chunks,
            embedding_model=self._embedder.name if self._embedder else None,
            seconds=time.perf_counter() - started,
        )

    def _readings(
        self, items: list[SourceItem], known: Mapping[DocumentId, Fingerprint], extractor: IsolatedExtractor
    ) -> Iterator["_Reading | None"]:
        """In the order of the items; None for one that needs no writing."""
        under_way: deque[_Reading | None] = deque()
        for item in items:
            under_way.append(self._start(item, known, extractor))
            if len(under_way) >= READ_AHEAD:
                yield under_way.popleft()
        yield from under_way

    def _start(
        self, item: SourceItem, known: Mapping[DocumentId, Fingerprint], extractor: IsolatedExtractor
    ) -> _Reading | None:
        if item.version and self._is_known(item, self._fingerprint(item, item.version), known):
            return None
        try:
            content, version = self._source.read(item)
        except OSError as error:
            self._tally.listed.fail(item, f"it cannot be opened: {error.strerror}")
            return None
        except RejectedError as error:
            self._tally.listed.fail(item, str(error))
            self._tally.denied += [str(error)] if isinstance(error, DeniedError) else []
            return None
        fingerprint = self._fingerprint(item, item.version or version)
        if not item.version and self._is_known(item, fingerprint, known):
            return None
        return _Reading(item, fingerprint, extractor.submit(item.format, content))

    def _is_known(self, item: SourceItem, fingerprint: Fingerprint, known: Mapping[DocumentId, Fingerprint]) -> bool:
        """Whether it needs no writing; if so it is counted."""
        if known.get(item.id) != fingerprint:
            return False
        if self._answering.get(item.id) == fingerprint:
            self._tally.unchanged += 1
        else:  # a run that died has read it, and this one makes it visible
            self._tally.written += 1
        return True

    def _fingerprint(self, item: SourceItem, version: str) -> Fingerprint:
        return documenting.fingerprint(item, version, self._audience, self._sizes)

    def _write(self, reading: _Reading | None, extractor: IsolatedExtractor) -> None:
        if reading is None:
            return
        try:
            extracted = extractor.result(reading.extracted)
        except RejectedError as error:
            self._tally.listed.fail(reading.item, str(error))
            return
        document, chunks = documenting.made(
            reading.item, extracted, self._source.name, self._audience, reading.fingerprint, self._sizes
        )
        self._writer.replace(document, chunks)
        self._tally.written += 1
