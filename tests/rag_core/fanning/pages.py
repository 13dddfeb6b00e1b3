"""Pages of which each says by which version it is, and what a search finds of them."""

from rag_core.backends.opensearch.index import OpenSearchIndex
from rag_core.backends.opensearch.target import Target
from rag_core.domain import Audience


def text(number: int, version: int = 1) -> str:
    sections = (f"## Part {part}\n\nPage {number} speaks of topic{number}x{part} in {word(version)}." for part in "abc")
    return f"# Page {number}\n\n" + "\n\n".join(sections)


def word(version: int) -> str:
    """One that no analysis takes apart or shortens."""
    return "zq" + "".join("bcfghjkmpz"[int(digit)] for digit in str(version))


def found(target: Target, words: str) -> list[str]:
    passages = OpenSearchIndex(target).search(words, None, audience=Audience.PUBLIC, limit=60).passages
    return sorted(f"{passage.chunk.document.id}/{passage.chunk.ordinal}" for passage in passages)


def every(pages: range) -> list[str]:
    return sorted(f"page{page}/{part}" for page in pages for part in range(3))
