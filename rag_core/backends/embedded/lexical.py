"""The lexical leg: BM25 by tantivy over terms from our own analysis.

tantivy is given terms that are already analysed, split at white space, so that every backend shares `analyzing`.
"""

import shutil
from collections.abc import Collection, Iterable
from functools import lru_cache
from pathlib import Path

import tantivy

from rag_core.analyzing import terms
from rag_core.domain import Audience, Chunk, SourceName

ANALYSER = "terms"
BOOSTS = {"body": 1.0, "heading": 0.5, "title": 0.5}  # docs/quality.md#field-weights
WRITER_BYTES = 64_000_000
MUTABLE = (".json", ".lock")  # tantivy's other files are written once and never changed


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    for field in BOOSTS:
        builder.add_text_field(field, tokenizer_name=ANALYSER, index_option="freq")
    builder.add_text_field("audience", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("source", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("document", tokenizer_name="raw", index_option="basic")
    builder.add_unsigned_field("chunk", fast=True)
    return builder.build()


def _open(folder: Path) -> tantivy.Index:
    index = tantivy.Index(_schema(), path=str(folder), reuse=True)
    index.register_tokenizer(ANALYSER, tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build())
    return index


def usable(folder: Path) -> bool:
    """Whether there is an index of this schema that opens."""
    try:
        return folder.is_dir() and tantivy.Index.exists(str(folder)) and bool(LexicalLeg(folder))
    except (ValueError, OSError):
        return False


def write(folder: Path, former: Path | None, leaving: Iterable[int], arriving: Iterable[tuple[int, int, Chunk]]) -> int:
    """Make a new index out of a former one, which stays as it is; gives the number of chunks in it."""
    folder.mkdir(parents=True)
    if former is not None:
        _link(former, folder)
    index = _open(folder)
    writer = index.writer(heap_size=WRITER_BYTES, num_threads=1)
    for document in leaving:
        writer.delete_documents_by_term("document", str(document))
    for key, document, chunk in arriving:
        writer.add_document(_entry(key, document, chunk))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    return int(index.searcher().num_docs)


def _entry(key: int, document: int, chunk: Chunk) -> tantivy.Document:
    entry = tantivy.Document(
        body=" ".join(terms(chunk.text)),
        heading=_analysed(" ".join(heading.text for heading in chunk.headings)),
        title=_analysed(chunk.document.title),
        audience=chunk.document.audience.value,
        source=chunk.document.source,
        document=str(document),
    )
    entry.add_unsigned("chunk", key)  # as a keyword it would be signed, and end the writer's thread
    return entry


@lru_cache(maxsize=256)
def _analysed(text: str) -> str:
    """Of a title or heading: the same for chunk after chunk."""
    return " ".join(terms(text))


def _link(former: Path, folder: Path) -> None:
    for path in former.iterdir():
        if path.suffix == ".lock":
            continue
        if path.suffix in MUTABLE:
            shutil.copy2(path, folder / path.name)
            continue
        try:
            (folder / path.name).hardlink_to(path)
        except OSError:  # a file system without hard links
            shutil.copy2(path, folder / path.name)


class LexicalLeg:
    """An index of one version, opened for reading."""

    def __init__(self, folder: Path) -> None:
        index = _open(folder)
        self._schema, self._searcher = index.schema, index.searcher()

    def search(
        self, text: str, audience: Audience, limit: int, sources: Collection[SourceName] | None = None
    ) -> dict[int, float]:
        """BM25 by chunk key, best first; empty where the text has no terms."""
        words = dict.fromkeys(terms(text))
        if not words:
            return {}
        wanted = [
            (tantivy.Occur.Should, tantivy.Query.boost_query(self._term(field, word), boost))
            for word in words
            for field, boost in BOOSTS.items()
            if boost
        ]
        must = [tantivy.Query.boolean_query(wanted), self._one_of("audience", audience.may_read)]
        if sources is not None:
            must.append(self._one_of("source", sources))
        query = tantivy.Query.boolean_query([(tantivy.Occur.Must, each) for each in must])
        hits = self._searcher.search(query, limit, count=False).hits  # counting would score every match
        keys = self._searcher.fast_field_values("chunk", [address for _, address in hits])
        return {int(key or 0): float(score) for key, (score, _) in zip(keys, hits, strict=True)}

    def _one_of(self, field: str, values: Iterable[str]) -> tantivy.Query:
        """A filter: it has no say in the score."""
        found = [(tantivy.Occur.Should, self._term(field, str(value))) for value in values]
        return tantivy.Query.const_score_query(tantivy.Query.boolean_query(found), 0.0)

    def _term(self, field: str, value: str) -> tantivy.Query:
        return tantivy.Query.term_query(self._schema, field, value, index_option="freq")
