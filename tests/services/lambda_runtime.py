"""A function as Lambda runs it: the real Runtime Interface Emulator and runtime client, without a container.

A context manager starts the function; its first invocation is a cold start, the next ones are warm.
"""

import json
import platform
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx

from tests.services.cache import cached
from tests.services.lacking import lacking
from tests.services.ports import free_port
from tests.services.processes import FailedToStartError, Process, environment, listens

WHEEL = Path(__file__).with_suffix(".txt")
BINARIES = {"x86_64": "aws-lambda-rie-x86_64", "aarch64": "aws-lambda-rie-arm64"}
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Function:
    process: Process
    url: str

    def invoke(self, event: object, timeout: float = 60) -> tuple[int, Any]:
        """The status and what the handler gave; an error of the handler's is a body with `errorMessage`."""
        answer = httpx.post(self.url, json=event, timeout=timeout, trust_env=False)
        try:
            return answer.status_code, answer.json()
        except json.JSONDecodeError:
            return answer.status_code, answer.text

    @property
    def log(self) -> str:
        """What the function printed and logged, among the emulator's own lines."""
        return self.process.said()


@contextmanager
def lambda_function(
    handler: str,
    env: Mapping[str, str] | None = None,
    *,
    timeout: int = 30,
    memory: int = 512,
    root: Path = ROOT,
    python: Sequence[str] = (sys.executable,),
) -> Iterator[Function]:
    """`handler` is `package.module.function` below `root`, the folder that a deployment would unpack.

    `python` is another interpreter, with its options; the runtime client must be on its path.
    """
    home = Path(tempfile.mkdtemp(prefix="supportbot-lambda-"))
    process, port = _started(
        [*python, "-m", "awslambdaric", handler], _environment(timeout, memory, root) | dict(env or {}), home
    )
    try:
        yield Function(process, f"http://127.0.0.1:{port}/2015-03-31/functions/function/invocations")
    finally:
        process.stop()
        shutil.rmtree(home, ignore_errors=True)


def _started(runtime: Sequence[str], env: Mapping[str, str], home: Path) -> tuple[Process, int]:
    port = free_port()
    addresses = {"--runtime-interface-emulator-address": port, "--runtime-api-address": free_port()}
    options = [part for name, own in addresses.items() for part in (name, f"127.0.0.1:{own}")]
    process = Process([str(_emulator()), *options, *runtime], home / "lambda.log", env)
    process.until(lambda: listens(port), seconds=20)
    return process, port


def _environment(timeout: int, memory: int, root: Path) -> dict[str, str]:
    return environment(
        AWS_LAMBDA_FUNCTION_NAME="function",
        AWS_LAMBDA_FUNCTION_TIMEOUT=str(timeout),
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE=str(memory),
        LAMBDA_TASK_ROOT=str(root),
        PYTHONPATH=str(root),
    )


def _emulator() -> Path:
    if sys.platform != "linux" or platform.machine() not in BINARIES:
        lacking("Linux (Lambda's Runtime Interface Emulator runs nowhere else)")
    folder = cached(f"lambda-{sha256(WHEEL.read_bytes()).hexdigest()[:12]}", _fetch)
    return folder / BINARIES[platform.machine()]


def _fetch(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as wheels:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
        done = subprocess.run([*command, "-r", WHEEL, "-d", wheels], check=False, capture_output=True, text=True)
        if done.returncode != 0:
            raise FailedToStartError(f"pip could not fetch the Lambda emulator:\n{done.stderr}")
        (wheel,) = Path(wheels).glob("*.whl")
        for binary in BINARIES.values():
            (folder / binary).write_bytes(zipfile.ZipFile(wheel).read(f"samcli/local/rapid/{binary}"))
            (folder / binary).chmod(0o755)
