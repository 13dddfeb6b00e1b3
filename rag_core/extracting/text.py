"""Read plain text: paragraphs, no headings; a first line that is short is the title."""

from rag_core.extracting.decoding import decode
from rag_core.extracting.extracted import Extracted, first_line
from rag_core.markup import Section, paragraphs


def read(content: bytes) -> Extracted:
    text = decode(content)
    return Extracted(sections=(Section((), paragraphs(text)),), title=first_line(text))
