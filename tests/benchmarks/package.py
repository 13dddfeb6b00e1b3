"""The package of the functions and their cold start, beside LangChain's: `make bench ARGS=package`.

Both are unpacked with bytecode and run in Lambda's runtime emulator against the same fakes, which answer at once; each
cold start is a process of its own that sees its package and the runtime's client only. They take turns.
"""

import json
import logging
import os
import re
import shutil
import tempfile
import time
import zipfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from statistics import median, quantiles

from infra.filling import ROOT, install
from infra.packaging import MB, build, compile_all, pack
from infra.target import LAMBDA, LOCAL, PackagingError, Target
from tests.benchmarks.pipeline import REQUIREMENTS, Fakes, fakes
from tests.bot.api.asking import event
from tests.bot.handlers.starting import QUERY, environment
from tests.fakes.aws_wire import create_table
from tests.infra.unpacking import Unpacked
from tests.services import aws, redis
from tests.services.cache import cached
from tests.services.lambda_runtime import lambda_function

ROUNDS = 15
NAIVE = "tests.benchmarks.naive.function.handle"
NAIVE_FILES = (
    "tests/__init__.py",
    *(
        f"tests/benchmarks/{name}.py"
        for name in (
            "__init__",
            "naive/__init__",
            "naive/chain",
            "naive/function",
            "naive/measuring",
        )
    ),
)
INIT = re.compile(r"INIT REPORT\(durationMs: ([\d.]+)\)")
QUESTION = "How do I change my plan, and when is the new price charged?"
KEYS = {"AWS_ACCESS_KEY_ID": "AKIDFAKE", "AWS_SECRET_ACCESS_KEY": "fake-secret", "AWS_SESSION_TOKEN": "fake-token"}


@dataclass
class Side:
    """A function, and what its cold starts took, in milliseconds."""

    handler: str
    unpacked: Unpacked
    env: Mapping[str, str]
    zipped: int
    unzipped: int
    init: list[float] = field(default_factory=list)
    first: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)  # until the first response
    second: list[float] = field(default_factory=list)
    before: Callable[[], None] = lambda: None

    def start(self) -> None:
        """Cold, with a question as the first event; then a second, other one."""
        self.before()
        root, python = self.unpacked.root, self.unpacked.python
        with lambda_function(self.handler, {**self.env, **self.unpacked.env}, root=root, python=python) as function:
            for times, question in ((self.first, QUESTION), (self.second, f"Please: {QUESTION}")):
                started = time.perf_counter()
                status, answer = function.invoke(event("POST", "/query", {"query": question}))
                times.append((time.perf_counter() - started) * 1000)
                if times is self.first:
                    self.cpu.append(_cpu_of_children(function.process.pid))
                if status != 200 or len(json.loads(answer.get("body", "{}")).get("text", "")) < 100:
                    raise RuntimeError(f"{answer}\n{function.log}")
            found = INIT.search(function.log)
        self.init.append(float(found[1]) if found else 0.0)


def measure(rounds: int = ROUNDS) -> None:
    target = _target()
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # moto's, a line a request
    print(f"Python {target.python}, {rounds} cold starts a side in turns; load before: {os.getloadavg()[0]:.2f}")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="supportbot-bench-")))
        made = stack.enter_context(fakes())
        made.wait(0)
        sides = _sides(target, made, folder, stack)
        for each in sides.values():
            each.start()  # the files are then in memory
            each.init, each.first, each.cpu, each.second = [], [], [], []
        for _ in range(rounds):
            for each in sides.values():
                each.start()
    _print(sides)


def _cpu_of_children(pid: int) -> float:
    """Milliseconds that the emulator's runtime has used: they depend less on what else the machine does."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12]) if int(fields[1]) == pid else 0
    return ticks * 1000 / os.sysconf("SC_CLK_TCK")


def _target() -> Target:
    """This processor, with Lambda's Python if this machine has it."""
    target = Target(LOCAL.machine, LAMBDA.python)
    try:
        target.interpreter()
    except PackagingError:
        return LOCAL
    return target


