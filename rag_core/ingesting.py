"""Bring the index up to date with a source.

Only what changed is read again; nothing is visible before everything is; a document that fails leaves its former
version answering and is named with its reason. What its source restricts does not: the former one may have been public.
"""

import hashlib
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace

from rag_core.chunking import SIZES, ChunkSizes, chunk
from rag_core.domain import Audience, Document, DocumentId, Fingerprint, Heading
from rag_core.errors import MisconfiguredError, RejectedError
from rag_core.extracting.extracted import Extracted
from rag_core.extracting.isolating import IsolatedExtractor
from rag_core.extracting.reading import READERS
from rag_core.markup import Section, clean
from rag_core.ports import DocumentSource, Embedder, IndexWriter
from rag_core.runs import Failure, IngestionRun, Progress, SourceItem

PIPELINE = 3  # raise it when extraction or chunking changes: every document is then read again
READ_AHEAD = 8  # documents whose extraction may be under way at once; bounds the memory


@dataclass(slots=True)
class _Tally:
    written: int = 0
    unchanged: int = 0
    failures: list[Failure] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    withdrawn: set[DocumentId] = field(default_factory=set)  # failed, and restricted


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
        """Raises MisconfiguredError when the source has no document at all, rather than empty the index."""
        started = time.perf_counter()
        known = self._writer.versions()
        items = self._listed(full=self._full or not known)
        with IsolatedExtractor() as extractor:
            for number, reading in enumerate(self._readings(items, {} if self._full else known, extractor), 1):
                self._write(reading, extractor)
                self._progress(Progress("reading", number, len(items), reading.item.name if reading else ""))
        gone = known.keys() - ({item.id for item in items} - self._tally.withdrawn)
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
            failures=tuple(self._tally.failures),
            skipped=tuple(self._tally.skipped),
            chunks=chunks,
            embedding_model=self._embedder.name if self._embedder else None,
            seconds=time.perf_counter() - started,
        )

    def _listed(self, *, full: bool) -> list[SourceItem]:
        """What is read here, by id; two files of one id are a failure of the second."""
        found: dict[DocumentId, SourceItem] = {}
        for item in self._source.items(
            full=full, listed=lambda done, total: self._progress(Progress("listing", done, total))
        ):
            if item.name != clean(item.name):
                self._fail(
                    replace(item, name=ascii(item.name)), "its name has characters that cannot be shown: rename it"
                )
            elif item.format not in READERS:
                self._tally.skipped.append(item.name)
            elif item.id in found:
                self._fail(item, f"it has the same id as {found[item.id].name}: rename one of them")
            else:
                found[item.id] = item
        if not found and not self._source.may_be_empty:
            first = "".join(f"; {failure.document}: {failure.reason}" for failure in self._tally.failures[:1])
            raise MisconfiguredError(
                f"{self._source.name} has no document of a format that is read here ({', '.join(READERS)}): "
                f"nothing was changed{first}"
            )
        return list(found.values())

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
            self._fail(item, f"it cannot be opened: {error.strerror}")
            return None
        except RejectedError as error:
            self._fail(item, str(error))
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
        audience = item.audience or self._audience
        parts = (PIPELINE, version, item.format, item.url, audience, self._sizes, *item.headings)
        return Fingerprint(hashlib.sha256(repr(parts).encode()).hexdigest())

    def _write(self, reading: _Reading | None, extractor: IsolatedExtractor) -> None:
        if reading is None:
            return
        try:
            extracted = extractor.result(reading.extracted)
        except RejectedError as error:
            self._fail(reading.item, str(error))
            return
        document = Document(
            id=reading.item.id,
            source=self._source.name,
            title=extracted.title or reading.item.id.rpartition("/")[2].replace("-", " ").replace("_", " "),
            url=extracted.url or reading.item.url,
            audience=reading.item.audience or extracted.audience or self._audience,
            fingerprint=reading.fingerprint,
            updated=extracted.updated,
        )
        sections = _placed(reading.item, extracted) if reading.item.headings else extracted.sections
        self._writer.replace(document, chunk(document, sections, self._sizes))
        self._tally.written += 1

    def _fail(self, item: SourceItem, reason: str) -> None:
        self._tally.failures.append(Failure(item.name, reason))
        if item.audience is Audience.INTERNAL:
            self._tally.withdrawn.add(item.id)


def _placed(item: SourceItem, extracted: Extracted) -> Iterator[Section]:
    """The document's sections below the headings of its source: these are on other pages, and its title is its own."""
    above = tuple(Heading(text, "") for text in item.headings)
    for section in extracted.sections:
        titled = section.headings[:1] and section.headings[0].text == extracted.title
        own = (Heading(section.headings[0].text, ""), *section.headings[1:]) if titled else section.headings
        yield replace(section, headings=(*above, *own))
