"""Read a CSV of questions and answers: each row is a section with its own URL.

A row that lacks half of itself refuses the file: a question without an answer is a mistake, not content.
"""

import csv
import io
from collections.abc import Iterator

from rag_core.domain import Audience, Heading
from rag_core.errors import RejectedError
from rag_core.extracting.decoding import decode
from rag_core.extracting.extracted import Extracted, audience_of
from rag_core.markup import Section, paragraphs, slug, unique

REQUIRED = ("question", "answer")


def read(content: bytes) -> Extracted:
    text = decode(content)
    delimiter = ";" if text.partition("\n")[0].count(";") else ","
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, restkey="")
    try:
        audiences: set[Audience | None] = set()
        sections = tuple(_sections(reader, audiences))
    except csv.Error as error:
        raise RejectedError(f"line {reader.line_num} is not valid CSV: {error}") from error

    stated = audiences - {None}
    return Extracted(sections, audience=Audience.INTERNAL if Audience.INTERNAL in stated else next(iter(stated), None))


def _sections(reader: "csv.DictReader[str]", audiences: set[Audience | None]) -> Iterator[Section]:
    """Notes the audience of each row too: a file with one internal row is internal."""
    reader.fieldnames = [name.strip().lower() for name in reader.fieldnames or []]
    if missing := [name for name in REQUIRED if name not in reader.fieldnames]:
        raise RejectedError(f"a CSV is read as an FAQ and needs a column named {' and one named '.join(missing)}")
    anchors: dict[str, int] = {}
    for row in reader:
        if any(row.values()):
            audiences.add(audience_of(row.get("audience")))
            yield _section(row, reader.line_num, anchors)


def _section(row: dict[str, str | None], line: int, anchors: dict[str, int]) -> Section:
    question, answer = ((row[name] or "").strip() for name in REQUIRED)
    if not question or not answer:
        raise RejectedError(f"the row that ends at line {line} has no {'answer' if question else 'question'}")
    heading = Heading(question, unique(slug(question), anchors))
    return Section((heading,), paragraphs(answer), url=(row.get("url") or "").strip() or None)