def _sides(target: Target, made: Fakes, folder: Path, stack: ExitStack) -> dict[str, Side]:
    package = build(target, folder / "lambda.zip")
    zipfile.ZipFile(package.file).extractall(folder / "ours")
    ours, sizes = Unpacked(folder / "ours", target), (package.zipped, package.unzipped)
    env = _ours(made, folder)
    sides = {"ours": Side(QUERY, ours, env, *sizes)}
    if shutil.which("redis-server"):
        cache = stack.enter_context(redis.server(folder))
        stores = _stores(stack.enter_context(aws.account()), cache.url)
        sides["ours, with DynamoDB and Redis"] = Side(QUERY, ours, env | stores, *sizes, before=cache.heal)
    naive, *whole = _naive(target)
    env = KEYS | {"AWS_REGION": "us-east-1", "NAIVE": json.dumps(made.settings())}
    sides["LangChain"] = Side(NAIVE, naive, env, whole[0], whole[1])
    return sides


def _ours(made: Fakes, folder: Path) -> dict[str, str]:
    settings = made.settings()
    return KEYS | environment(
        folder,
        region=aws.REGION,
        answer_model=settings["answer_model"],
        embedding_model=f"bedrock:{settings['embedding_model']}",
        embedding_dimensions=str(settings["dimensions"]),
        bedrock_url=settings["bedrock"],
        opensearch_url=settings["opensearch"],
        opensearch_kind="domain",
        opensearch_signed="false",
    )


def _stores(url: str, cache: str) -> dict[str, str]:
    create_table(url, "answers")
    return {"SUPPORTBOT_TABLE": "answers", "SUPPORTBOT_AWS_URL": url, "SUPPORTBOT_REDIS_URL": cache}


def _naive(target: Target) -> tuple[Unpacked, int, int]:
    """LangChain's, built alike but whole; its size zipped and unpacked."""
    wanted = sha256(
        REQUIREMENTS.read_bytes() + b"".join((ROOT / name).read_bytes() for name in NAIVE_FILES)
    ).hexdigest()

    def make(folder: Path) -> None:
        task = folder / "task"
        install(REQUIREMENTS, target, task)
        for name in NAIVE_FILES:
            (task / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, task / name)
        shutil.rmtree(task / "bin")
        compile_all(task, target.interpreter())
        pack(task, folder / "lambda.zip")

    folder = cached(f"langchain-package-{target.platform}-{target.python}-{wanted[:12]}", make)
    unzipped = sum(path.stat().st_size for path in (folder / "task").rglob("*") if path.is_file())
    return Unpacked(folder / "task", target), (folder / "lambda.zip").stat().st_size, unzipped


def _print(sides: dict[str, Side]) -> None:
    print(f"load after: {os.getloadavg()[0]:.2f}\n")
    print("| | init, ms | first response | p90 | CPU until then | the second | zip, MB | unpacked, MB |")
    print(f"{'|---' * 8}|")
    for name, side in sides.items():
        slow = quantiles(side.first, n=10)[-1]
        times = (median(side.init), median(side.first), slow, median(side.cpu), median(side.second))
        sizes = (side.zipped / MB, side.unzipped / MB)
        print(f"| {name} | {' | '.join([*(f'{each:.0f}' for each in times), *(f'{each:.1f}' for each in sizes)])} |")
    naive = sides["LangChain"]
    for name, side in sides.items():
        if side is not naive:
            pairs = ((side.init, naive.init), (side.first, naive.first), (side.cpu, naive.cpu))
            init, first, cpu = (median(mine) / median(its) for mine, its in pairs)
            print(f"{name} / LangChain: init {init:.2f}, first response {first:.2f}, CPU {cpu:.2f} (goal 0.50)")
