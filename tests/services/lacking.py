"""What this machine lacks.

A test that needs it is skipped, and one line at the end of the run names it all. In CI nothing is skipped: it fails.
"""

import os
import shutil
from typing import NoReturn

import pytest

LACKING: dict[str, None] = {}


def lacking(what: str) -> NoReturn:
    """`what` says what is missing and how to get it."""
    if os.environ.get("CI"):
        pytest.fail(f"needs {what}", pytrace=False)
    LACKING[what] = None
    pytest.skip(f"needs {what}")


def program(name: str, package: str) -> str:
    """A program of the machine, which Debian has in `package`."""
    found = shutil.which(name)
    if found is None:
        lacking(f"{name} (apt-get install {package})")
    return found
