"""`supportbot serve` and `supportbot demo`, as a person starts them."""

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx

from tests.shared import DEMO

ENVIRONMENT = {**os.environ, "SUPPORTBOT_EMBEDDING_MODEL": "none"}
COMMAND = [sys.executable, "-m", "bot.cli"]


def started(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*COMMAND, *arguments], env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def run(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments], env=ENVIRONMENT, capture_output=True, text=True, timeout=120, cwd=cwd, check=False
    )


def test_it_says_where_it_is_and_ends_quietly(tmp_path: Path) -> None:
    with started("serve", "--home", str(tmp_path), "--port", "0") as process:
        assert process.stdout
        line = process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+/", line)
        assert found, line
        assert "Nothing is ingested yet" in httpx.get(found[0]).text
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out.strip(), err.count("\n")) == (0, "", 1)
    assert err.startswith("nothing is ingested")


def test_it_is_reached_from_this_machine_only(tmp_path: Path) -> None:
    with started("serve", "--home", str(tmp_path), "--port", "0") as process:
        assert process.stdout
        port = int(re.findall(r":(\d+)/", process.stdout.readline())[0])
        listening = Path("/proc/net/tcp").read_text() + Path("/proc/net/tcp6").read_text()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
    assert re.findall(rf" (\w+):{port:04X} 0+:0000 0A ", listening) == ["0100007F"]


def test_a_taken_port_is_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = run("serve", "--home", str(tmp_path), "--port", str(port))
    assert ended.returncode == 2
    assert ended.stderr.count("\n") == 1
    assert f"port {port} cannot be opened" in ended.stderr
    assert "--port 0" in ended.stderr


def test_the_demo_answers_with_sources(tmp_path: Path) -> None:
    ended = run("demo", "--check", "--home", str(tmp_path / "demo"), cwd=tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert re.match(r"\d+ written, 0 unchanged, 0 removed, 0 failed", ended.stdout)
    assert ended.stdout.count("  [1] ") == 3
    assert len(list(DEMO.rglob("*.md"))) > 50
