"""Many questions at once in one of our processes: reads its settings and the questions, prints what became of each."""

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from rag_core.errors import SupportBotError
from tests.benchmarks.naive.measuring import resident
from tests.benchmarks.naive.ours import asking


def burst(settings: dict[str, Any], questions: list[str]) -> dict[str, Any]:
    ask = asking(settings)
    for text in questions[:3]:
        ask(f"{text} Please.", lambda: None)
    lost: list[str] = []

    def one(text: str) -> tuple[float, float]:
        """When its first sentence came, and its end, in seconds since all were asked."""
        first: list[float] = []
        try:
            ask(text, lambda: first.append(time.monotonic() - started))
        except (SupportBotError, ValueError) as error:
            lost.append(str(error))
            return -1.0, -1.0
        return first[0], time.monotonic() - started

    with ThreadPoolExecutor(settings["workers"]) as pool:
        spent, started = time.process_time(), time.monotonic()
        taken = list(pool.map(one, questions))
    return {
        "taken": taken,
        "lost": lost,
        "cpu": time.process_time() - spent,
        "resident": resident("VmRSS"),
        "peak": resident("VmHWM"),
    }


if __name__ == "__main__":
    print(json.dumps(burst(*(json.loads(line) for line in sys.stdin))))
