"""From what a source lists to documents with their chunks: what one process does alone, and many workers together."""

import hashlib
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace
from urllib.parse import urljoin

from rag_core.chunking import ChunkSizes, chunk
from rag_core.domain import Audience, Chunk, Document, DocumentId, Fingerprint, Heading, SourceName
from rag_core.errors import MisconfiguredError
from rag_core.extracting.extracted import Extracted
from rag_core.extracting.reading import READERS
from rag_core.markup import Section, clean
from rag_core.ports import DocumentSource
from rag_core.runs import Failure, Progress, SourceItem

NONE_READ = "nothing was changed, since none of the {} documents to be read may be: {}"
PIPELINE = 3  # raise it when extraction or chunking changes: every document is then read again


@dataclass(slots=True)
class Listed:
    """What is read here, by id, and what is not."""

    items: dict[DocumentId, SourceItem] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    withdrawn: set[DocumentId] = field(default_factory=set)  # failed, and restricted
    formats: Collection[str] = tuple(READERS)

    def fail(self, item: SourceItem, reason: str) -> None:
        self.failures.append(Failure(item.name, reason))
        if item.audience is Audience.INTERNAL:
            self.withdrawn.add(item.id)

    def add(self, item: SourceItem) -> None:
        """Two files of one id are a failure of the second."""
        if item.name != clean(item.name):
            self.fail(replace(item, name=ascii(item.name)), "its name has characters that cannot be shown: rename it")
        elif item.format not in self.formats:
            self.skipped.append(item.name)
        elif item.id in self.items:
            self.fail(item, f"it has the same id as {self.items[item.id].name}: rename one of them")
        else:
            self.items[item.id] = item


def listed(
    source: DocumentSource,
    *,
    full: bool,
    progress: Callable[[Progress], None],
    formats: Collection[str] = tuple(READERS),
) -> Listed:
    """Raises MisconfiguredError when the source has no document at all, rather than empty the index."""
    found = Listed(formats=formats)
    for item in source.items(full=full, listed=lambda done, total: progress(Progress("listing", done, total))):
        found.add(item)
    believe(source, found)
    return found


def believe(source: DocumentSource, found: Listed) -> None:
    """Raises MisconfiguredError when the source has no document at all, rather than empty the index."""
    if not found.items and not source.may_be_empty:
        first = "".join(f"; {failure.document}: {failure.reason}" for failure in found.failures[:1])
        raise MisconfiguredError(
            f"{source.name} has no document of a format that is read here ({', '.join(found.formats)}): "
            f"nothing was changed{first}"
        )


def fingerprint(item: SourceItem, version: str, audience: Audience, sizes: ChunkSizes) -> Fingerprint:
    """Changes with all that a document is made of; `audience` is that of documents which do not state theirs."""
    parts = (PIPELINE, version, item.format, item.url, item.audience or audience, sizes, *item.headings)
    return Fingerprint(hashlib.sha256(repr(parts).encode()).hexdigest())


def made(
    item: SourceItem,
    extracted: Extracted,
    source: SourceName,
    audience: Audience,
    version: Fingerprint,
    sizes: ChunkSizes,
) -> tuple[Document, list[Chunk]]:
    document = Document(
        id=item.id,
        source=source,
        title=extracted.title or item.id.rpartition("/")[2].replace("-", " ").replace("_", " "),
        url=_address(item, extracted.url),
        audience=item.audience or extracted.audience or audience,
        fingerprint=version,
        updated=extracted.updated,
    )
    sections = _placed(item, extracted) if item.headings else extracted.sections
    return document, chunk(document, sections, sizes)


def _address(item: SourceItem, own: str | None) -> str:
    """As the document states it, from where it is: `/refunds` is a page of the same site. No other than of the web."""
    try:
        joined = urljoin(item.url, own or "")
    except ValueError:
        return item.url
    return joined if joined.startswith(("https://", "http://")) else item.url


def _placed(item: SourceItem, extracted: Extracted) -> Iterator[Section]:
    """The document's sections below the headings of its source: these are on other pages, and its title is its own."""
    above = tuple(Heading(text, "") for text in item.headings)
    for section in extracted.sections:
        titled = section.headings[:1] and section.headings[0].text == extracted.title
        own = (Heading(section.headings[0].text, ""), *section.headings[1:]) if titled else section.headings
        yield replace(section, headings=(*above, *own))
