"""A function that reads files, for Lambda's own runtime: semaphores are refused as they are there."""

from importlib import import_module
from typing import Any

from rag_core.extracting.isolating import IsolatedExtractor


def _refused(*_: object) -> None:
    raise OSError(38, "Function not implemented")


import_module("_multiprocessing").SemLock = _refused  # type: ignore[attr-defined]


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ARG001 - Lambda's signature
    with IsolatedExtractor() as extractor:
        pages = [extractor.submit(".html", b"<h1>Page %d</h1><p>Words.</p>" % each) for each in range(event["pages"])]
        return {"titles": [extractor.result(page).title for page in pages]}
