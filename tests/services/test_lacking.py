"""A machine without the programs: pytest run for real, with an empty PATH."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.services.lambda_runtime import ROOT

NEEDY = """
def test_redis(redis_server): pass
def test_cluster(redis_cluster): pass
def test_node(index_prefix): pass
def test_nothing(): pass
"""


@pytest.fixture
def needy(tmp_path: Path) -> Path:
    (tmp_path / "test_needy.py").write_text(NEEDY)
    (tmp_path / "empty").mkdir()
    return tmp_path


def run(folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("CI", "OPENSEARCH_URL")}
    env = kept | {"PATH": str(folder / "empty"), "XDG_CACHE_HOME": str(folder), "PYTHONPATH": str(ROOT)} | more
    plugins = ["-p", "tests.services.plugin", "-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "pytest", *plugins, "--rootdir", str(folder), str(folder)]
    return subprocess.run(command, check=False, capture_output=True, text=True, env=env, cwd=folder, timeout=120)


def test_what_is_lacking_is_named_in_one_line_and_skipped(needy: Path) -> None:
    done = run(needy)
    assert done.returncode == 0
    assert "1 passed, 3 skipped" in done.stdout
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("skipped what needs")]
    for named in ("redis-server (apt-get install redis-server)", "mvn (apt-get install maven)", "openssl"):
        assert named in line


def test_in_ci_nothing_is_skipped(needy: Path) -> None:
    done = run(needy, CI="true")
    assert done.returncode == 1
    assert "1 passed, 3 errors" in done.stdout
    assert "needs mvn (apt-get install maven)" in done.stdout


def test_a_broken_service_is_an_error_not_a_skip(needy: Path) -> None:
    broken = needy / "empty" / "redis-server"
    broken.write_text("#!/bin/sh\necho out of memory\nexit 1\n")
    broken.chmod(0o755)
    done = run(needy)
    assert done.returncode == 1
    assert "out of memory" in done.stdout
