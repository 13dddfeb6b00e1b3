"""The stub in a process of its own; what it costs is not counted to what is measured."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Self

_ROOT = Path(__file__).resolve().parents[3]


class OpenSearchProcess:
    """Every request is answered after `delay` seconds."""

    def __init__(self, folder: Path, delay: float = 0.0) -> None:
        self._command = [sys.executable, "-m", "tests.fakes.opensearch", str(folder), str(delay)]
        self._process: subprocess.Popen[str] | None = None
        self.url = ""

    def __enter__(self) -> Self:
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(self._command, cwd=_ROOT, stdin=pipe, stdout=pipe, text=True)
        self.url = json.loads(self._read())["url"]
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.communicate(timeout=10)  # closes its standard input, which ends it

    def wait(self, delay: float) -> None:
        """From now on."""
        self._order(delay)

    def do(self, what: str) -> None:
        """From now on, to every request: throttle, reset or answer it."""
        self._order(what)

    def _order(self, line: object) -> None:
        if self._process is not None and self._process.stdin is not None:
            print(line, file=self._process.stdin, flush=True)
            self._read()

    def _read(self) -> str:
        line = self._process.stdout.readline() if self._process and self._process.stdout else ""
        if not line:
            raise RuntimeError(f"the stub did not start: {' '.join(self._command)}")
        return line
