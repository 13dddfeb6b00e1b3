"""What every release so far has written is read today; what a newer one sends is left to it."""

import io
import json
import sqlite3
from base64 import b64decode
from contextlib import ExitStack, closing
from importlib.metadata import version
from pathlib import Path
from typing import Any

import boto3
import msgspec
import pytest

from bot.archiving import Contents
from bot.batching import APART, Batches
from bot.local.journalling import GROUP, Journal
from bot.observability import Telemetry
from bot.settings import Settings
from rag_core.backends.opensearch.entries import ChunkEntry, DocumentEntry, StateEntry
from rag_core.backends.sqlite.records import SqliteRecords
from rag_core.caching.keeping import decode
from rag_core.domain import Deadline
from rag_core.jobs import Job, JobKind
from rag_core.messaging import LEFT, read, written
from tests.events.record import EVENTS, HOME, MESSAGES, TABLE, TEXTS, home, table
from tests.events.written import DRAFT, GIVEN, INSTALLED, REDRAFT, TURN, check, jobs, texts
from tests.fakes.aws_wire import create_table, laid

RELEASES = sorted(path.name for path in EVENTS.iterdir() if (path / MESSAGES).exists())


def recorded(release: str, name: str) -> Any:
    return json.loads((EVENTS / release / name).read_text("utf-8"))


def test_this_release_is_on_record() -> None:
    assert version("supportbot") in RELEASES, "run python -m tests.events.record and commit what it writes"


@pytest.mark.parametrize("release", RELEASES)
class TestWhatAReleaseWrote:
    def test_its_messages_are_read(self, release: str) -> None:
        today = jobs()
        for kind, body in recorded(release, MESSAGES).items():
            assert read(body) == today[kind]

    def test_its_home_is_read(self, release: str, tmp_path: Path) -> None:
        for name, script in recorded(release, HOME).items():
            with closing(sqlite3.connect(tmp_path / name)) as db:
                db.executescript(script)
        with ExitStack() as stack:
            check(*home(tmp_path, stack))

    def test_its_table_is_read(self, release: str, aws_url: str) -> None:
        with laid("dynamodb"):
            create_table(aws_url, "release")
            client = boto3.client("dynamodb", endpoint_url=aws_url)
            for item in recorded(release, TABLE):
                client.put_item(TableName="release", Item=_bytes(item))
            check(*table(aws_url, "release"))

    def test_its_index_its_cache_and_its_backups_are_read(self, release: str) -> None:
        found = {name: b64decode(value) for name, value in recorded(release, TEXTS).items()}
        state = msgspec.json.decode(found["index-state"], type=StateEntry)
        assert (state.model, state.chunks) == ("minilm", 3)
        assert msgspec.json.decode(found["index-chunk"], type=ChunkEntry).chunk.text == "Ten euros."
        assert msgspec.json.decode(found["index-document"], type=DocumentEntry).chunks == 3
        contents = msgspec.json.decode(found["backup-contents"], type=Contents)
        assert (contents.format, contents.files["claims.sqlite"].sha256) == (1, "c0ffee")
        kept = decode(found["cached-answer"], "stem")
        assert kept is None or (kept.answer and kept.answer.text == GIVEN.text)  # a miss is no harm


