"""Where a package is to run: the machine, the Python, and an interpreter here that makes bytecode for it.

Bytecode belongs to a minor version of Python, not to a processor: any Python 3.13 compiles for Lambda's.
"""

import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

GLIBC = "manylinux_2_28"  # Lambda's Python 3.12 and later run on Amazon Linux 2023, which has 2.34


class PackagingError(Exception):
    """The package cannot be built; says what to do about it."""


@dataclass(frozen=True, slots=True)
class Target:
    """A machine with a Python."""

    machine: str  # as uname has it
    python: str  # major.minor

    @property
    def platform(self) -> str:
        """As uv names it."""
        return f"{self.machine}-{GLIBC}"

    @property
    def name(self) -> str:
        """As Lambda names the architecture."""
        return {"aarch64": "arm64"}.get(self.machine, self.machine)

    def interpreter(self) -> str:
        """Raises PackagingError where this machine has none of that version."""
        for each in _candidates(self.python):
            if _version(each) == self.python:
                return each
        raise PackagingError(
            f"bytecode for Python {self.python} needs a Python {self.python} on this machine: install one (such as "
            f"`pyenv install {self.python}`), or build with --without-bytecode, which several times slows cold starts"
        )


LAMBDA = Target("aarch64", "3.13")
LOCAL = Target(platform.machine(), f"{sys.version_info.major}.{sys.version_info.minor}")


def _candidates(version: str) -> Iterator[str]:
    yield sys.executable
    if found := shutil.which(f"python{version}"):
        yield found
    if shutil.which("pyenv"):  # its shims refuse versions that are not switched on
        found = _said("pyenv", "prefix", version)
        yield str(Path(found, "bin", "python"))


def _version(python: str) -> str:
    return _said(python, "-I", "-c", "import sys; print('%d.%d' % sys.version_info[:2])")


def _said(*command: str) -> str:
    try:
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return ""
