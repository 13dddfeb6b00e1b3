"""Our pipeline beside LangChain's and beside bare boto3: CPU and memory of a question, and when its answer shows.

Each side is a process, and so is each fake. They take turns, a few questions each, so that all meet the same noise.

Usage: python -m tests.benchmarks.pipeline answer | burst | load
"""

import json
import os
import random
import re
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from tests.benchmarks.material import DEMO
from tests.benchmarks.naive import ours
from tests.benchmarks.naive.bedrock import SENTENCES, WORDS, TimedProcess
from tests.fakes.opensearch.__main__ import DIMENSIONS, chunks
from tests.fakes.opensearch.process import OpenSearchProcess
from tests.services.cache import cached

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = ROOT / "tests" / "benchmarks" / "naive" / "requirements.txt"
WAITS = {"embedding": 0.08, "first_token": 0.6, "between_tokens": 0.005}
SEARCH = 0.03
ROUNDS, TURN, WARMING = 10, 10, 5  # questions of each side: 100, ten at a time
AT_ONCE = 500
SAMPLE = 40  # of the chunks, where each has its own request
SIDES = {"ours": "ours", "LangChain": "chain", "boto3 alone": "alone"}
GOALS = "goals: CPU at most 1/2 of LangChain's, memory at most 2/3, the first sentence within 30 ms of its last token"


