"""What every side does around its own work. Standard library only: LangChain's side has nothing else of ours.

A side reads its settings from the first line of its standard input, then a list of questions from each further one, and
prints for each list what these took.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Told = Callable[[], None]  # called once the first sentence is released
Ask = Callable[[str, Told], None]


def serve(made: Callable[[dict[str, Any]], Ask]) -> None:
    ask = made(json.loads(sys.stdin.readline()))
    print("{}", flush=True)
    for line in sys.stdin:
        print(json.dumps(_measured(ask, json.loads(line))), flush=True)


def _measured(ask: Ask, questions: list[str]) -> dict[str, Any]:
    """CPU of the process and wall of each question in seconds; when each first sentence came; megabytes."""
    cpu, wall, first = [], [], []
    for question in questions:
        told: list[float] = []
        spent, started = time.process_time(), time.monotonic()
        ask(question, lambda: told.append(time.monotonic()))  # noqa: B023
        cpu.append(time.process_time() - spent)
        wall.append(time.monotonic() - started)
        first.append(told[0])
    return {"cpu": cpu, "wall": wall, "first": first, "resident": resident("VmRSS"), "peak": resident("VmHWM")}


def resident(which: str) -> float:
    """Megabytes now (VmRSS) or at most so far (VmHWM); what getrusage says may be the parent's."""
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.partition(f"{which}:")[2].split(maxsplit=1)[0]) / 1024
