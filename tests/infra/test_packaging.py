import ast
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.filling import LEFT_OUT, LOCK, PACKAGES, ROOT, install
from infra.packaging import MB, UNZIPPED, ZIPPED, Package, build
from infra.target import LAMBDA, LOCAL, PackagingError, Target
from infra.trimming import SERVICES
from tests.benchmarks.material import DEMO
from tests.bot.api.asking import REFUND
from tests.bot.handlers.starting import QUERY, account, ask, call, environment
from tests.fakes.aws_wire import create_table
from tests.fakes.bedrock.process import BedrockProcess
from tests.fakes.opensearch.process import OpenSearchProcess
from tests.infra.unpacking import Unpacked
from tests.services.lambda_runtime import lambda_function

UNCHECKED = 0b01  # the flags in a .pyc: hash-based, and not compared with the source
AARCH64 = 0xB7  # in an ELF header
ELSEWHERE = {"bot.app": {"rag_core.backends.embedded"}, "bot.embedding": {"rag_core.backends.fastembed"}}


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Package:
    return build(LOCAL, tmp_path_factory.mktemp("package") / "lambda.zip")


@pytest.fixture(scope="session")
def unpacked(package: Package, tmp_path_factory: pytest.TempPathFactory) -> Unpacked:
    root = tmp_path_factory.mktemp("task")
    zipfile.ZipFile(package.file).extractall(root)
    return Unpacked(root, LOCAL)


def test_a_build_elsewhere_gives_the_same_bytes(package: Package, tmp_path: Path) -> None:
    tree = tmp_path / "elsewhere"
    for name in (*PACKAGES, "infra"):
        shutil.copytree(
            ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"), copy_function=shutil.copy
        )
    for name in (LOCK.name, "LICENSE", "pyproject.toml"):
        shutil.copy(ROOT / name, tree)
    command = [sys.executable, "-m", "infra.packaging", "--local", "--output", str(tmp_path / "other.zip")]
    said = subprocess.run(command, cwd=tree, check=True, capture_output=True, text=True).stdout
    assert checksums(tmp_path / "other.zip") == checksums(package.file)
    assert f"sha256 {package.sha256}" in said


def checksums(file: Path) -> dict[str, int]:
    return {entry.filename: entry.CRC for entry in zipfile.ZipFile(file).infolist()}


def test_it_is_small(package: Package) -> None:
    assert package.zipped == package.file.stat().st_size <= ZIPPED * MB
    assert package.unzipped <= UNZIPPED * MB


def test_nothing_is_in_it_that_no_function_needs(unpacked: Unpacked) -> None:
    held = {path.name for path in unpacked.root.iterdir()}
    assert {"bot", "boto3", "integrations", "msgspec", "opensearchpy", "rag_core", "redis"} <= held
    assert not held & {"grpc", "google", "opensearch", "numpy", "pip", "rich", "setuptools", "tantivy", "tests", "bin"}
    assert not [path for path in unpacked.root.rglob("*") if path.name in {"tests", "RECORD", ".lock"}]
    assert not [name for name in LEFT_OUT if (unpacked.root / name).exists()]


def test_every_module_is_compiled_and_never_compared_with_its_source(unpacked: Unpacked) -> None:
    tag = f"cpython-{LOCAL.python.replace('.', '')}"
    for source in unpacked.root.rglob("*.py"):
        compiled = source.parent / "__pycache__" / f"{source.stem}.{tag}.pyc"
        assert compiled.read_bytes()[4] == UNCHECKED
    app = (unpacked.root / "bot" / "__pycache__" / f"app.{tag}.pyc").read_bytes()
    assert b"/var/task/bot/app.py" in app
    assert b"supportbot-package-" not in app


def test_what_our_code_imports_is_in_it(unpacked: Unpacked) -> None:
    """Also where the import waits for its use."""
    lacking = {}
    for package in PACKAGES:
        for file in (unpacked.root / package).rglob("*.py"):
            module = ".".join(file.relative_to(unpacked.root).with_suffix("").parts)
            names = {name for name in imported(file) if not found(unpacked.root, name)}
            excused = {name for name in names for start in ELSEWHERE.get(module, ()) if name.startswith(start)}
            if names - excused:
                lacking[module] = names - excused
    assert not lacking


def imported(file: Path) -> Iterator[str]:
    """Names of modules; not those that only a type checker imports."""
    waiting: list[ast.AST] = [ast.parse(file.read_bytes())]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
        waiting += ast.iter_child_nodes(node)


def found(root: Path, name: str) -> bool:
    if name.partition(".")[0] in sys.stdlib_module_names:
        return True
    path = root.joinpath(*name.split("."))
    return path.is_dir() or path.with_suffix(".py").exists() or any(path.parent.glob(f"{path.name}.*.so"))


def test_what_is_in_it_imports_without_this_machine(unpacked: Unpacked) -> None:
    modules = [
        ".".join(file.relative_to(unpacked.root).with_suffix("").parts)
        for package in PACKAGES
        for file in sorted((unpacked.root / package).rglob("*.py"))
        if "handlers" not in file.parts  # they start when they are imported
    ]
    said = unpacked.run(
        f"import sys, importlib\nfor name in {modules}: importlib.import_module(name.removesuffix('.__init__'))\n"
        "from importlib.metadata import version; print(version('supportbot'), version('boto3'))\n"
        "files = [getattr(each, '__file__', None) or '' for each in sys.modules.values()]\n"
        f"print(*[file for file in files if file and not file.startswith(({str(unpacked.root)!r}, sys.base_prefix))])"
    )
    assert len(said.split()) == 2


def test_every_service_that_is_kept_can_be_called(unpacked: Unpacked) -> None:
    said = unpacked.run(
        "import boto3; made = boto3.session.Session('id', 'key', region_name='eu-central-1')\n"
        f"for name in {sorted(SERVICES)}: made.client(name)\n"
        "print(*made.get_available_services())"
    )
    assert set(said.split()) == SERVICES


def test_the_query_function_starts_from_it_alone(unpacked: Unpacked, aws_url: str, tmp_path: Path) -> None:
    create_table(aws_url, "answers")
    with BedrockProcess() as bedrock, OpenSearchProcess(DEMO / "help-center") as node:
        env = environment(
            tmp_path,
            region="eu-central-1",
            answer_model="global.anthropic.claude-haiku-5-5",
            embedding_model="bedrock:cohere.embed-v4:0",
            bedrock_url=bedrock.endpoint_url,
            opensearch_url=node.url,
            opensearch_kind="domain",
            opensearch_signed="false",
            table="answers",
            aws_url=aws_url,
        )
        env = account(aws_url) | env | dict(unpacked.env)
        with lambda_function(QUERY, env, root=unpacked.root, python=unpacked.python) as function:
            assert call(function, "GET", "/health", caller=None).status == 200
            answer = ask(function, "How do I change my plan?")
            assert (answer.status, answer.json.get("outcome")) == (200, "answered")
            assert ask(function, REFUND).status == 200


def test_for_lambda_every_library_is_of_its_processor(tmp_path: Path) -> None:
    install(LOCK, LAMBDA, tmp_path, "--no-deps", "--require-hashes")
    libraries = list(tmp_path.rglob("*.so"))
    assert len(libraries) > 10
    assert {int.from_bytes(path.read_bytes()[18:20], "little") for path in libraries} == {AARCH64}


def test_without_the_targets_python_it_says_what_to_do() -> None:
    with pytest.raises(PackagingError, match=r"needs a Python 3\.99 on this machine.*--without-bytecode"):
        Target("aarch64", "3.99").interpreter()
