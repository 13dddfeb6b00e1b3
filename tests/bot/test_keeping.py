"""A home from its backup answers as it did; a table from AWS's backup too."""

import gzip
import hashlib
import random
import sqlite3
import tarfile
import threading
import zlib
from contextlib import closing
from io import BytesIO
from pathlib import Path

import boto3
import msgspec
import pytest

from bot.archiving import CONTENTS, Contents, Listed
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


def same(packed: bytes, other: bytes) -> bool:
    """Some bits of what is packed say nothing: those that fill its last byte up, and lengths of codes that it lacks."""
    try:
        return gzip.decompress(packed) == gzip.decompress(other)
    except (OSError, EOFError, zlib.error):
        return False


class TestADamagedArchive:
    """Is refused in one sentence, and leaves no trace: the next try is the first."""

    @pytest.fixture
    def archive(self, home: Path, tmp_path: Path) -> Path:
        backup(app(home).settings, tmp_path / "b.tar.gz")
        return tmp_path / "b.tar.gz"

    def refused(self, archive: Path, content: bytes, why: str = "") -> None:
        damaged, home = archive.with_name("damaged.tar.gz"), archive.with_name("new")
        damaged.write_bytes(content)
        with pytest.raises(MisconfiguredError, match=rf"damaged\.tar\.gz.*{why}"):
            restore(app(home), damaged)
        assert not home.exists()
        assert [path.name for path in archive.parent.iterdir() if path.name.startswith("tmp")] == []

    def test_one_bit_is_enough(self, archive: Path, tmp_path: Path) -> None:
        content, chance = archive.read_bytes(), random.Random(7)  # noqa: S311
        for _ in range(60):
            damaged = bytearray(content)
            damaged[chance.randrange(20, len(content))] ^= 1 << chance.randrange(8)  # before: the time it was made
            if not same(bytes(damaged), content):
                self.refused(archive, bytes(damaged))
        assert restore(app(tmp_path / "new"), archive)

    @pytest.mark.parametrize("left", [0.0, 0.1, 0.5, 0.999])
    def test_and_one_byte_less(self, archive: Path, left: float) -> None:
        content = archive.read_bytes()
        self.refused(archive, content[: int(len(content) * left)], "not the whole of one")

    def test_a_file_that_is_gone_is_missed(self, home: Path, archive: Path) -> None:
        """Above all the one that says which folder is internal."""
        for name in ("sources.json", "knowledge.sqlite"):
            with tarfile.open(archive) as tar:
                kept = {each.name: opened(tar, each) for each in tar if each.name != name}
            self.refused(archive, tarred(kept), f"{name} is missing")

    def test_another_file_is_not_taken_for_one_of_ours(self, archive: Path) -> None:
        with tarfile.open(archive) as tar:
            kept = {each.name: opened(tar, each) for each in tar}
        self.refused(archive, tarred(kept | {"evil.sqlite": b"evil"}), "'evil.sqlite' is not as its list says")
        self.refused(archive, tarred(kept, records__sqlite=tarfile.SYMTYPE))
        self.refused(archive, tarred(kept, records__sqlite=tarfile.DIRTYPE))

    @pytest.mark.parametrize("name", ["../evil.sqlite", "/tmp/evil.sqlite", "evil.sh", "a/b.sqlite"])  # noqa: S108
    def test_nothing_is_written_elsewhere(self, archive: Path, name: str) -> None:
        self.refused(archive, tarred({name: b"evil"}), "no list of its contents")
        self.refused(archive, tarred(listed({name: b"evil"})), "what no home holds")

    def test_what_is_no_database_is_not_made_a_home(self, archive: Path) -> None:
        self.refused(archive, tarred(listed({"claims.sqlite": b"text " * 1_000})), "claims.sqlite is damaged")
        self.refused(archive, tarred(listed({"sources.json": b"{"})), "sources.json is damaged")
        self.refused(archive, tarred({"contents.json": b'{"format": 1, "files": {}}'}), "what no home holds")

    @pytest.mark.parametrize("name", ["knowledge.sqlite", "feedback.sqlite"])
    def test_what_a_newer_release_wrote_is_left_to_it(self, home: Path, archive: Path, name: str) -> None:
        with closing(sqlite3.connect(home / name)) as db:
            db.execute("PRAGMA user_version = 99")
        backup(app(home).settings, archive)
        self.refused(archive, archive.read_bytes(), f"its {name} was written by a newer supportbot: install")
        self.refused(archive, tarred({"contents.json": b'{"format": 2, "files": []}'}), "by a newer supportbot")


def opened(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    found = tar.extractfile(member)
    assert found is not None
    return found.read()


def listed(files: dict[str, bytes]) -> dict[str, bytes]:
    """With the list that would make them a backup."""
    found = {name: Listed(len(text), hashlib.sha256(text).hexdigest()) for name, text in files.items()}
    return {CONTENTS: msgspec.json.encode(Contents(1, found)), **files}


def tarred(files: dict[str, bytes], **kinds: bytes) -> bytes:
    made = BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            if kind := kinds.get(name.replace(".", "__")):
                member.type, member.linkname = kind, "/etc/hostname"
                tar.addfile(member)
                continue
            member.size = len(text)
            tar.addfile(member, BytesIO(text))
    return made.getvalue()


def test_a_home_is_made_at_once_or_not_at_all(home: Path, tmp_path: Path) -> None:
    archive, new = tmp_path / "backup.tar.gz", tmp_path / "a" / "b"
    backup(app(home).settings, archive)
    restore(app(new), archive)
    (empty := tmp_path / "empty").mkdir()
    restore(app(empty), archive)
    assert sorted(path.name for path in new.iterdir()) == sorted(path.name for path in empty.iterdir())
    assert new.stat().st_mode & 0o077 == 0
    (used := tmp_path / "used").mkdir()
    (used / "notes.txt").touch()
    for where in (used, used / "notes.txt"):
        with pytest.raises(MisconfiguredError, match="is in use"):
            restore(app(where), archive)
    with pytest.raises(MisconfiguredError, match="name a folder that is not there yet"):
        restore(app(used / "notes.txt" / "home"), archive)


def test_where_no_backup_can_be_written_one_is_told(home: Path, tmp_path: Path) -> None:
    for archive in (tmp_path / "missing" / "b.tar.gz", tmp_path):
        with pytest.raises(MisconfiguredError, match=r"cannot be written.*name a file in a folder that is there"):
            backup(app(home).settings, archive)
    assert "name a file" in Command(home)("backup", tmp_path / "missing" / "b.tar.gz", code=2).stderr


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
