"""What is measured with: `../shared`, whole processes, and a table on the terminal."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

SHARED = Path(__file__).resolve().parents[3] / "shared"
DEMO = Path(__file__).resolve().parents[2] / "demo"
MODEL = SHARED / "models" / "all-MiniLM-L6-v2-int8"
DOCS = SHARED / "data" / "quality" / "sendgrid-docs" / "content" / "docs"


@dataclass(frozen=True, slots=True)
class Finished:
    """A whole process, as the one who waits for it sees it."""

    output: str
    seconds: float
    megabytes: float  # largest resident size of it or of a child it waited for


def supportbot(*arguments: object, home: Path, model: Path | str = "none") -> Finished:
    """Run the command to its end; raises CalledProcessError when it ends with 2."""
    command = [sys.executable, "-m", "bot.cli", *map(str, arguments), "--home", str(home)]
    environment = os.environ | {"SUPPORTBOT_EMBEDDING_MODEL": str(model)}
    started = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment) as process:
        assert process.stdout is not None
        output = process.stdout.read().decode()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - started
    if process.returncode not in (0, 1):
        raise subprocess.CalledProcessError(process.returncode, command, output)
    return Finished(output, seconds, usage.ru_maxrss / 1024)


def missing(*paths: Path) -> bool:
    """Says what is not there, for a benchmark to end with."""
    absent = [path for path in paths if not path.exists()]
    for path in absent:
        print(f"skipped: {path.name} is not in ../shared")
    return bool(absent)
