"""The book of record: every document and chunk, staged or live, in one SQLite file.

One committed row, `version`, says which derived index answers, so the book and the index cannot disagree.
"""

import json
import sqlite3
import weakref
from array import array
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from rag_core.domain import (
    Audience,
    Chunk,
    Document,
    DocumentId,
    Fingerprint,
    Heading,
    SourceName,
    Vector,
)
from rag_core.errors import MisconfiguredError, UnavailableError

BOOK, VERSIONS = "knowledge.sqlite", "index"
WORDS, MEANING = "words", "meaning"  # folders of the two legs in that of a version: one is hard-linked, one is not
FORMAT = 2  # of the tables below; a book of another format is refused
INDEX_FORMAT = 2  # of what is derived from it; raise it when tantivy's schema or `analyzing` changes
NOT_WRITABLE = ("readonly database", "unable to open database file")  # as SQLite says it
WAIT = 30.0  # seconds for another process's write

SCHEMA = """
CREATE TABLE state (version INTEGER NOT NULL, model TEXT, name TEXT NOT NULL);
INSERT INTO state VALUES (0, NULL, lower(hex(randomblob(8))));
CREATE TABLE document (
    key INTEGER PRIMARY KEY, source TEXT NOT NULL, id TEXT NOT NULL, fingerprint TEXT NOT NULL, title TEXT NOT NULL,
    url TEXT NOT NULL, audience TEXT NOT NULL, updated TEXT, live INTEGER NOT NULL, UNIQUE (source, id, live)
);
CREATE TABLE removal (source TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (source, id));
CREATE TABLE chunk (
    key INTEGER PRIMARY KEY, document INTEGER NOT NULL REFERENCES document ON DELETE CASCADE,
    ordinal INTEGER NOT NULL, headings TEXT NOT NULL, url TEXT NOT NULL, text TEXT NOT NULL,
    overlap INTEGER NOT NULL
);
CREATE INDEX chunk_document ON chunk (document);
CREATE TABLE vector (
    chunk INTEGER NOT NULL REFERENCES chunk ON DELETE CASCADE, model TEXT NOT NULL, data BLOB NOT NULL,
    PRIMARY KEY (chunk, model)
) WITHOUT ROWID;
"""
# What the next version will hold: staged documents, and live ones that are neither replaced nor removed.
NEXT = """
CREATE TEMP VIEW next_document AS SELECT * FROM main.document AS d WHERE
    (live = 0 AND source = (SELECT name FROM run)) OR (live = 1 AND NOT (source = (SELECT name FROM run) AND (
        EXISTS (SELECT 1 FROM main.document s WHERE s.source = d.source AND s.id = d.id AND s.live = 0)
        OR EXISTS (SELECT 1 FROM main.removal r WHERE r.source = d.source AND r.id = d.id))));
"""
DOCUMENT = "d.id, d.source, d.title, d.url, d.audience, d.fingerprint, d.updated"
CHUNK = f"c.key, c.ordinal, c.headings, c.url, c.text, c.overlap, {DOCUMENT}"


