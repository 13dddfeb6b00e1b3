"""Tickets through a queue and the worker while workers die, responses are lost and agents write: what stands in them.

Usage: python -m tests.benchmarks.zendesk_storm [tickets] [seed]
"""

import logging
import sys
import time

from tests.benchmarks.speed import folder
from tests.integrations.zendesk.storm import Toll, storm

TICKETS = 5_000


def measure(tickets: int = TICKETS, seed: int = 0) -> None:
    """Whatever is not 0 in the last line is a bug."""
    logging.disable(logging.CRITICAL)
    with folder() as home:
        began = time.process_time()
        toll = storm(home, tickets, seed=seed)
        used = time.process_time() - began
    _say(toll, used)


def _say(toll: Toll, used: float) -> None:
    calls = sum(toll.calls.values())
    print(
        f"{toll.tickets:,} tickets, {toll.deliveries:,} deliveries: {toll.killed:,} killed "
        f"({toll.killed / toll.deliveries:.1%}), {toll.again:,} put off, {toll.aside:,} put aside and delivered anew"
    )
    said = ", ".join(f"{toll.calls[each]:,} {each}" for each in ("409", "429", "503", "lost"))
    print(f"{calls:,} calls of Zendesk: {said}; {toll.sent:,} notes arrived there, {toll.compared:,} replies compared")
    print(f"{toll.seconds:.0f} s, {used:.0f} s of CPU time: {toll.deliveries / toll.seconds:.0f} deliveries a second")
    print(", ".join(f"{count} {name}" for name, count in toll.wrong.items()))


if __name__ == "__main__":
    measure(*map(int, sys.argv[1:]))
