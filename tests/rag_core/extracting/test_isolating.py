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
from tests.services.lambda_runtime import lambda_function
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


WITHOUT_SEMAPHORES = """
import _multiprocessing
def refused(*_):
    raise OSError(38, "Function not implemented")  # as in Lambda, which has no /dev/shm
_multiprocessing.SemLock = refused
from rag_core.extracting.isolating import IsolatedExtractor
with IsolatedExtractor(workers=2) as extractor:
    pages = [extractor.submit(".html", b"<h1>Page %d</h1><p>Words.</p>" % number) for number in range(6)]
    print(*(extractor.result(page).title for page in pages), sep=",")
"""


def test_it_needs_no_semaphores_between_processes() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT_SEMAPHORES], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ",".join(f"Page {number}" for number in range(6))


def test_under_lambdas_own_runtime_files_are_read() -> None:
    with lambda_function("tests.rag_core.extracting.function.handle") as function:
        for _ in range(2):  # also once the function was frozen and goes on
            _, told = function.invoke({"pages": 3})
            assert told == {"titles": ["Page 0", "Page 1", "Page 2"]}


def test_a_child_is_used_again_and_knows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary")
    with IsolatedExtractor(workers=1) as extractor:
        for number in range(4):
            assert extractor.result(extractor.submit(".html", b"<p>Page %d</p>" % number))
        (child,) = children()
        assert b"canary" not in Path(f"/proc/{child}/environ").read_bytes()
    assert children() == []


def children() -> list[str]:
    """Of this process, those that read files."""
    found = Path(f"/proc/{os.getpid()}/task").glob("*/children")
    pids = [pid for each in found for pid in each.read_text().split()]
    return [pid for pid in pids if b"rag_core.extracting.child" in Path(f"/proc/{pid}/cmdline").read_bytes()]
