"""Whether a process of this machine still lives, told by its name.

A process that was killed says nothing: on its own machine nobody need wait to find out.
"""

import os
from pathlib import Path
from platform import node

BOOT, NAMESPACE = Path("/proc/sys/kernel/random/boot_id"), Path("/proc/self/ns/pid")


def here() -> str:
    """The name of this process; no other, on any machine, has it while this one lives."""
    return f"{_machine()}/{os.getpid()}"


def gone(process: str) -> bool:
    """True only where that is certain: of another machine's, or another container's, nothing is known."""
    machine, _, number = process.rpartition("/")
    if not machine or machine != _machine():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except PermissionError:  # it lives, and is somebody else's
        return False
    return False


def _machine() -> str:
    """Where process numbers mean the same: a container has its own, and a Lambda's host name is everybody's."""
    try:
        return f"{BOOT.read_text('ascii').strip()}/{NAMESPACE.readlink()}"
    except OSError:  # no Linux
        return node()
