"""Build the one zip that every function runs from: `make package`, or `python -m infra.packaging`.

Reproducible: locked distributions, sorted entries of one date, bytecode that names no folder of the builder's. So a
hash tells whether anything has changed, and a deployment of the same code changes no function.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from infra.filling import LOCK, ROOT, copy, install
from infra.target import LAMBDA, LOCAL, PackagingError, Target
from infra.trimming import trim

TASK = "/var/task"  # where Lambda unpacks it
ZIPPED, UNZIPPED = 40, 120  # MB at most
MB = 1_000_000
FIRST_DATE = (1980, 1, 1, 0, 0, 0)  # that a zip can tell
READABLE = 0o100644 << 16


@dataclass(frozen=True, slots=True)
class Package:
    """A zip that was built."""

    file: Path
    sha256: str
    zipped: int  # bytes
    unzipped: int

    def __str__(self) -> str:
        sizes = f"{self.zipped / MB:.1f} MB, unpacked {self.unzipped / MB:.1f} MB"
        return f"{self.file}: {sizes}\nsha256 {self.sha256}"


def build(target: Target, file: Path, *, bytecode: bool = True) -> Package:
    """Raises PackagingError."""
    python = target.interpreter() if bytecode else ""
    with tempfile.TemporaryDirectory(prefix="supportbot-package-") as name:
        folder = Path(name)
        install(LOCK, target, folder, "--no-deps", "--require-hashes")
        copy(folder)
        trim(folder)
        if bytecode:
            compile_all(folder, python)
        return pack(folder, file)


def compile_all(folder: Path, python: str) -> None:
    """Bytecode that Lambda takes as it is: it neither reads the source nor asks when that was changed."""
    command = [python, "-I", "-m", "compileall", "-q", "-j", "0", "--invalidation-mode", "unchecked-hash"]
    command += ["-s", str(folder), "-p", TASK, str(folder)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603
    if done.returncode != 0:
        raise PackagingError(f"{python} could not compile the package:\n{done.stdout}{done.stderr}".rstrip())


def pack(folder: Path, file: Path) -> Package:
    """The same files give the same bytes, whatever their dates, owners and order on the disk."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    unzipped = 0
    with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), FIRST_DATE)
            entry.external_attr, entry.create_system, entry.compress_type = READABLE, 3, zipfile.ZIP_DEFLATED
            content = path.read_bytes()
            unzipped += len(content)
            archive.writestr(entry, content)
    draft.replace(file)
    packed = file.read_bytes()
    return Package(file, sha256(packed).hexdigest(), len(packed), unzipped)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m infra.packaging", description="Build the package of the functions."
    )
    parser.add_argument(
        "--local", action="store_true", help=f"for this machine and Python {LOCAL.python}, not for Lambda"
    )
    parser.add_argument("--without-bytecode", action="store_true", help="where the target's Python is not to be had")
    parser.add_argument("--output", type=Path, help="by default build/lambda-<architecture>.zip")
    given = parser.parse_args(arguments)
    target = LOCAL if given.local else LAMBDA
    file = given.output or ROOT / "build" / f"lambda-{target.name}.zip"
    try:
        package = build(target, file, bytecode=not given.without_bytecode)
    except PackagingError as error:
        print(f"package: {error}", file=sys.stderr)
        return 1
    print(package)
    if package.zipped > ZIPPED * MB or package.unzipped > UNZIPPED * MB:
        print(f"package: larger than {ZIPPED} MB, or {UNZIPPED} MB unpacked: see infra/left-out.txt", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
