import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from rag_core.backends.sqlite.feedback import FEEDBACK, SqliteFeedbackLog
from rag_core.domain import Citation, DocumentId, Outcome, PersonId, QuestionId, Rating, SourceName, Use
from rag_core.errors import MisconfiguredError, RejectedError
from rag_core.ports import FeedbackLog
from rag_core.tallies import TOTAL, Durations, Tally, Verdicts
from tests.contracts.acceptances import AcceptanceContract
from tests.contracts.breakdown import BreakdownContract
from tests.contracts.durations import NEAR, DurationsContract, durations, record
from tests.contracts.feedback import FeedbackContract, accept, ask, dislike, gaps, rating, whole
from tests.making import NOON, answer, question

BEFORE_VERSIONS = """
CREATE TABLE answer (
    question_id TEXT PRIMARY KEY, asked_at TEXT NOT NULL, question TEXT NOT NULL, previous TEXT, audience TEXT NOT NULL,
    asked_by TEXT NOT NULL, channel TEXT NOT NULL, outcome TEXT NOT NULL, text TEXT NOT NULL, citations TEXT NOT NULL,
    confidence REAL NOT NULL
);
CREATE INDEX answer_time ON answer (asked_at);
CREATE TABLE rating (
    question_id TEXT NOT NULL REFERENCES answer, person TEXT NOT NULL, helpful INTEGER NOT NULL, rated_at TEXT NOT NULL,
    reason TEXT NOT NULL, comment TEXT NOT NULL, PRIMARY KEY (question_id, person)
);
INSERT INTO answer VALUES ('old', '2026-11-01T23:30:00-05:00', 'Why?', NULL, 'public', 'ada', 'test', 'answered',
    'So. [1]', '[["Page", "https://h.example/p", "p", "So."]]', 0.5);
INSERT INTO answer VALUES ('new', '2026-11-02T12:00:00+00:00', 'What?', NULL, 'public', 'ada', 'test', 'unsupported',
    'I do not know.', '[["Page", "https://h.example/p", "/docs", "p", ""]]', 0.5);
INSERT INTO rating VALUES ('old', 'ada', 0, '2026-11-03T12:00:00+00:00', 'off topic', 'No.');
"""

