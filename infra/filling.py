"""Put into a folder what the functions run: the locked dependencies for the target, and our own code.

Nothing is built here: a distribution without a wheel for the target is refused, so no compiler or container is needed.
"""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from infra.target import PackagingError, Target

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "requirements-lambda.lock"
PACKAGES = ("bot", "integrations", "rag_core")
# The command, the playground and the embedded index are for one machine; their libraries are in left-out.txt.
LEFT_OUT = frozenset(
    {
        *("bot/cli.py", "bot/commands", "bot/archiving.py", "bot/keeping.py", "bot/stages.py", "bot/local"),
        *("bot/doctoring.py", "bot/aws_doctoring.py", "bot/cost_doctoring.py", "bot/ingest_doctoring.py"),
        *("bot/slack_doctoring.py", "bot/source_doctoring.py", "bot/zendesk_doctoring.py"),
        *("rag_core/backends/embedded", "rag_core/backends/fastembed.py"),
    }
)


def install(lock: Path, target: Target, folder: Path, *options: str) -> None:
    """The distributions of a lock file, for another machine than this."""
    command = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--no-config", "--python", sys.executable]
    command += ["--target", str(folder), "--python-platform", target.platform, "--python-version", target.python]
    command += ["--only-binary", ":all:", "--link-mode", "copy", "--requirements", str(lock), *options]
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603
    if done.returncode != 0:
        raise PackagingError(f"uv could not install {lock.name} for {target.platform}:\n{done.stderr.strip()}")


def copy(folder: Path) -> None:
    """Our own code, and as much of a distribution around it as tells its version."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=_ignored)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    info = folder / f"{project['name']}-{project['version']}.dist-info"
    info.mkdir()
    metadata = f"Metadata-Version: 2.4\nName: {project['name']}\nVersion: {project['version']}\n"
    (info / "METADATA").write_text(metadata + f"License-Expression: {project['license']}\n", "utf-8")
    shutil.copy(ROOT / "LICENSE", info)


def _ignored(folder: str, names: list[str]) -> set[str]:
    at = Path(folder).relative_to(ROOT)
    return {name for name in names if name.startswith((".", "__pycache__")) or (at / name).as_posix() in LEFT_OUT}