class TestANewerRelease:
    """Its records have fields that this one does not know, and its messages kinds."""

    def test_its_records_are_read_all_the_same(self) -> None:
        assert texts().keys() == recorded(RELEASES[-1], TEXTS).keys()
        for value in (TURN, DRAFT, REDRAFT):
            newer = msgspec.json.decode(msgspec.json.encode(value)) | {"added": {"later": [1]}}
            assert msgspec.json.decode(msgspec.json.encode(newer), type=type(value)) == value

    @pytest.mark.parametrize("part", ["drafts", "redrafts", "turns", "installations"])
    def test_a_field_more_in_a_table_stops_nobody(self, tmp_path: Path, part: str) -> None:
        with ExitStack() as stack:
            from tests.events import written as own

            log, claims, records = home(tmp_path, stack)
            own.write(log, claims, records)
            for group, name, record in list(records.every("")):
                newer = _with_a_field_more(group, name, record.value)
                if newer is not None and _is_of(part, group):
                    records.change(group, name, newer, seen=record)
            own.check(log, claims, records)

    def test_old_and_new_workers_share_a_queue(self) -> None:
        """Each message is done once, by a worker that knows it, and none goes to the dead letters on the way."""
        newer = json.loads(jobs_written()[JobKind.INGEST]) | {"id": "n1", "kind": "survey"}
        queue = dict(enumerate([*jobs_written().values(), json.dumps(newer)]))
        done: list[str] = []
        left = _worked(queue, read, done)
        assert list(left) == [len(queue) - 1]
        assert LEFT <= left[len(queue) - 1] <= LEFT * APART
        assert sorted(done) == sorted(job.id for job in jobs().values())

        def of_newer(body: str) -> Job:
            stated = json.loads(body)
            return Job(stated["id"], JobKind.INGEST, jobs()[JobKind.INGEST].enqueued_at, stated["payload"])

        done.clear()
        assert _worked({number: queue[number] for number in left}, of_newer, done) == {}
        assert done == ["n1"]

    def test_what_it_left_on_this_machine_stays_for_it(self, tmp_path: Path) -> None:
        ours = jobs()[JobKind.ZENDESK]
        with SqliteRecords(tmp_path) as records:
            journal = Journal(records)
            journal.keep(ours)
            records.put(GROUP, "newer", json.dumps(json.loads(written(ours)) | {"kind": "survey"}).encode())
            records.put(GROUP, "broken", b"{")
            assert journal.waiting() == [ours]
            assert {name for name, _ in records.list(GROUP)} == {ours.id, "newer"}


def jobs_written() -> dict[str, str]:
    return {kind: written(job) for kind, job in jobs().items()}


def _worked(queue: dict[int, str], reading: Any, done: list[str]) -> dict[int, float]:
    """What is left of it, and for how long, after one worker has had every message once."""
    left: dict[int, float] = {}

    def work(job: Job, _deadline: Deadline, last: bool) -> None:
        assert not last
        done.append(job.id)

    def postpone(receipt: str, seconds: float) -> None:
        left[int(receipt)] = seconds

    records = [
        {
            "messageId": f"m{number}",
            "receiptHandle": str(number),
            "body": body,
            "attributes": {"ApproximateReceiveCount": "1"},
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:eu-central-1:1:jobs",
        }
        for number, body in queue.items()
    ]
    batches = Batches(Settings(), work, reading, Telemetry(stream=io.StringIO()), postpone)
    failed = batches.handle({"Records": records}, _Context())["batchItemFailures"]
    assert [each["itemIdentifier"] for each in failed] == [f"m{number}" for number in left]
    return left


class _Context:
    def get_remaining_time_in_millis(self) -> int:
        return 60_000


def _bytes(item: dict[str, Any]) -> dict[str, Any]:
    return {
        name: {kind: b64decode(value) if kind == "B" else value for kind, value in given.items()}
        for name, given in item.items()
    }


def _is_of(part: str, group: str) -> bool:
    beginnings = {
        "drafts": "zendesk:",
        "redrafts": "zendesk-sidebar:",
        "turns": "slack-thread#",
        "installations": "slack-installation",
    }
    return group.startswith(beginnings[part])


def _with_a_field_more(group: str, name: str, value: bytes) -> bytes | None:
    from integrations.slack.sealing import Seal
    from tests.events.written import KEY

    if group == "slack-installation":
        seal = Seal(KEY)
        opened, _ = seal.open(name, value)
        assert opened["team_id"] == INSTALLED.team_id
        return seal.close(name, opened | {"added_by_a_newer_release": True})
    try:
        found = json.loads(value)
    except ValueError:
        return None
    return json.dumps(found | {"added_by_a_newer_release": True}).encode() if isinstance(found, dict) else None
