"""The tables of the log, and how an older file becomes one of today.

A file keeps the number of upgrades it has had in user_version; each is one transaction, and none is ever changed.
"""

import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from rag_core.errors import MisconfiguredError

FIRST = """
CREATE TABLE IF NOT EXISTS answer (
    question_id TEXT PRIMARY KEY, asked_at TEXT NOT NULL, question TEXT NOT NULL, previous TEXT, audience TEXT NOT NULL,
    asked_by TEXT NOT NULL, channel TEXT NOT NULL, outcome TEXT NOT NULL, text TEXT NOT NULL, citations TEXT NOT NULL,
    confidence REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS rating (
    question_id TEXT NOT NULL REFERENCES answer, person TEXT NOT NULL, helpful INTEGER NOT NULL, rated_at TEXT NOT NULL,
    reason TEXT NOT NULL, comment TEXT NOT NULL, PRIMARY KEY (question_id, person)
);
DROP INDEX IF EXISTS answer_time;
UPDATE answer SET asked_at = in_utc(asked_at), citations = with_source(citations);
CREATE INDEX answer_day ON answer (substr(asked_at, 1, 10), outcome);
CREATE INDEX answer_declined ON answer (asked_at) WHERE outcome <> 'answered';
ALTER TABLE rating ADD COLUMN day TEXT NOT NULL DEFAULT '';
UPDATE rating SET rated_at = in_utc(rated_at), reason = replace(reason, ' ', '-'),
    day = (SELECT substr(asked_at, 1, 10) FROM answer WHERE answer.question_id = rating.question_id);
CREATE INDEX rating_day ON rating (day, helpful, reason);
CREATE INDEX rating_disliked ON rating (question_id, day) WHERE helpful = 0;
"""
USAGE_AND_SOURCES = """
ALTER TABLE answer ADD COLUMN sources TEXT;
CREATE TABLE usage (
    question_id TEXT NOT NULL REFERENCES answer, day TEXT NOT NULL, model TEXT NOT NULL, input INTEGER NOT NULL,
    output INTEGER NOT NULL, cache_read INTEGER NOT NULL, cache_write INTEGER NOT NULL, cost REAL NOT NULL
);
CREATE INDEX usage_question ON usage (question_id);
CREATE INDEX usage_day ON usage (day, model, input, output, cache_read, cache_write, cost);
"""
ACCEPTANCE = """
CREATE TABLE acceptance (
    question_id TEXT PRIMARY KEY REFERENCES answer, day TEXT NOT NULL, use TEXT NOT NULL, kept REAL NOT NULL,
    shadow INTEGER NOT NULL, sent_at TEXT NOT NULL
);
CREATE INDEX acceptance_day ON acceptance (day, shadow, use, kept);
"""
LIMITS = """
ALTER TABLE answer ADD COLUMN complete INTEGER NOT NULL DEFAULT 1;
ALTER TABLE answer ADD COLUMN not_covered TEXT NOT NULL DEFAULT '';
"""
FORGOTTEN = """
ALTER TABLE answer ADD COLUMN forgotten INTEGER NOT NULL DEFAULT 0;
CREATE INDEX answer_kept ON answer (asked_at) WHERE forgotten = 0;
DROP INDEX answer_declined;
CREATE INDEX answer_declined ON answer (asked_at) WHERE outcome <> 'answered' AND forgotten = 0;
"""
DURATIONS = """
ALTER TABLE answer ADD COLUMN durations TEXT NOT NULL DEFAULT '{}';
CREATE TABLE duration (day TEXT, name TEXT, amount REAL NOT NULL, PRIMARY KEY (day, name)) WITHOUT ROWID;
"""
CHANNEL_AND_CITED = """
ALTER TABLE rating ADD COLUMN channel TEXT NOT NULL DEFAULT '';
ALTER TABLE rating ADD COLUMN cited TEXT NOT NULL DEFAULT '[]';
UPDATE rating SET (channel, cited) =
    (SELECT channel, cited_in(citations) FROM answer WHERE answer.question_id = rating.question_id);
DROP INDEX answer_day;
CREATE INDEX answer_day ON answer (substr(asked_at, 1, 10), outcome, channel);
DROP INDEX rating_day;
CREATE INDEX rating_day ON rating (day, helpful, reason, channel, cited);
"""
UPGRADES = (FIRST, USAGE_AND_SOURCES, ACCEPTANCE, LIMITS, FORGOTTEN, DURATIONS, CHANNEL_AND_CITED)


def upgrade(db: sqlite3.Connection, path: Path) -> None:
    """From an empty file, or one of any time before. Raises MisconfiguredError for one of a later time.

    The connection has the function `cited_in` from then on: the sources of an answer's citations.
    """
    db.create_function("cited_in", 1, _cited_in, deterministic=True)
    if _version(db, path) == len(UPGRADES):
        return
    db.create_function("in_utc", 1, lambda text: utc(datetime.fromisoformat(text)), deterministic=True)
    db.create_function("with_source", 1, _with_source, deterministic=True)
    with db:
        db.execute("BEGIN IMMEDIATE")
        for script in UPGRADES[_version(db, path) :]:  # another process may just have done it
            for statement in script.split(";\n"):
                db.execute(statement)
        db.execute(f"PRAGMA user_version = {len(UPGRADES)}")


def utc(moment: datetime) -> str:
    """Texts of one length, which compare as the moments do."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _version(db: sqlite3.Connection, path: Path) -> int:
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version > len(UPGRADES):
        raise MisconfiguredError(f"{path} was written by a newer supportbot: install that version")
    return int(version)


def _cited_in(citations: str) -> str:
    """The names of the sources, each once, as JSON as well."""
    return json.dumps(sorted({each[2] for each in json.loads(citations) if each[2]}))


def _with_source(citations: str) -> str:
    """Citations of before they named their document's source: it is not known."""
    return json.dumps([each if len(each) > 4 else [*each[:2], "", *each[2:]] for each in json.loads(citations)])
