"""An unpacked package and an interpreter that sees nothing else, as Lambda has it."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from infra.filling import ROOT, install
from infra.target import Target
from tests.services.cache import cached

RUNTIME = Path(__file__).with_name("runtime.txt")
LOCK = ROOT / "requirements-test.lock"
CLEAN = ("-S", "-P")  # neither this machine's distributions nor the folder it is started in


@dataclass(frozen=True, slots=True)
class Unpacked:
    """The options and the environment for `lambda_function`."""

    root: Path
    target: Target
    python: tuple[str, ...] = field(init=False)
    env: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "python", (self.target.interpreter(), *CLEAN))
        paths = os.pathsep.join(map(str, (self.root, _runtime(self.target))))
        object.__setattr__(self, "env", {"PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"})

    def run(self, code: str) -> str:
        """What it prints."""
        command, env = (
            [*self.python, "-W", "error", "-c", code],
            {"PATH": os.environ["PATH"], "PYTHONPATH": str(self.root)},
        )
        done = subprocess.run(command, check=False, capture_output=True, text=True, env=env)
        assert done.returncode == 0, done.stderr
        return done.stdout


def _runtime(target: Target) -> Path:
    """Lambda's client for a target, in a folder of the cache."""
    wanted = sha256(RUNTIME.read_bytes() + LOCK.read_bytes()).hexdigest()[:12]
    return cached(
        f"runtime-{target.platform}-{target.python}-{wanted}", lambda folder: install(RUNTIME, target, folder)
    )
