"""Read plain text: paragraphs, no headings."""

from rag_core.extracting.decoding import decode
from rag_core.extracting.extracted import Extracted
from rag_core.markup import Section, paragraphs


def read(content: bytes) -> Extracted:
    return Extracted(sections=(Section((), paragraphs(decode(content))),))
