"""What was asked and rated, in one SQLite file.

A file of its own, so that an ingestion's writes never hold up an answer.
"""

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from rag_core.domain import (
    Answer,
    AnswerRecord,
    Audience,
    Citation,
    DocumentId,
    Outcome,
    PersonId,
    Question,
    QuestionId,
    Rating,
)
from rag_core.errors import MisconfiguredError, RejectedError, UnavailableError

WAIT = 10.0  # seconds for another process's write
FEEDBACK = "feedback.sqlite"
SCHEMA = """
CREATE TABLE IF NOT EXISTS answer (
    question_id TEXT PRIMARY KEY, asked_at TEXT NOT NULL, question TEXT NOT NULL, previous TEXT, audience TEXT NOT NULL,
    asked_by TEXT NOT NULL, channel TEXT NOT NULL, outcome TEXT NOT NULL, text TEXT NOT NULL, citations TEXT NOT NULL,
    confidence REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS answer_time ON answer (asked_at);
CREATE TABLE IF NOT EXISTS rating (
    question_id TEXT NOT NULL REFERENCES answer, person TEXT NOT NULL, helpful INTEGER NOT NULL, rated_at TEXT NOT NULL,
    reason TEXT NOT NULL, comment TEXT NOT NULL, PRIMARY KEY (question_id, person)
);
"""
COLUMNS = "question_id, asked_at, question, previous, audience, asked_by, channel, outcome, text, citations, confidence"


class SqliteFeedbackLog:
    """FeedbackLog; safe to share between threads and processes."""

    def __init__(self, home: Path) -> None:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path, self._lock = home / FEEDBACK, threading.Lock()
        self._db = sqlite3.connect(self._path, timeout=WAIT, isolation_level=None, check_same_thread=False)
        with self._use():
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._db.execute("PRAGMA foreign_keys = ON")
            for statement in SCHEMA.split(";\n"):
                self._db.execute(statement)

    def record_answer(self, question: Question, answer: Answer) -> None:
        citations = [[c.title, c.url, c.document_id, c.quote] for c in answer.citations]
        row = [question.id, question.asked_at.isoformat(), question.text, question.previous, question.audience]
        row += [question.asked_by, question.channel, answer.outcome, answer.text, json.dumps(citations)]
        updates = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS.split(", ")[1:])
        with self._use():
            self._db.execute(
                f"INSERT INTO answer ({COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?) "
                f"ON CONFLICT (question_id) DO UPDATE SET {updates}",
                [*row, answer.confidence],
            )

    def record_rating(self, rating: Rating) -> None:
        with self._use():
            try:
                self._db.execute(
                    "INSERT INTO rating VALUES (?,?,?,?,?,?) ON CONFLICT (question_id, person) DO UPDATE SET "
                    "helpful = excluded.helpful, rated_at = excluded.rated_at, reason = excluded.reason, "
                    "comment = excluded.comment",
                    [rating.question_id, rating.person, rating.helpful, rating.rated_at.isoformat()]
                    + [rating.reason, rating.comment],
                )
            except sqlite3.IntegrityError as error:
                raise RejectedError(_unknown(rating.question_id)) from error

    def answer(self, question_id: QuestionId) -> AnswerRecord:
        found = self._records("WHERE question_id = ?", question_id)
        if not found:
            raise RejectedError(_unknown(question_id))
        return found[0]

    def answers(self, since: datetime | None = None) -> list[AnswerRecord]:
        return self._records("WHERE asked_at >= ?", since.isoformat() if since else "")

    def _records(self, condition: str, value: str) -> list[AnswerRecord]:
        with self._use():
            rows = self._db.execute(
                f"SELECT {COLUMNS} FROM answer {condition} ORDER BY asked_at DESC, rowid DESC", [value]
            ).fetchall()
            ratings: dict[str, list[Rating]] = {}
            for row in self._db.execute(
                "SELECT * FROM rating WHERE question_id IN "
                f"(SELECT question_id FROM answer {condition}) ORDER BY rated_at",
                [value],
            ):
                ratings.setdefault(row[0], []).append(_rating(row))
        return [_record(row, tuple(ratings.get(row[0], ()))) for row in rows]

    @contextmanager
    def _use(self) -> Iterator[None]:
        with self._lock:
            try:
                yield
            except sqlite3.OperationalError as error:
                raise UnavailableError(f"{self._path} cannot be used now ({error}): try again") from error
            except sqlite3.IntegrityError:
                raise
            except sqlite3.DatabaseError as error:
                raise MisconfiguredError(f"{self._path} is damaged ({error}): move it away") from error


def _unknown(question_id: str) -> str:
    return f"there is no answer with the id {question_id!r}: take the question_id that `supportbot ask` gave"


def _rating(row: tuple[str, str, int, str, str, str]) -> Rating:
    question_id, person, helpful, rated_at, reason, comment = row
    return Rating(
        QuestionId(question_id), PersonId(person), bool(helpful), datetime.fromisoformat(rated_at), reason, comment
    )


def _record(row: tuple[str, ...], ratings: tuple[Rating, ...]) -> AnswerRecord:
    question_id, asked_at, text, previous, audience, asked_by, channel, outcome, reply, citations, confidence = row
    question = Question(
        QuestionId(question_id),
        text,
        Audience(audience),
        PersonId(asked_by),
        channel,
        datetime.fromisoformat(asked_at),
        previous,
    )
    cited = tuple(Citation(title, url, DocumentId(doc), quote) for title, url, doc, quote in json.loads(citations))
    return AnswerRecord(question, Outcome(outcome), reply, cited, float(confidence), ratings)
