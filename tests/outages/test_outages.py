"""Whatever fails for minutes, whoever asks is answered late or told, and what fails is asked no more than in health.

Two parts of those that `make bench ARGS=outages` has, each in a process of its own.
"""

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.services.lacking import program

ROOT = Path(__file__).resolve().parents[2]
RATE, OUTAGE = 6, 600  # questions a minute; seconds, longer than a question is tried
MORE = 1.1  # times as many requests as in health, at most


@cache
def toll(part: str, kind: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.outages.running", part, kind, str(RATE), str(OUTAGE)]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True)  # noqa: PLW1510
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize(("part", "kind"), [("Slack", "503"), ("embeddings", "429")])
def test_nobody_is_left_in_silence_and_what_fails_is_not_asked_more(part: str, kind: str) -> None:
    program("redis-server", "redis-server")
    well, ill = toll("", "none"), toll(part, kind)
    assert (well["answered"], well["environments"] > 0) == (well["asked"], True)
    assert ill["silent"] == 0
    assert ill["answered"] + ill["told"] == ill["asked"]
    assert ill["requests"][part] <= MORE * well["requests"][part]


def test_a_channel_that_was_away_gets_every_answer_once_it_is_back() -> None:
    program("redis-server", "redis-server")
    assert toll("Slack", "503")["answered"] == toll("Slack", "503")["asked"]
