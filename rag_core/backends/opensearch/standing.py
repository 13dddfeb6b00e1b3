"""What answers when a run begins."""

from rag_core.backends.opensearch import asking
from rag_core.backends.opensearch.entries import DocumentEntry, StateEntry
from rag_core.backends.opensearch.node import Node
from rag_core.backends.opensearch.paging import pages
from rag_core.backends.opensearch.versions import Versions
from rag_core.domain import DocumentId, SourceName
from rag_core.errors import MisconfiguredError

PAGE = 5_000  # documents
FOREIGN = "{} is an alias of something else than an index of supportbot: name another"


def answering(
    node: Node, versions: Versions, source: SourceName
) -> tuple[str | None, StateEntry | None, dict[DocumentId, DocumentEntry]]:
    """The physical index, what it is, and what it holds of the source."""
    index = versions.current()
    if index is None:
        return None, None, {}
    state = versions.state(index)
    if state is None:
        raise MisconfiguredError(FOREIGN.format(versions.alias))
    mine = pages(node.write_search, index, asking.of("document", source=source), "key", size=PAGE)
    return index, state, {DocumentId(hit.document.document): hit.document for hits in mine for hit in hits}
