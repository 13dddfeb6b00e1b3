"""Read Word documents, by way of HTML.

The container is checked before it is opened: names, number and size of its entries, and no XML entities.
"""

import io
import zipfile

import mammoth

from rag_core.errors import RejectedError
from rag_core.extracting import html
from rag_core.extracting.extracted import Extracted

MAX_ENTRIES = 5_000
MAX_UNPACKED_BYTES = 200_000_000
STYLES = "p[style-name='Title'] => h1:fresh"


def read(content: bytes) -> Extracted:
    """Raises RejectedError for anything that is not an honest Word document."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as container:
            _check(container)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise RejectedError("it is not a Word document, or it is damaged or encrypted") from error
    try:
        converted = mammoth.convert_to_html(
            io.BytesIO(content), style_map=STYLES, convert_image=mammoth.images.img_element(lambda _: {})
        )
    except (MemoryError, RejectedError):
        raise
    except Exception as error:  # the library raises whatever its XML parser or a missing part raises
        raise RejectedError(f"its contents cannot be read ({type(error).__name__})") from error
    return html.read(converted.value.encode())


def _check(container: zipfile.ZipFile) -> None:
    entries = container.infolist()
    names = {entry.filename for entry in entries}
    if "word/document.xml" not in names:
        raise RejectedError("it is not a Word document: it has no word/document.xml")
    if any(".." in name.split("/") or name.startswith("/") for name in names):
        raise RejectedError("its container has entries that point outside it")
    if len(entries) > MAX_ENTRIES or sum(entry.file_size for entry in entries) > MAX_UNPACKED_BYTES:
        raise RejectedError(f"unpacked it has more than {MAX_ENTRIES:,} parts or {MAX_UNPACKED_BYTES // 10**6} MB")
    for entry in entries:
        if entry.filename.endswith((".xml", ".rels")) and b"<!DOCTYPE" in container.read(entry):
            raise RejectedError("its XML declares entities, which Word never writes")
