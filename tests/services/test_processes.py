import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.services.processes import FailedToStartError, Process, listens

STARTS_ONE = """
import pathlib, sys, time
from tests.services.processes import Process
process = Process(["/bin/sh", "-c", "echo up; exec sleep 600"], pathlib.Path(sys.argv[1]))
process.until(lambda: "up" in process.said(), seconds=60)
if sys.argv[2] == "pause":
    process.pause()
print(process.pid, flush=True)
time.sleep(600)
"""


def group_lives(group: int) -> bool:
    listed = subprocess.run(["ps", "-eo", "pgid=,stat="], capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in listed.splitlines()]
    return any(int(pgid) == group and not state.startswith("Z") for pgid, state in rows)


@pytest.mark.parametrize("state", ["run", "pause"])
def test_nothing_outlives_a_killed_session(tmp_path: Path, state: str) -> None:
    command = [sys.executable, "-c", STARTS_ONE, str(tmp_path / "log"), state]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as session:
        assert session.stdout is not None
        pid = int(session.stdout.readline())
        assert group_lives(pid)
        os.kill(session.pid, signal.SIGKILL)
    limit = time.monotonic() + 10
    while group_lives(pid) and time.monotonic() < limit:
        time.sleep(0.02)
    assert not group_lives(pid)


def test_stopping_takes_the_whole_group(tmp_path: Path) -> None:
    process = Process(["/bin/sh", "-c", "sleep 600 & trap '' TERM; while :; do sleep 600; done"], tmp_path / "log")
    process.stop(seconds=0.2)
    limit = time.monotonic() + 10
    while group_lives(process.pid) and time.monotonic() < limit:
        time.sleep(0.02)
    assert not group_lives(process.pid)


@pytest.mark.parametrize(
    ("script", "why"), [("echo no memory; exit 3", "ended with 3"), ("echo no memory; sleep 60", "not ready")]
)
def test_a_service_that_does_not_come_up_shows_its_log(tmp_path: Path, script: str, why: str) -> None:
    process = Process(["/bin/sh", "-c", script], tmp_path / "log")
    with pytest.raises(FailedToStartError, match=f"(?s){why}.*no memory"):
        process.until(lambda: listens(1), seconds=0.5)
    assert not process.runs
