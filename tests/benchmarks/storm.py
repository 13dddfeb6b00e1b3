"""Questions through the ingress, a queue and the worker while workers die and responses are lost: what stands in Slack.

Usage: python -m tests.benchmarks.storm [questions] [seed]
"""

import logging
import sys
import time

from tests.benchmarks.speed import folder
from tests.integrations.slack.counting import Toll
from tests.integrations.slack.storm import storm

QUESTIONS = 10_000


def measure(questions: int = QUESTIONS, seed: int = 0) -> None:
    """Whatever is not 0 in the last line is a bug."""
    logging.disable(logging.CRITICAL)  # the SDK tells of every response that is lost
    with folder() as home:
        began = time.process_time()
        toll = storm(home, questions, seed=seed)
        used = time.process_time() - began
    _say(toll, used)


def _say(toll: Toll, used: float) -> None:
    print(f"{toll.questions:,} questions in {toll.signed:,} signed requests, {toll.refused:,} of them refused with 503")
    print(
        f"{toll.deliveries:,} deliveries by the queue: {toll.killed:,} killed ({toll.killed / toll.deliveries:.1%}), "
        f"{toll.again:,} put off, {toll.aside:,} put aside and delivered anew at the end; "
        f"{toll.lost_responses:,} of Slack's {toll.calls:,} responses lost ({toll.lost_responses / toll.calls:.1%})"
    )
    rate, questions = toll.deliveries / toll.seconds, toll.questions / toll.seconds
    print(f"{toll.seconds:.0f} s, {used:.0f} s of CPU time: {rate:.0f} deliveries and {questions:.1f} answers a second")
    wrong = {name: len(getattr(toll, name)) for name in ("lost", "twice", "torn", "stray", "open", "broken")}
    print(", ".join(f"{count} {name}" for name, count in wrong.items()))
    for each in toll.wrong[:20]:
        print(f"  {each}")


if __name__ == "__main__":
    measure(*map(int, sys.argv[1:]))
