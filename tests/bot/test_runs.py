"""What the command line tells of ingestions: the last run, the ones before, and one under way."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.commands import options
from rag_core.domain import PersonId, SourceName
from rag_core.errors import MisconfiguredError
from rag_core.runs import RunState
from tests.bot.test_cli import Command
from tests.making import app, write


@pytest.fixture
def supportbot(tmp_path: Path) -> Command:
    return Command(tmp_path / "home")


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    return write(tmp_path / "docs", refunds="Refunds take thirty days.", spf="SPF is a TXT record.")


@contextmanager
def under_way(home: Path, docs: Path) -> Iterator["subprocess.Popen[str]"]:
    """An ingestion of many documents, by a process of its own, from when it is on record."""
    write(docs, **{f"page{number}": f"# Page {number}\n\n" + "Words and more words. " * 300 for number in range(1500)})
    environment = os.environ | {"SUPPORTBOT_HOME": str(home), "SUPPORTBOT_EMBEDDING_MODEL": "none"}
    command = [sys.executable, "-m", "bot.cli", "ingest", str(docs)]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        ends = time.monotonic() + 20
        while not (runs := app(home).runs.latest()) or runs[0].state is not RunState.RUNNING:
            assert time.monotonic() < ends
            time.sleep(0.02)
        yield process


def test_status_shows_the_last_run_of_each_source(supportbot: Command, docs: Path) -> None:
    supportbot("ingest", docs)
    (docs / "broken.pdf").write_bytes(b"no PDF")
    supportbot("ingest", docs, "--full", code=1)
    told = supportbot("status").stdout
    assert f"by {options.person()} in " in told
    assert ": 2 written, 0 unchanged, 0 removed, 1 failed" in told
    assert told.count("written") == 1
    assert supportbot("status", "--history").stdout.count("written") == 2
    (run,) = json.loads(supportbot("status", "--json").stdout)["runs"]
    assert (run["state"], run["by"], run["full"], run["failed"]) == ("done", options.person(), True, 1)
    (failure,) = run["failures"]
    assert failure["document"] == "broken.pdf"
    assert "it is not a PDF" in failure["reason"]
    assert run["started"] < run["ended"]


def test_status_names_what_failed_the_first_and_how_many_more(supportbot: Command, docs: Path) -> None:
    supportbot("ingest", docs)
    (docs / "broken.pdf").write_bytes(b"no PDF")
    supportbot("ingest", docs, code=1)
    told = supportbot("status").stdout
    assert re.search(r"failed: broken\.pdf: .*it is not a PDF", told)
    assert "more" not in told
    for number in range(12):
        (docs / f"worse{number:02}.pdf").write_bytes(b"no PDF")
    supportbot("ingest", docs, code=1)
    told = supportbot("status").stdout
    assert re.findall(r"failed: (\S+)\.pdf: ", told) == ["broken", *(f"worse{number:02}" for number in range(9))]
    assert "and 3 more: supportbot status --history --json names the first 100" in told


def test_a_home_whose_first_ingestion_failed_says_so(supportbot: Command, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    supportbot("ingest", tmp_path / "empty", code=2)
    told = supportbot("status").stdout
    assert f"0 documents from {tmp_path / 'empty'}" in told
    assert "failed" in told
    assert "nothing was changed" in told


def test_what_was_forgotten_is_not_listed(supportbot: Command, docs: Path) -> None:
    supportbot("ingest", docs)
    supportbot("forget", docs)
    assert str(docs) not in supportbot("status").stdout


def test_a_report_counts_those_that_ended_in_its_period(tmp_path: Path, docs: Path) -> None:
    built, today = app(tmp_path / "home"), datetime.now(UTC).date()
    for _ in range(2):
        built.ingest(docs)
    (tmp_path / "empty").mkdir()
    with pytest.raises(MisconfiguredError):
        built.ingest(tmp_path / "empty")
    assert dict(built.report(today).ingestions) == {
        str(docs): {RunState.DONE: 2},
        str(tmp_path / "empty"): {RunState.FAILED: 1},
    }
    assert built.report(today + timedelta(days=1)).ingestions == ()
    assert built.report(today, closely=False).ingestions == ()  # as App Home asks, which shows none


def test_looking_makes_no_home(supportbot: Command) -> None:
    supportbot("status", code=2)
    assert not supportbot.home.exists()


def test_a_second_ingestion_is_told_who_began_the_first_and_ctrl_c_cancels(supportbot: Command, docs: Path) -> None:
    with under_way(supportbot.home, docs) as process:
        refused = supportbot("ingest", docs, code=2).stderr
        assert f"is being ingested already: {options.person()} started it on 20" in refused
        assert "running since" in supportbot("status").stdout
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "nothing half-done is visible" in told
    shown = supportbot("status").stdout
    assert f"(cancelled by {options.person()})" in shown
    assert f"0 documents from {docs}" in shown


def test_one_that_somebody_else_cancels_says_who(supportbot: Command, docs: Path) -> None:
    with under_way(supportbot.home, docs) as process:
        app(supportbot.home).runs.cancel(SourceName(str(docs)), PersonId("bob"))
        _, told = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "bob cancelled it: nothing was changed" in told
    assert "Traceback" not in told


def test_a_killed_one_is_told_and_holds_up_nobody(supportbot: Command, docs: Path) -> None:
    with under_way(supportbot.home, docs) as process:
        process.kill()
    assert "its process ended without a word" in supportbot("status").stdout
    supportbot("ingest", docs)
    assert "done" in supportbot("status").stdout
