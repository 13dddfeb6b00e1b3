"""Whoever asks while Slack is away for ten minutes is answered once it is back: in simulated time, a process apart.

`make bench ARGS=outages` has every part and kind, and counts what is asked of them.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.services.lacking import program

ROOT = Path(__file__).resolve().parents[2]
RATE = 2  # questions a minute
OUTAGE = 600  # seconds: longer than a question is tried


def test_no_question_is_lost_with_its_channel() -> None:
    program("redis-server", "redis-server")
    command = [sys.executable, "-m", "tests.outages.running", "Slack", "503", str(RATE), str(OUTAGE)]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    toll = json.loads(done.stdout.splitlines()[-1])
    assert (toll["asked"], toll["answered"], toll["silent"], toll["aside"]) == (34, 34, 0, 0)
    assert 0 < toll["after"] < 900
