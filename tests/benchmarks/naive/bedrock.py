"""The fake of Bedrock with one answer of 150 tokens to everything, which notes when the first sentence is complete.

python -m tests.benchmarks.naive.bedrock FILE [options of the fake]: a line a stream, the time on the machine's clock.
"""

import sys
import time
from pathlib import Path
from typing import Any

from tests.fakes.bedrock import __main__, answering, exchanging
from tests.fakes.bedrock.checking import search_results
from tests.fakes.bedrock.playing import Player
from tests.fakes.bedrock.process import BedrockProcess
from tests.fakes.bedrock.settings import Settings

SENTENCES, WORDS = 10, 15
SENTENCE = "To change the plan open the billing page and choose the one that fits better."
ANSWER = [("" if number == 0 else " ") + SENTENCE for number in range(SENTENCES)]


class TimedProcess(BedrockProcess):
    """As BedrockProcess."""

    def __init__(self, file: Path, **settings: Any) -> None:
        super().__init__(**settings)
        self._command[2:3] = ["tests.benchmarks.naive.bedrock", str(file)]


class _Timed(Player):
    __slots__ = ("_noted",)

    def _write(self, ready: list[bytes]) -> None:
        super()._write(ready)
        if self.sent >= WORDS and not hasattr(self, "_noted"):
            self._noted = True
            with Path(sys.argv[0]).open("a") as file:
                print(time.monotonic(), file=file)


def _said(body: dict[str, Any], settings: Settings) -> answering.Answer:  # noqa: ARG001 - as `derive` has it
    """Each sentence with its source where the request has sources, else as one text."""
    sources = len(search_results(body))
    cited = [answering.Cited(text, (number % sources,)) for number, text in enumerate(ANSWER)] if sources else []
    return answering.Answer(cited or "".join(ANSWER))


if __name__ == "__main__":
    sys.argv.pop(0)
    answering.derive = _said
    exchanging.Player = _Timed  # type: ignore[attr-defined]
    __main__.main()
