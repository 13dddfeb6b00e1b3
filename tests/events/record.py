"""Write the recordings of this release anew: `python -m tests.events.record`, and commit what it wrote.

To be run before a release, under its version; those of releases before stay as they are for ever.
"""

import json
import sqlite3
from base64 import b64encode
from contextlib import ExitStack, closing
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import boto3

from rag_core.backends.dynamodb.claims import DynamoClaims
from rag_core.backends.dynamodb.client import Connection, Table
from rag_core.backends.dynamodb.feedback import DynamoFeedbackLog
from rag_core.backends.dynamodb.records import DynamoRecords
from rag_core.backends.sqlite.claims import SqliteClaims
from rag_core.backends.sqlite.feedback import SqliteFeedbackLog
from rag_core.backends.sqlite.records import SqliteRecords
from rag_core.messaging import written
from rag_core.ports import Claims, FeedbackLog, Records
from tests.events.written import jobs, texts, write
from tests.fakes.aws_wire import create_table
from tests.making import NOON
from tests.services.aws import REGION, account

EVENTS = Path(__file__).parent
MESSAGES, TEXTS, TABLE, HOME = "messages.json", "texts.json", "table.json", "home.json"
Parts = tuple[FeedbackLog, Claims, Records]


def table(url: str, name: str) -> Parts:
    made = Table(name, Connection(REGION, url), clock=NOON.timestamp)
    return DynamoFeedbackLog(made), DynamoClaims(made), DynamoRecords(made)


def home(folder: Path, closing: ExitStack) -> Parts:
    def clock() -> datetime:
        return NOON

    return (
        closing.enter_context(SqliteFeedbackLog(folder, clock=clock)),
        closing.enter_context(SqliteClaims(folder, clock=NOON.timestamp)),
        closing.enter_context(SqliteRecords(folder, clock=NOON.timestamp)),
    )


def items() -> list[dict[str, Any]]:
    """Of a table in which everything was written."""
    with account() as url:
        create_table(url, "release")
        write(*table(url, "release"))
        found = boto3.client("dynamodb", endpoint_url=url).scan(TableName="release")["Items"]
    return sorted((_plain(item) for item in found), key=lambda item: (item["pk"]["S"], item["sk"]["S"]))


def scripts() -> dict[str, str]:
    """The files of a home in which everything was written, as SQL."""
    found = {}
    with TemporaryDirectory() as folder:
        with ExitStack() as stack:
            write(*home(Path(folder), stack))
        for path in sorted(Path(folder).glob("*.sqlite")):
            with closing(sqlite3.connect(path)) as db:
                (number,) = db.execute("PRAGMA user_version").fetchone()
                found[path.name] = "\n".join([*db.iterdump(), f"PRAGMA user_version = {number};"])
    return found


def _plain(item: Any) -> dict[str, Any]:
    """Bytes as JSON can hold them."""
    return {
        name: {kind: b64encode(value).decode() if kind == "B" else value for kind, value in given.items()}
        for name, given in item.items()
    }


def main() -> None:
    folder = EVENTS / version("supportbot")
    folder.mkdir(exist_ok=True)
    recorded: dict[str, object] = {
        MESSAGES: {kind: written(job) for kind, job in jobs().items()},
        TEXTS: {name: b64encode(value).decode() for name, value in texts().items()},
        TABLE: items(),
        HOME: scripts(),
    }
    for name, value in recorded.items():
        (folder / name).write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", "utf-8")
    print(f"{folder}: {', '.join(recorded)}")


if __name__ == "__main__":
    main()
