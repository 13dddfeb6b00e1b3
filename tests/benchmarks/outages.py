"""Ten minutes without a part, for every part and kind of failure: who heard nothing, and how often the part was asked.

Simulated time: `tests/outages`. Usage: python -m tests.benchmarks.outages [questions a minute].
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.outages.running import OUTAGE

ROOT = Path(__file__).resolve().parents[2]
RATE = 6


def measure(rate: int = RATE) -> None:
    """Whatever is not 0 under "silent" is a bug."""
    from tests.outages.weather import KINDS

    well = _run("", "none", rate)
    print(f"{rate} questions a minute, {OUTAGE / 60:.0f} minutes; without an outage {well['requests']}")
    print("| part | how it fails | asked meanwhile | answered | told | silent | requests | times | last answer after |")
    print("|---|---|---|---|---|---|---|---|---|")
    for part, kinds in KINDS.items():
        for kind in kinds:
            ill = _run(part, kind, rate)
            requests, normal = ill["requests"].get(part, 0), well["requests"][part]
            cells = [part, kind, ill["during"], ill["answered"], ill["told"], ill["silent"], f"{requests} of {normal}"]
            cells += [f"{requests / normal:.2f}", f"{max(ill['after'], 0) / 60:.1f} min"]
            print(f"| {' | '.join(map(str, cells))} |", flush=True)


def _run(part: str, kind: str, rate: int) -> dict[str, Any]:
    """In a process of its own, as its clocks are."""
    command = [sys.executable, "-m", "tests.outages.running", part, kind, str(rate)]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, check=True
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


if __name__ == "__main__":
    measure(*map(int, sys.argv[1:]))
