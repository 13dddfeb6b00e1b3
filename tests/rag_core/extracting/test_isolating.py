"""Files that explode end in their own child, within its limits."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rag_core.domain import Audience
from rag_core.errors import RejectedError
from rag_core.extracting.isolating import IsolatedExtractor
from tests.making import app, write
from tests.shared import shared

MEGABYTES = 512


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    script = shared("data", "hostile", "hostile-docs", "make.py")
    subprocess.run([sys.executable, script, folder], check=True, capture_output=True)
    return write(folder, neighbour="---\ntitle: Neighbour\n---\nRefunds take thirty days.")


# A child begins with the peak of whoever forks it, which would be that of all tests before: a small process does.
PEAK = """
import resource, subprocess, sys
ended = subprocess.run(sys.argv[1:]).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(ended)
"""


@pytest.fixture(scope="module")
def home(hostile: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ingested as a user does; no process of it, child or parent, may have grown beyond the limit."""
    home = tmp_path_factory.mktemp("home")
    command = [sys.executable, "-m", "bot.cli", "ingest", str(hostile), "--home", str(home), "--json"]
    environment = os.environ | {"SUPPORTBOT_EMBEDDING_MODEL": "none"}
    done = subprocess.run(
        [sys.executable, "-c", PEAK, *command], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 1
    report, peak = done.stdout.splitlines()
    run = json.loads(report)
    assert run["written"] + run["failed"] + len(run["skipped"]) == len(list(hostile.iterdir()))
    assert all(failure["reason"] for failure in run["failures"])
    assert int(peak) < MEGABYTES * 1024
    return home


def test_the_neighbours_of_hostile_files_are_unaffected(home: Path) -> None:
    found = app(home).index.search("refunds thirty days", None, audience=Audience.PUBLIC, limit=3).passages
    assert "neighbour" in [passage.chunk.document.id for passage in found]


def test_text_that_no_reader_sees_is_not_knowledge(home: Path) -> None:
    found = app(home).index.search("attacker CANARY channel", None, audience=Audience.INTERNAL, limit=10).passages
    assert not any("attacker" in passage.chunk.text for passage in found)


def test_a_child_that_takes_too_long_is_ended_and_the_next_file_is_read() -> None:
    html = b"<p>" + b"<b>" * 200_000
    with IsolatedExtractor(workers=1, seconds=0.01) as extractor, pytest.raises(RejectedError, match="longer than"):
        extractor.result(extractor.submit(".html", html))
    with IsolatedExtractor(workers=1) as extractor:
        assert extractor.result(extractor.submit(".html", b"<h1>Fine</h1><p>Words.</p>")).title == "Fine"


def test_a_child_that_takes_too_much_memory_is_refused() -> None:
    with (
        IsolatedExtractor(workers=1, seconds=300, megabytes=220) as extractor,
        pytest.raises(RejectedError, match=r"MB|broke"),
    ):
        extractor.result(extractor.submit(".html", b"<table>" + b"<tr><td>x</td></tr>" * 150_000))
