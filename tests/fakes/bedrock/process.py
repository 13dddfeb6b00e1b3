"""The fake in a process of its own, for benchmarks: what it costs is not counted to what is measured.

with BedrockProcess(first_token=0.3, between_tokens=0.02) as fake:
    client = fake.client("bedrock-runtime")
    ...
    fake.state["cpu_seconds"]
"""

import json
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any, Self

from tests.fakes.bedrock import clients

_ROOT = Path(__file__).resolve().parents[3]


class BedrockProcess:
    """Settings are those of `settings.Settings`; a `Spread` is written {"median": 0.3, "p99": 1.2}."""

    def __init__(self, **settings: Any) -> None:
        options = [f"--set={name}={json.dumps(value)}" for name, value in settings.items()]
        self._command = [sys.executable, "-m", "tests.fakes.bedrock", *options]
        self._process: subprocess.Popen[str] | None = None
        self._clients: list[Any] = []
        self.endpoint_url = ""

    def __enter__(self) -> Self:
        pipe = subprocess.PIPE
        self._process = process = subprocess.Popen(self._command, cwd=_ROOT, stdin=pipe, stdout=pipe, text=True)
        line = process.stdout.readline() if process.stdout else ""
        if not line:
            raise RuntimeError(f"the fake did not start: {' '.join(self._command)}")
        self.endpoint_url = json.loads(line)["endpoint_url"]
        return self

    def __exit__(self, *_: object) -> None:
        for client in self._clients:
            client.close()
        if self._process is not None:
            self._process.communicate(timeout=10)  # closes its standard input, which ends it

    def client(self, service: str = "bedrock-runtime", *, region: str = "us-east-1", **more: Any) -> Any:
        made = clients.client(service, self.endpoint_url, region, **more)
        self._clients.append(made)
        return made

    def environment(self, *, region: str = "us-east-1") -> dict[str, str]:
        return clients.environment(self.endpoint_url, region)

    def change(self, **settings: Any) -> None:
        self._order("settings", settings)

    def fail(self, operation: str, *, with_: str, **more: Any) -> None:
        """As `BedrockFake.fail`."""
        self._order("fail", {"operation": operation, "kind": with_, **more})

    def reset(self) -> None:
        self._order("reset", {})

    @property
    def state(self) -> dict[str, Any]:
        """counters, open_streams, peak_streams, and cpu_seconds since its start."""
        return self._order("state", {})

    def _order(self, what: str, orders: dict[str, Any]) -> dict[str, Any]:
        request = urllib.request.Request(f"{self.endpoint_url}/-/{what}", data=json.dumps(orders).encode())  # noqa: S310
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - our own process on 127.0.0.1
            found: dict[str, Any] = json.load(answer)
            return found
