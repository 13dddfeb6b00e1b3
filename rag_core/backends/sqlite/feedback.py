"""What was asked and rated, in one SQLite file.

A file of its own, so that an ingestion's writes never hold up an answer.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import astuple
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from pathlib import Path

from rag_core.backends.sqlite import durations, tallying
from rag_core.backends.sqlite.opening import SqliteFile
from rag_core.backends.sqlite.schema import upgrade, utc
from rag_core.domain import (
    Acceptance,
    Answer,
    AnswerRecord,
    Audience,
    Citation,
    Declined,
    Outcome,
    PersonId,
    Question,
    QuestionId,
    Rating,
    SourceName,
    Usage,
    Use,
)
from rag_core.errors import RejectedError
from rag_core.tallies import Tally, counted

FEEDBACK = "feedback.sqlite"
ASKED = "question_id, asked_at, question, previous, audience, asked_by, channel, sources"
COLUMNS = f"{ASKED}, outcome, text, citations, confidence, complete, not_covered"
USED = "question_id, day, model, input, output, cache_read, cache_write, cost"
RATED = "question_id, person, helpful, rated_at, reason, comment"
SENT = "question_id, use, kept, shadow, sent_at"
NAMELESS = "person = 'forgotten ' || lower(hex(randomblob(8))), comment = ''"  # another each time: each counts
EMPTIED = (
    "forgotten = 1, question = '', previous = NULL, asked_by = '', text = '', citations = '[]', not_covered = '', "
    "sources = NULL"
)
FOREVER = timedelta(days=365_000)
BETWEEN = timedelta(hours=1)  # two looks at what has ended, whatever this process knows: others write too


class SqliteFeedbackLog(SqliteFile):
    """FeedbackLog, a context manager; safe to share between threads and processes.

    Counters are not kept but counted, which takes SQLite milliseconds: they cannot drift (those of durations are kept,
    in the transaction of their answer). So what is forgotten, or older than `retention`, leaves its row without a text
    or a name.
    """

    def __init__(
        self, home: Path, *, retention: timedelta = FOREVER, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        super().__init__(home / FEEDBACK, synchronous="NORMAL")
        self._retention, self._clock = retention, clock
        self._due = datetime.min.replace(tzinfo=UTC)
        with self._use():
            self._db.execute("PRAGMA foreign_keys = ON")
            upgrade(self._db, self._path)
        with self._kept():
            pass  # what ended while nobody looked goes at the start

    def record_answer(self, question: Question, answer: Answer) -> None:
        citations = [[c.title, c.url, c.source, c.document_id, c.quote] for c in answer.citations]
        row: list[object] = [question.id, utc(question.asked_at), question.text, question.previous]
        row += [question.audience, question.asked_by, question.channel, _listed(question.sources)]
        row += [answer.outcome, answer.text, json.dumps(citations), answer.confidence]
        row += [answer.complete, answer.not_covered]
        updates = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS.split(", ")[2:])
        with self._kept(), self._db:
            self._db.execute("BEGIN IMMEDIATE")
            self._due = min(self._due, question.asked_at + self._retention)
            self._db.execute(
                f"INSERT INTO answer ({COLUMNS}) VALUES ({', '.join('?' * len(row))}) "
                f"ON CONFLICT (question_id) DO UPDATE SET forgotten = 0, {updates}",
                row,
            )
            self._db.execute("DELETE FROM usage WHERE question_id = ?", [question.id])
            self._db.executemany(
                f"INSERT INTO usage ({USED}) SELECT question_id, substr(asked_at, 1, 10), ?,?,?,?,?,? FROM answer "
                "WHERE question_id = ?",
                [[*astuple(usage), question.id] for usage in answer.usage],
            )
            durations.count(self._db, question.id, counted(answer))

    def record_rating(self, rating: Rating) -> None:
        with self._kept():
            recorded = self._db.execute(
                f"INSERT INTO rating ({RATED}, day, channel, cited) "
                "SELECT question_id, ?,?,?,?,?, substr(asked_at, 1, 10), channel, cited_in(citations) FROM answer "
                "WHERE question_id = ? AND forgotten = 0 ON CONFLICT (question_id, person) DO UPDATE SET "
                "helpful = excluded.helpful, rated_at = excluded.rated_at, reason = excluded.reason, "
                "comment = excluded.comment, cited = excluded.cited",
                [rating.person, rating.helpful, utc(rating.rated_at), rating.reason, rating.comment]
                + [rating.question_id],
            )
        if not recorded.rowcount:
            raise RejectedError(_unknown(rating.question_id))

    def record_acceptance(self, acceptance: Acceptance) -> None:
        with self._kept():
            recorded = self._db.execute(
                f"INSERT INTO acceptance ({SENT}, day) SELECT question_id, ?,?,?,?, substr(asked_at, 1, 10) "
                "FROM answer WHERE question_id = ? AND forgotten = 0 ON CONFLICT (question_id) DO UPDATE SET "
                "use = excluded.use, kept = excluded.kept, shadow = excluded.shadow, sent_at = excluded.sent_at",
                [acceptance.use, acceptance.kept, acceptance.shadow, utc(acceptance.sent_at), acceptance.question_id],
            )
        if not recorded.rowcount:
            raise RejectedError(_unknown(acceptance.question_id))

    def answer(self, question_id: QuestionId) -> AnswerRecord:
        with self._kept():
            return self._read(question_id)

    def tally(self, since: date | None = None) -> list[Tally]:
        with self._use():
            return tallying.tallies(self._db, since.isoformat() if since else "")

    def usage(self, since: date | None = None) -> dict[date, tuple[Usage, ...]]:
        with self._use():
            rows = self._db.execute(
                "SELECT day, model, sum(input), sum(output), sum(cache_read), sum(cache_write), sum(cost) FROM usage "
                "WHERE day >= ? GROUP BY 1, 2 ORDER BY 1, 2",
                [since.isoformat() if since else ""],
            ).fetchall()
        return {
            date.fromisoformat(day): tuple(Usage(*row[1:]) for row in of_day)
            for day, of_day in groupby(rows, lambda row: str(row[0]))
        }

    def worst(self, since: date | None = None, *, limit: int) -> list[AnswerRecord]:
        with self._kept():
            found = self._db.execute(  # CROSS JOIN: in this order, ratings first
                "SELECT question_id FROM rating CROSS JOIN answer USING (question_id) "
                "WHERE helpful = 0 AND day >= ? AND outcome = 'answered' AND forgotten = 0 "
                "GROUP BY question_id ORDER BY count(*) DESC, asked_at DESC, question_id LIMIT ?",
                [since.isoformat() if since else "", limit],
            ).fetchall()
            return [self._read(question_id) for (question_id,) in found]

    def declined(self, since: date | None = None, *, limit: int) -> list[Declined]:
        with self._kept():
            rows = self._db.execute(
                "SELECT question_id, question, asked_at, outcome FROM answer "
                "WHERE outcome <> 'answered' AND forgotten = 0 AND asked_at >= ? "
                "ORDER BY asked_at DESC, question_id LIMIT ?",
                [since.isoformat() if since else "", limit],
            ).fetchall()
        return [Declined(QuestionId(q), text, datetime.fromisoformat(at), Outcome(end)) for q, text, at, end in rows]

    def every(self) -> Iterator[AnswerRecord]:
        with self._kept():
            ids = self._db.execute("SELECT question_id FROM answer WHERE forgotten = 0").fetchall()
        for (question_id,) in ids:
            with suppress(RejectedError):  # forgotten meanwhile
                yield self.answer(question_id)

    def forget(self, question_id: QuestionId) -> None:
        with self._use():
            self._empty([question_id])

    def forget_rater(self, question_id: QuestionId, person: PersonId) -> None:
        with self._use():
            self._db.execute(
                f"UPDATE rating SET {NAMELESS} WHERE question_id = ? AND person = ?", [question_id, person]
            )
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    @contextmanager
    def _kept(self) -> Iterator[None]:
        """The log, of which nothing has ended."""
        with self._use():
            if (now := self._clock()) >= self._due:
                until = [utc(now - self._retention)]
                ended = self._db.execute("SELECT question_id FROM answer WHERE forgotten = 0 AND asked_at <= ?", until)
                self._empty([question_id for (question_id,) in ended.fetchall()])
                (oldest,) = self._db.execute("SELECT min(asked_at) FROM answer WHERE forgotten = 0").fetchone()
                self._due = min(
                    [now + BETWEEN, *([datetime.fromisoformat(oldest) + self._retention] if oldest else [])]
                )
            yield

    def _empty(self, ids: Sequence[str]) -> None:
        if not ids:
            return
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.executemany(f"UPDATE answer SET {EMPTIED} WHERE question_id = ?", [[each] for each in ids])
            self._db.executemany(f"UPDATE rating SET {NAMELESS} WHERE question_id = ?", [[each] for each in ids])
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # nor are they left in the file beside it

    def _read(self, question_id: str) -> AnswerRecord:
        row = self._db.execute(
            f"SELECT {COLUMNS} FROM answer WHERE question_id = ? AND forgotten = 0", [question_id]
        ).fetchone()
        if row is None:
            raise RejectedError(_unknown(question_id))
        given = self._db.execute(f"SELECT {RATED} FROM rating WHERE question_id = ? ORDER BY rated_at", [question_id])
        sent = self._db.execute(f"SELECT {SENT} FROM acceptance WHERE question_id = ?", [question_id]).fetchone()
        return _record(row, tuple(map(_rating, given)), sent and _acceptance(sent))


def _unknown(question_id: str) -> str:
    return f"there is no answer with the id {question_id!r}: take the id that `supportbot ask` ended with"


def _rating(row: tuple[str, str, int, str, str, str]) -> Rating:
    question_id, person, helpful, rated_at, reason, comment = row
    return Rating(
        QuestionId(question_id), PersonId(person), bool(helpful), datetime.fromisoformat(rated_at), reason, comment
    )


def _acceptance(row: tuple[str, str, float, int, str]) -> Acceptance:
    question_id, use, kept, shadow, sent_at = row
    return Acceptance(QuestionId(question_id), Use(use), kept, bool(shadow), datetime.fromisoformat(sent_at))


def _record(row: tuple[str, ...], ratings: tuple[Rating, ...], acceptance: Acceptance | None) -> AnswerRecord:
    question_id, asked_at, text, previous, audience, asked_by, channel, sources, *answered = row
    outcome, reply, citations, sure, complete, not_covered = answered
    question = Question(
        QuestionId(question_id),
        text,
        Audience(audience),
        PersonId(asked_by),
        channel,
        datetime.fromisoformat(asked_at),
        previous,
        None if sources is None else frozenset(map(SourceName, json.loads(sources))),
    )
    cited = tuple(Citation(*each) for each in json.loads(citations))
    return AnswerRecord(
        question, Outcome(outcome), reply, cited, float(sure), ratings, acceptance, bool(complete), not_covered
    )


def _listed(sources: frozenset[SourceName] | None) -> str | None:
    return None if sources is None else json.dumps(sorted(sources))
