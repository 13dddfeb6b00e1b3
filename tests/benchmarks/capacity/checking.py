"""The simulation held against a real run: workers at many questions, with the fakes of Bedrock and OpenSearch.

One run with a single worker says how long a question takes; the simulation then says how long many workers take.
"""

import json
import os
import sys
from statistics import median
from typing import Any

from simpy import Environment

from tests.benchmarks.capacity.waiting import Station
from tests.benchmarks.pipeline import _run, fakes, questions

ALONE, RUNS = 10, ((2, 20), (10, 120), (20, 240))  # questions of the single worker; workers and questions
KNOWN = 3  # of the questions: the process was warmed with their like, and has their answers
STEPS = 10  # between which a question computes


def measure() -> None:
    with fakes() as made:
        asked = questions(made, RUNS[-1][1])
        made.wait(1)
        taken, cpu = _measured(made.settings(), 1, asked[:ALONE])
        seconds, own = max(taken) / (ALONE - KNOWN), cpu / (ALONE - KNOWN)
        print(f"a single worker: {seconds:.3f} s a question, {own * 1000:.0f} ms of CPU; load {os.getloadavg()[0]:.1f}")
        for workers, count in RUNS:
            taken, _ = _measured(made.settings(), workers, asked[:count])
            said = simulated(workers, count - KNOWN, seconds, own)
            print(
                f"{workers} workers, {count} questions: the last after {max(taken):.1f} s, simulated {max(said):.1f} "
                f"({max(said) / max(taken):.2f}); median {median(taken):.1f}, simulated {median(said):.1f}; "
                f"load {os.getloadavg()[0]:.1f}",
                flush=True,
            )


def simulated(workers: int, count: int, seconds: float, own: float) -> list[float]:
    """When each of `count` questions is done that are there at once; what is computed takes one lock."""
    env, ends = Environment(), list[float]()
    threads, lock = Station(env, lambda _: workers), Station(env, lambda _: 1)

    def ask() -> Any:
        yield threads.take()
        for _ in range(STEPS):
            yield lock.take()
            yield env.timeout(own / STEPS)
            lock.leave()
            yield env.timeout((seconds - own) / STEPS)
        threads.leave()
        ends.append(env.now)

    for _ in range(count):
        env.process(ask())
    env.run()
    return ends


def _measured(settings: dict[str, Any], workers: int, texts: list[str]) -> tuple[list[float], float]:
    given = "\n".join(map(json.dumps, (settings | {"workers": workers}, texts)))
    found = json.loads(_run(sys.executable, "burst", given=given))
    if found["lost"]:
        raise RuntimeError(f"{len(found['lost'])} were lost: {found['lost'][0]}")
    return [end for _, end in found["taken"]], found["cpu"]


if __name__ == "__main__":
    measure()