class Side:
    """A process that is given questions and tells what they took."""

    def __init__(self, python: str, module: str, settings: dict[str, Any]) -> None:
        command = [python, "-m", f"tests.benchmarks.naive.{module}"]
        self._process = subprocess.Popen(
            command, cwd=ROOT, env=_environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.turns: list[dict[str, Any]] = []
        self.late: list[float] = []
        self._told(settings)

    def ask(self, questions: Sequence[str]) -> dict[str, Any]:
        return self._told(questions)

    def _told(self, what: object) -> dict[str, Any]:
        reader, writer = self._process.stdout, self._process.stdin
        assert reader is not None
        assert writer is not None
        print(json.dumps(what), file=writer, flush=True)
        line = reader.readline()
        if not line:
            raise RuntimeError(f"a side has failed: {self._process.args!r}")
        found: dict[str, Any] = json.loads(line)
        return found

    def close(self) -> None:
        self._process.communicate(timeout=10)

    def all(self, what: str) -> list[float]:
        return [value for turn in self.turns for value in turn[what]]


def naive() -> str:
    """The interpreter that has LangChain, in a folder of the cache; made when it is asked for the first time."""
    wanted = REQUIREMENTS.read_bytes()
    folder = cached(f"langchain-{sha256(wanted + sys.version.encode()).hexdigest()[:12]}", _install)
    return str(folder / "bin" / "python")


def _install(folder: Path) -> None:
    venv.create(folder, with_pip=True)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--requirement", str(REQUIREMENTS)]
    subprocess.run(pip, check=True)


def _environment() -> dict[str, str]:
    keys = {"AWS_ACCESS_KEY_ID": "AKIDFAKE", "AWS_SECRET_ACCESS_KEY": "fake-secret", "AWS_REGION": "us-east-1"}
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SUPPORTBOT_"))}
    return kept | keys | {"AWS_EC2_METADATA_DISABLED": "true"}


def questions(made: "Fakes", number: int) -> list[str]:
    """Unlike one another, each about a page of the demo and one that we answer: a fake's vectors know words only."""
    os.environ |= _environment()
    made.wait(0)
    ask, found = ours.asking(made.settings()), [each for each in chunks(DEMO / "help-center") if len(each.text) > 300]
    asked: list[str] = []
    for turn in range(4 * number):
        about = found[turn % len(found)]
        start = 7 * (turn // len(found))
        text = f"{about.heading}: {' '.join(re.findall(r'[A-Za-z]+', about.text)[start : start + 24])}?"
        with suppress(ValueError):
            ask(text, lambda: None)
            asked.append(text)
        if len(asked) == number:
            return asked
    raise RuntimeError(f"the demo gives {len(asked)} questions and no more")


class Fakes:
    """Of Bedrock and OpenSearch."""

    def __init__(self, bedrock: TimedProcess, opensearch: OpenSearchProcess, noted: Path) -> None:
        self._bedrock, self._opensearch, self._noted = bedrock, opensearch, noted

    def wait(self, share: float) -> None:
        self._bedrock.change(**{name: delay * share for name, delay in WAITS.items()})
        self._opensearch.wait(SEARCH * share)

    def slow(self, delay: float) -> None:
        """Every request of an ingestion."""
        self._bedrock.change(embedding=delay)
        self._opensearch.wait(delay)

    def settings(self) -> dict[str, Any]:
        return {
            "bedrock": self._bedrock.endpoint_url,
            "opensearch": self._opensearch.url,
            "answer_model": "global.anthropic.claude-haiku-5-5",
            "embedding_model": "cohere.embed-v4:0",
            "dimensions": DIMENSIONS,
            "home": str(self._noted.parent),
            "alias": "supportbot",
            "tokens": SENTENCES * WORDS,
        }

    def noted(self) -> list[float]:
        """When the last token of each first sentence was sent, since the last look."""
        found = [float(line) for line in self._noted.read_text().split()]
        self._noted.write_text("")
        return found


@contextmanager
def fakes() -> Iterator[Fakes]:
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        noted = Path(folder, "noted")
        noted.touch()
        bedrock = stack.enter_context(TimedProcess(noted))
        opensearch = stack.enter_context(OpenSearchProcess(DEMO / "help-center"))
        yield Fakes(bedrock, opensearch, noted)


def answer(rounds: int = ROUNDS) -> None:
    """One question after another, with the waits of a real model and without."""
    print(f"load of the machine before: {os.getloadavg()[0]:.2f}")
    for share, title in ((1, "80, 30, 600 and 150 x 5 ms"), (0, "none")):
        with fakes() as made, ExitStack() as stack:
            sides = {}
            for name, module in SIDES.items():
                sides[name] = Side(naive() if module != "ours" else sys.executable, module, made.settings())
                stack.callback(sides[name].close)
            asked = _take_turns(sides, made, rounds, share)
            _print(title, sides)
            if share:
                _again(sides["ours"], asked[-TURN:])


def _take_turns(sides: dict[str, Side], made: Fakes, rounds: int, share: float) -> list[str]:
    asked = questions(made, WARMING + rounds * TURN)
    made.wait(share)
    for each in sides.values():
        each.ask(asked[:WARMING])
    for number in range(rounds):
        start = WARMING + number * TURN
        for each in sides.values():
            made.noted()
            turn = each.ask(asked[start : start + TURN])
            each.turns.append(turn)
            each.late += [shown - sent for shown, sent in zip(turn["first"], made.noted(), strict=True)]
    return asked


def _again(ours: Side, known: Sequence[str]) -> None:
    times = [value * 1000 for _ in range(5) for value in ours.ask(known)["wall"]]
    print(f"questions asked again: median {median(times):.1f} ms, p95 {quantiles(times, n=20)[-1]:.1f} ms (goal 15)")


def _print(title: str, sides: dict[str, Side]) -> None:
    count = len(sides["ours"].all("cpu"))
    print(f"\nwaits: {title}; {count} questions a side; load after: {os.getloadavg()[0]:.2f}\n")
    print("| | CPU a question, ms | resident, MB | at most, MB | first sentence late, ms | p95 | whole, ms |")
    print("|---|---|---|---|---|---|---|")
    base = sides["LangChain"]
    for name, side in sides.items():
        late = sorted(side.late)
        cells = [
            f"{median(side.all('cpu')) * 1000:.1f}",
            f"{side.turns[-1]['resident']:.0f}",
            f"{side.turns[-1]['peak']:.0f}",
            f"{median(late) * 1000:.1f}",
            f"{late[int(len(late) * 0.95)] * 1000:.1f}",
            f"{median(side.all('wall')) * 1000:.0f}",
        ]
        print(f"| {name} | {' | '.join(cells)} |")
    ours = sides["ours"]
    cpu = median(ours.all("cpu")) / median(base.all("cpu"))
    print(f"| ours / LangChain | {cpu:.2f} | {ours.turns[-1]['resident'] / base.turns[-1]['resident']:.2f} |")
    print(f"\n{GOALS}", flush=True)


def burst() -> None:
    """500 at once, a fifth of them asked by two; one process of ours, the fakes with their waits."""
    print(f"load of the machine before: {os.getloadavg()[0]:.2f}")
    with fakes() as made:
        asked = questions(made, AT_ONCE * 4 // 5)
        asked += asked[: AT_ONCE - len(asked)]
        random.Random(1).shuffle(asked)  # noqa: S311
        made.wait(1)
        for workers in (AT_ONCE, AT_ONCE // 4):
            lines = (made.settings() | {"workers": workers}, asked)
            found = json.loads(_run(sys.executable, "burst", given="\n".join(map(json.dumps, lines))))
            ends = sorted(end for _, end in found["taken"] if end > 0)
            worst, usual = ends[int(len(ends) * 0.99)], median(ends)
            print(
                f"{AT_ONCE} at once on {workers} threads: {len(found['lost'])} lost, median {usual:.2f} s, "
                f"p99 {worst:.2f} s: {worst / usual:.2f}x (goal 2), {found['peak']:.0f} MB (goal 400), "
                f"CPU {found['cpu']:.1f} s, load after {os.getloadavg()[0]:.2f}",
                *set(found["lost"]),
                flush=True,
            )


def load(runs: int = 5) -> None:
    """1,000 chunks embedded and indexed, every request answered after 200 ms."""
    with fakes() as made:
        made.wait(0)
        made.slow(0.2)
        text = "To change the plan open the billing page and choose the one that fits better. " * 8
        texts = [f"Page {number}. {text}" for number in range(1_000)]
        times: dict[str, list[float]] = {"single": [], "langchain": [], "ours": []}
        for number in range(runs):
            for side, found in times.items():
                given = texts[: len(texts) // SAMPLE] if side == "single" else texts
                settings = made.settings() | {"texts": given, "alias": f"load{number}"}
                found.append(_loaded(side, settings) * (SAMPLE if side == "single" else 1))
        single, chained, best = (median(found) for found in times.values())
        print(f"1,000 chunks, every request at 200 ms: ours {best:.2f} s, LangChain {chained:.2f} s, one a chunk")
        print(f"{single:.0f} s (of every {SAMPLE}th): {single / best:.0f}x (goal 100), {chained / best:.1f}x (goal 2)")


def _loaded(side: str, settings: dict[str, Any]) -> float:
    python = naive() if side == "langchain" else sys.executable
    return float(_run(python, "loading", side, given=json.dumps(settings)))


def _run(python: str, module: str, *arguments: str, given: str) -> str:
    command = [python, "-m", f"tests.benchmarks.naive.{module}", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=_environment(), input=given, stdout=subprocess.PIPE, text=True, check=True
    ).stdout


if __name__ == "__main__":
    {"answer": answer, "burst": burst, "load": load}[sys.argv[1]](*map(int, sys.argv[2:]))
