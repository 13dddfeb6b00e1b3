"""A home from its backup answers as it did; a table from AWS's backup too."""

import tarfile
import threading
from io import BytesIO
from pathlib import Path

import boto3
import pytest

from bot.keeping import backup, restore
from rag_core.backends.dynamodb.client import Connection, Table
from rag_core.backends.dynamodb.feedback import DynamoFeedbackLog
from rag_core.backends.dynamodb.records import DynamoRecords
from rag_core.domain import PersonId, QuestionId
from rag_core.errors import MisconfiguredError
from tests.bot.test_cli import Command
from tests.contracts.feedback import ask, dislike
from tests.fakes.aws_wire import create_table
from tests.making import NOON, answer, app, question, write
from tests.services.aws import REGION

ASKED = "How long do refunds take?"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """With documents, an answer and its rating."""
    built = app(tmp_path / "home")
    built.ingest(write(tmp_path / "docs", refunds="# Refunds\n\nRefunds take thirty days.", spf="# SPF\n\nA record."))
    asked = built.question(ASKED, asked_by=PersonId("ada"), channel="test")
    built.answering.answer(asked)
    built.rate(asked.id, PersonId("ada"), helpful=False, comment="No.")
    built.records.put("group", "name", b"value")
    return built.home


def test_a_restored_home_answers_as_the_other_did(home: Path, tmp_path: Path) -> None:
    former, archive = app(home), tmp_path / "backup.tar.gz"
    names = backup(former.settings, archive)
    assert archive.stat().st_mode & 0o077 == 0
    assert restore(app(tmp_path / "new"), archive) == names
    new = app(tmp_path / "new")
    assert new.log.tally() == former.log.tally()
    assert list(new.log.every()) == list(former.log.every())
    assert [record.value for _, record in new.records.list("group")] == [b"value"]
    assert new.index.sources() == former.index.sources()
    again = new.question(ASKED, asked_by=PersonId("bob"), channel="test")
    assert new.answering.answer(again).text == "Refunds take thirty days. [1]"
    assert new.ingest(tmp_path / "docs").unchanged == 2
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("tmp")] == []


def test_a_bot_at_work_is_backed_up_whole(home: Path, tmp_path: Path) -> None:
    busy, stop = app(home), threading.Event()

    def work() -> None:
        number = 0
        while not stop.is_set():
            asked = question("Why?", name=f"w{number}")
            busy.log.record_answer(asked, answer(asked))
            dislike(busy.log, f"w{number}", "ada")
            number += 1

    worker = threading.Thread(target=work)
    worker.start()
    try:
        for number in range(5):
            backup(busy.settings, tmp_path / f"{number}.tar.gz")
    finally:
        stop.set()
        worker.join()
    for number in range(5):
        restore(app(tmp_path / f"home{number}"), tmp_path / f"{number}.tar.gz")
        records = [each for each in app(tmp_path / f"home{number}").log.every() if each.question.id.startswith("w")]
        assert sum(not record.ratings for record in records) <= 1  # the one that was being rated
    assert len(records) >= 1


def test_a_home_in_use_is_never_overwritten(home: Path, tmp_path: Path) -> None:
    archive = tmp_path / "backup.tar.gz"
    backup(app(home).settings, archive)
    with pytest.raises(MisconfiguredError, match="is in use"):
        restore(app(home), archive)


@pytest.mark.parametrize("name", ["../evil.sqlite", "/tmp/evil.sqlite", "evil.sh", "a/b.sqlite"])  # noqa: S108
def test_what_is_no_backup_of_ours_is_not_unpacked(tmp_path: Path, name: str) -> None:
    archive = tmp_path / "evil.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        member = tarfile.TarInfo(name)
        member.size = 4
        tar.addfile(member, BytesIO(b"evil"))
    with pytest.raises(MisconfiguredError, match="no backup"):
        restore(app(tmp_path / "home"), archive)
    archive.write_bytes(archive.read_bytes()[:20])
    with pytest.raises(MisconfiguredError, match="no backup"):
        restore(app(tmp_path / "home"), archive)
    assert list((tmp_path / "home").iterdir()) == []


def test_a_damaged_home_is_not_called_a_backup(home: Path, tmp_path: Path) -> None:
    (home / "records.sqlite").write_bytes(b"no database at all" * 1_000)
    for beside in home.glob("records.sqlite-*"):
        beside.unlink()
    with pytest.raises(MisconfiguredError, match=r"records.sqlite is damaged"):
        backup(app(home).settings, tmp_path / "backup.tar.gz")
    assert not (tmp_path / "backup.tar.gz").exists()


def test_the_commands(home: Path, tmp_path: Path) -> None:
    archive = tmp_path / "b.tar.gz"
    said = Command(home)("backup", archive).stdout
    assert "feedback.sqlite, knowledge.sqlite, records.sqlite, sources.json" in said
    new = Command(tmp_path / "new")
    assert "doctor" in new("restore", archive).stdout
    assert "thirty days" in new("ask", ASKED).stdout
    assert "holds nothing yet" in Command(tmp_path / "none")("backup", archive, code=2).stderr
    assert "docs/keeping.md" in new("backup", archive, code=2, SUPPORTBOT_TABLE="answers").stderr


class TestTheTable:
    """As docs/keeping.md has it: a backup is restored into a new table, which the settings then name."""

    def test_a_table_from_a_backup_has_all_of_it(self, aws_url: str) -> None:
        create_table(aws_url, "before")
        log, records = parts(aws_url, "before")
        for name in ("q1", "q2"):
            ask(log, name)
        dislike(log, "q1", "ada", "bob")
        records.put("group", "name", b"value")
        counted = log.tally()
        client = boto3.client("dynamodb", endpoint_url=aws_url, region_name=REGION)
        backed_up = client.create_backup(TableName="before", BackupName="daily")["BackupDetails"]["BackupArn"]
        log.forget(QuestionId("q1"))
        client.restore_table_from_backup(TargetTableName="after", BackupArn=backed_up)
        log, records = parts(aws_url, "after")
        assert log.tally() == counted
        assert len(log.answer(QuestionId("q1")).ratings) == 2
        found = records.get("group", "name")
        assert found is not None
        assert found.value == b"value"
        ask(log, "q3")  # and it goes on
        assert sum(log.tally()[0].outcomes.values()) == 3


def parts(aws_url: str, name: str) -> tuple[DynamoFeedbackLog, DynamoRecords]:
    table = Table(name, Connection(REGION, aws_url), clock=NOON.timestamp)
    return DynamoFeedbackLog(table), DynamoRecords(table)