class Book:
    """One connection; not to be shared between threads without a lock."""

    def __init__(self, path: Path) -> None:
        self._path = path
        if path.is_dir():
            raise MisconfiguredError(f"{path} is a folder: move it away and ingest again")
        with translated(path):
            self._db = sqlite3.connect(path, timeout=WAIT, isolation_level=None, check_same_thread=False)
            weakref.finalize(self, self._db.close)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._db.execute("PRAGMA foreign_keys = ON")
            self._db.execute("PRAGMA secure_delete = ON")  # what is removed is not left in free pages
            found = self._format()
            if found == 0:
                self._create()
            elif found > FORMAT:
                raise MisconfiguredError(f"{path} was written by a newer supportbot: install that version")
            elif found != FORMAT:
                raise MisconfiguredError(
                    f"{path} is of format {found}, this version reads {FORMAT}: delete it and ingest again; "
                    "questions, answers and ratings stay"
                )

    def _format(self) -> int:
        return int(self._db.execute("PRAGMA user_version").fetchone()[0])

    def _create(self) -> None:
        with self.transaction():
            if self._format() == 0:  # another process may have been first
                for statement in SCHEMA.split(";"):
                    self._db.execute(statement)
                self._db.execute(f"PRAGMA user_version = {FORMAT}")

    def close(self) -> None:
        self._db.close()

    def merge(self) -> None:
        """What was removed stands no longer in the file beside this one either, unless somebody reads it right now."""
        with translated(self._path):
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    @contextmanager
    def transaction(self, kind: str = "IMMEDIATE") -> Iterator[None]:
        """IMMEDIATE to write; DEFERRED for one consistent view over several reads."""
        with translated(self._path):
            self._db.execute(f"BEGIN {kind}")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def state(self) -> tuple[int, str | None]:
        """The version that answers (0: none yet) and the embedding model of its vectors."""
        version, model = self._db.execute("SELECT version, model FROM state").fetchone()
        return int(version), model

    def name(self) -> str:
        """No other book has it."""
        (name,) = self._db.execute("SELECT name FROM state").fetchone()
        return str(name)

    def chunks(self, keys: Sequence[int]) -> dict[int, Chunk]:
        marks = ",".join("?" * len(keys))
        rows = self._db.execute(
            f"SELECT {CHUNK} FROM chunk c JOIN document d ON d.key = c.document WHERE c.key IN ({marks})", list(keys)
        )
        return {row[0]: _chunk(row) for row in rows}

    def document(self, source: SourceName, document_id: DocumentId) -> list[Chunk]:
        """The live chunks of a document in order."""
        rows = self._db.execute(
            f"SELECT {CHUNK} FROM chunk c JOIN document d ON d.key = c.document "
            "WHERE d.source = ? AND d.id = ? AND d.live = 1 ORDER BY c.ordinal",
            [source, document_id],
        )
        return [_chunk(row) for row in rows]

    def sources(self, readable: Iterable[Audience]) -> dict[SourceName, int]:
        """How many documents of each source answer, of those for these audiences."""
        audiences = list(readable)
        marks = ",".join("?" * len(audiences))
        return dict(
            self._db.execute(
                f"SELECT source, count(*) FROM document WHERE live = 1 AND audience IN ({marks}) "
                "GROUP BY source ORDER BY 1",
                audiences,
            )
        )

    def document_ids(self) -> set[DocumentId]:
        return {DocumentId(name) for (name,) in self._db.execute("SELECT id FROM document WHERE live = 1")}

    def begin_run(self, source: SourceName) -> None:
        """Fix the source whose staged changes `next_document` shows."""
        self._db.execute("CREATE TEMP TABLE run (name TEXT)")
        self._db.execute("INSERT INTO run VALUES (?)", [source])
        self._db.execute(NEXT)

    def next_versions(self, source: SourceName) -> dict[DocumentId, Fingerprint]:
        return dict(self._db.execute("SELECT id, fingerprint FROM next_document WHERE source = ?", [source]))

    def live_versions(self, source: SourceName) -> dict[DocumentId, Fingerprint]:
        return dict(self._db.execute("SELECT id, fingerprint FROM document WHERE source = ? AND live = 1", [source]))

    def stage(self, document: Document, chunks: Sequence[Chunk]) -> None:
        where = [document.source, document.id]
        self._db.execute("DELETE FROM document WHERE source = ? AND id = ? AND live = 0", where)
        self._db.execute("DELETE FROM removal WHERE source = ? AND id = ?", where)
        key = self._db.execute(
            "INSERT INTO document (id, source, title, url, audience, fingerprint, updated, live) "
            "VALUES (?,?,?,?,?,?,?,0)",
            [document.id, document.source, document.title, document.url, document.audience, document.fingerprint]
            + [document.updated.isoformat() if document.updated else None],
        ).lastrowid
        self._db.executemany(
            "INSERT INTO chunk (document, ordinal, headings, url, text, overlap) VALUES (?,?,?,?,?,?)",
            [
                (key, c.ordinal, json.dumps([[h.text, h.anchor] for h in c.headings]), c.url, c.text, c.overlap)
                for c in chunks
            ],
        )

    def unstage(self, source: SourceName, document_id: DocumentId) -> None:
        self._db.execute("DELETE FROM document WHERE source = ? AND id = ? AND live = 0", [source, document_id])
        self._db.execute("DELETE FROM removal WHERE source = ? AND id = ?", [source, document_id])

    def stage_removal(self, source: SourceName, document_id: DocumentId) -> None:
        self.unstage(source, document_id)
        self._db.execute("INSERT INTO removal VALUES (?,?)", [source, document_id])

    def pending(self, model: str, after: int, limit: int) -> list[tuple[int, str]]:
        """Key and text of chunks of the next version that have no vector of `model` yet, beginning after a key."""
        rows = self._db.execute(
            f"SELECT {CHUNK} FROM chunk c JOIN next_document d ON d.key = c.document WHERE NOT EXISTS "
            "(SELECT 1 FROM vector v WHERE v.chunk = c.key AND v.model = ?) AND c.key > ? ORDER BY c.key LIMIT ?",
            [model, after, limit],
        )
        return [(row[0], _chunk(row).contextual_text) for row in rows]

    def count_pending(self, model: str) -> int:
        (count,) = self._db.execute(
            "SELECT count(*) FROM chunk c JOIN next_document d ON d.key = c.document WHERE NOT EXISTS "
            "(SELECT 1 FROM vector v WHERE v.chunk = c.key AND v.model = ?)",
            [model],
        ).fetchone()
        return int(count)

    def store_vectors(self, model: str, vectors: Iterable[tuple[int, Vector]]) -> None:
        self._db.executemany(
            "INSERT OR REPLACE INTO vector VALUES (?,?,?)", ((key, model, vector.tobytes()) for key, vector in vectors)
        )

    def next_chunks(self, *, only_staged: bool = False) -> Iterator[tuple[int, int, Chunk]]:
        """Chunk key, document key and chunk of what the next version holds."""
        condition = "WHERE d.live = 0" if only_staged else ""
        for row in self._db.execute(
            f"SELECT {CHUNK}, d.key FROM chunk c JOIN next_document d ON d.key = c.document {condition}"
        ):
            yield row[0], row[-1], _chunk(row)

    def next_vectors(self, model: str, audience: Audience) -> Iterator[tuple[int, SourceName, Vector]]:
        for key, source, data in self._db.execute(
            "SELECT c.key, d.source, v.data FROM next_document d JOIN chunk c ON c.document = d.key "
            "JOIN vector v ON v.chunk = c.key AND v.model = ? WHERE d.audience = ?",
            [model, audience],
        ):
            yield key, source, array("f", data)

    def count_next_chunks(self) -> int:
        (count,) = self._db.execute(
            "SELECT count(*) FROM chunk c JOIN next_document d ON d.key = c.document"
        ).fetchone()
        return int(count)

    def leaving(self) -> list[int]:
        """The keys of live documents that the next version no longer holds."""
        rows = self._db.execute(
            "SELECT key FROM document WHERE live = 1 AND key NOT IN (SELECT key FROM next_document)"
        )
        return [key for (key,) in rows]

    def turn_to(self, version: int, model: str | None, source: SourceName) -> None:
        """Make the next version the live one; to be called in a transaction."""
        self._db.executemany("DELETE FROM document WHERE key = ?", [(key,) for key in self.leaving()])
        self._db.execute("UPDATE document SET live = 1 WHERE live = 0 AND source = ?", [source])
        self._db.execute("DELETE FROM removal WHERE source = ?", [source])
        self._db.execute("DELETE FROM vector WHERE model IS NOT ?", [model])
        self._db.execute("UPDATE state SET version = ?, model = ?", [version, model])