BEFORE_ACCEPTANCES = """
CREATE TABLE answer (
    question_id TEXT PRIMARY KEY, asked_at TEXT NOT NULL, question TEXT NOT NULL, previous TEXT, audience TEXT NOT NULL,
    asked_by TEXT NOT NULL, channel TEXT NOT NULL, outcome TEXT NOT NULL, text TEXT NOT NULL, citations TEXT NOT NULL,
    confidence REAL NOT NULL, sources TEXT
);
CREATE INDEX answer_day ON answer (substr(asked_at, 1, 10), outcome);
CREATE INDEX answer_declined ON answer (asked_at) WHERE outcome <> 'answered';
CREATE TABLE rating (
    question_id TEXT NOT NULL REFERENCES answer, person TEXT NOT NULL, helpful INTEGER NOT NULL, rated_at TEXT NOT NULL,
    reason TEXT NOT NULL, comment TEXT NOT NULL, day TEXT NOT NULL DEFAULT '', PRIMARY KEY (question_id, person)
);
CREATE INDEX rating_day ON rating (day, helpful, reason);
CREATE INDEX rating_disliked ON rating (question_id, day) WHERE helpful = 0;
CREATE TABLE usage (
    question_id TEXT NOT NULL REFERENCES answer, day TEXT NOT NULL, model TEXT NOT NULL, input INTEGER NOT NULL,
    output INTEGER NOT NULL, cache_read INTEGER NOT NULL, cache_write INTEGER NOT NULL, cost REAL NOT NULL
);
CREATE INDEX usage_question ON usage (question_id);
CREATE INDEX usage_day ON usage (day, model, input, output, cache_read, cache_write, cost);
INSERT INTO answer VALUES ('q1', '2026-11-02T12:00:00.000000+00:00', 'Why?', NULL, 'public', 'ada', 'zendesk',
    'answered', 'So. [1]', '[["Page", "https://h.example/p", "/docs", "p", "So."]]', 0.5, NULL);
INSERT INTO rating VALUES ('q1', 'ada', 1, '2026-11-02T13:00:00.000000+00:00', '', '', '2026-11-02');
PRAGMA user_version = 2;
"""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A home with a log as the first commits wrote it."""
    with closing(sqlite3.connect(tmp_path / FEEDBACK)) as db:
        db.executescript(BEFORE_VERSIONS)
    return tmp_path


class TestSqliteFeedbackLog(FeedbackContract, AcceptanceContract, DurationsContract, BreakdownContract):
    @pytest.fixture
    def log(self, tmp_path: Path) -> Iterator[FeedbackLog]:
        with SqliteFeedbackLog(tmp_path) as log:
            yield log

    def test_what_is_older_than_it_is_kept_leaves_its_counters(self, tmp_path: Path) -> None:
        now = [NOON]
        with SqliteFeedbackLog(tmp_path, retention=timedelta(days=30), clock=lambda: now[0]) as log:
            ask(log, "old", Outcome.UNSUPPORTED)
            ask(log, "new", at=NOON + timedelta(days=2))
            dislike(log, "old", "ada")
            counted = log.tally()
            now[0] += timedelta(days=30, seconds=-1)
            assert log.answer(QuestionId("old")).ratings
            now[0] += timedelta(seconds=1)
            with pytest.raises(RejectedError):
                log.answer(QuestionId("old"))
            assert (gaps(log), [each.question.id for each in log.every()]) == ([], ["new"])
            assert log.tally() == counted
            now[0] += timedelta(days=2)
        with SqliteFeedbackLog(tmp_path, retention=timedelta(days=30), clock=lambda: now[0]) as log:
            assert list(log.every()) == []
            assert log.tally() == counted

    def test_no_file_holds_what_was_forgotten_or_has_ended(self, tmp_path: Path) -> None:
        now, long = [NOON], " and more" * 2_000  # over several pages of the file
        with SqliteFeedbackLog(tmp_path, retention=timedelta(days=30), clock=lambda: now[0]) as log:
            for number in range(3):
                asked = replace(question(f"CANARY{long}", name=f"q{number}", previous="CANARY"), asked_at=NOON)
                log.record_answer(asked, answer(asked, text=f"CANARY{long}"))
                log.record_rating(Rating(asked.id, PersonId("CANARY"), False, NOON, "", f"CANARY{long}"))
            log.forget(QuestionId("q0"))
            log.forget_rater(QuestionId("q1"), PersonId("CANARY"))
            now[0] += timedelta(days=30)
            assert list(log.every()) == []
            for path in tmp_path.iterdir():
                assert b"CANARY" not in path.read_bytes()

    def test_it_survives_its_process(self, tmp_path: Path) -> None:
        with SqliteFeedbackLog(tmp_path) as log:
            log.record_answer(question("Why?"), answer(question("Why?")))
            log.record_rating(rating("ada", helpful=True))
        with SqliteFeedbackLog(tmp_path) as log:
            assert len(log.answer(QuestionId("q1")).ratings) == 1

    def test_a_damaged_file_is_named(self, tmp_path: Path) -> None:
        (tmp_path / FEEDBACK).write_bytes(b"not a database" * 100)
        with pytest.raises(MisconfiguredError, match="damaged"):
            SqliteFeedbackLog(tmp_path)

    def test_a_folder_in_its_place_is_named(self, tmp_path: Path) -> None:
        (tmp_path / FEEDBACK).mkdir()
        with pytest.raises(MisconfiguredError, match="is a folder"):
            SqliteFeedbackLog(tmp_path)

    def test_an_old_file_is_brought_up_to_date(self, old: Path) -> None:
        with SqliteFeedbackLog(old) as log:
            tally = Tally(date(2026, 11, 2), {Outcome.ANSWERED: 1, Outcome.UNSUPPORTED: 1}, 0, {"off-topic": 1})
            assert whole(log, date(2026, 11, 2)) == [tally]
            (worst,) = log.worst(date(2026, 11, 2), limit=5)
            assert worst.citations == (Citation("Page", "https://h.example/p", SourceName(""), DocumentId("p"), "So."),)
            assert [declined.question_id for declined in log.declined(limit=5)] == ["new"]
            assert log.answer(QuestionId("new")).citations[0].source == "/docs"
            log.record_rating(rating("ada", helpful=True, name="old"))
            assert log.tally()[0].helpful == 1

    def test_a_file_of_before_acceptances_takes_them(self, tmp_path: Path) -> None:
        with closing(sqlite3.connect(tmp_path / FEEDBACK)) as db:
            db.executescript(BEFORE_ACCEPTANCES)
        with SqliteFeedbackLog(tmp_path) as log:
            assert whole(log) == [Tally(date(2026, 11, 2), {Outcome.ANSWERED: 1}, helpful=1)]
            assert log.answer(QuestionId("q1")).acceptance is None
            accept(log, "q1", Use.EDITED, 0.5)
        with SqliteFeedbackLog(tmp_path) as log:
            assert (log.tally()[0].uses, log.tally()[0].helpful) == ({Use.EDITED: 1}, 1)

    def test_a_file_of_before_durations_counts_them_from_now_on(self, tmp_path: Path) -> None:
        with closing(sqlite3.connect(tmp_path / FEEDBACK)) as db:
            db.executescript(BEFORE_ACCEPTANCES)
        with SqliteFeedbackLog(tmp_path) as log:
            assert durations(log) == Durations()
            record(log, "q1", 700.0)  # known from before: it has added nothing yet
            record(log, "q2", 700.0)
        with SqliteFeedbackLog(tmp_path) as log:
            assert sum(count for name, count in durations(log).counts.items() if name[0] == "t") == 2
            assert durations(log).percentiles(TOTAL) == pytest.approx({50: 700, 90: 700, 99: 700}, rel=NEAR)

    def test_a_file_of_before_they_were_kept_apart_tells_channels_and_sources(self, tmp_path: Path) -> None:
        with closing(sqlite3.connect(tmp_path / FEEDBACK)) as db:
            db.executescript(BEFORE_ACCEPTANCES)
        with SqliteFeedbackLog(tmp_path) as log:
            (tally,) = log.tally()
            assert tally.asked_in == {"zendesk": {Outcome.ANSWERED: 1}}
            assert tally.rated_in == {"zendesk": Verdicts(1, 0)}
            assert tally.rated_from == {"/docs": Verdicts(1, 0)}

    def test_many_may_find_an_old_file_at_once(self, old: Path) -> None:
        with ThreadPoolExecutor(8) as pool:
            logs = list(pool.map(SqliteFeedbackLog, [old] * 8))
        assert [len(log.tally()) for log in logs] == [1] * 8
        for log in logs:
            log.close()

    def test_a_file_of_a_newer_version_is_left_alone(self, tmp_path: Path) -> None:
        with closing(sqlite3.connect(tmp_path / FEEDBACK)) as db:
            db.execute("PRAGMA user_version = 99")
        with pytest.raises(MisconfiguredError, match="newer supportbot"):
            SqliteFeedbackLog(tmp_path)

    def test_it_is_closed_once_nobody_holds_it(self, tmp_path: Path) -> None:
        log = SqliteFeedbackLog(tmp_path)
        log.close()
        log.close()
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            log.tally()
        forgotten = SqliteFeedbackLog(tmp_path)
        connection = forgotten._db
        del forgotten
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            connection.execute("SELECT 1")
