"""Where the material stands that is measured with but not part of the project."""

import os
from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"
DEMO = Path(__file__).resolve().parents[1] / "demo"


def shared(*parts: str) -> Path:
    """A path below ../shared; skips the test where it is not there, which in CI is a failure."""
    path = SHARED.joinpath(*parts)
    if not path.exists():
        reason = f"needs {path.relative_to(SHARED.parent)} beside the project"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return path