def version_folder(home: Path, version: int) -> Path:
    """Of a version's derived index; one that other code made has another name, and is built anew from the book."""
    return home / VERSIONS / f"{version}.{INDEX_FORMAT}"


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """SQLite's errors as ours."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if any(sign in str(error) for sign in NOT_WRITABLE):
            raise MisconfiguredError(
                f"{path} cannot be opened for writing ({error}): give yourself the right to write in its folder"
            ) from error
        raise UnavailableError(f"{path} cannot be used now ({error}): try again") from error
    except sqlite3.DatabaseError as error:
        raise MisconfiguredError(f"{path} is not a readable index ({error}): move it away and ingest again") from error


def _chunk(row: Sequence[object]) -> Chunk:
    _, ordinal, headings, url, text, overlap, doc_id, source, title, doc_url, audience, fingerprint, updated = row[:13]
    document = Document(
        DocumentId(str(doc_id)),
        SourceName(str(source)),
        str(title),
        str(doc_url),
        Audience(str(audience)),
        Fingerprint(str(fingerprint)),
        date.fromisoformat(str(updated)) if updated else None,
    )
    path = tuple(Heading(text, anchor) for text, anchor in json.loads(str(headings)))
    return Chunk(document, int(str(ordinal)), path, str(url), str(text), int(str(overlap)))
