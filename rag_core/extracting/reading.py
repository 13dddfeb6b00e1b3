"""Choose the reader by a file's ending.

Formats that can explode when opened are read in a child process with limits: see `isolating`.
"""

import importlib
from collections.abc import Callable
from typing import cast

from rag_core.errors import RejectedError
from rag_core.extracting.extracted import Extracted, checked

READERS = {
    ".md": "markdown",
    ".markdown": "markdown",
    ".mdx": "markdown",
    ".txt": "text",
    ".csv": "faq",
    ".html": "html",
    ".htm": "html",
    ".pdf": "pdf",
    ".docx": "docx",
}
PAGES = frozenset({".md", ".markdown", ".mdx", ".html", ".htm", ".txt"})  # published without their ending
SCAN = "scan"  # in place of an ending, which begins with a dot: look for pages without a text layer
EXPLOSIVE = frozenset({".html", ".htm", ".pdf", ".docx", SCAN})
OTHERS = {SCAN: "scanning"}
MAX_TEXT_BYTES = 10_000_000  # of the formats that are read in this process
MAX_BYTES = 100_000_000


def read(suffix: str, content: bytes) -> Extracted:
    """The document in a file's bytes. Raises RejectedError with the reason, in words for the file's author."""
    limit = MAX_BYTES if suffix in EXPLOSIVE else MAX_TEXT_BYTES
    if not content.strip():
        raise RejectedError("it is empty")
    if len(content) > limit:
        raise RejectedError(f"it is larger than {limit // 10**6} MB: split it")
    module = importlib.import_module(
        f"rag_core.extracting.{OTHERS.get(suffix) or READERS[suffix]}"
    )  # each brings its own library
    return checked(cast(Callable[[bytes], Extracted], module.read)(content))
