"""`make capacity`: write what is reckoned into docs/costs.md and docs/capacity.md, and draw its charts."""

from collections.abc import Callable, Iterable

from click.testing import CliRunner

from bot.commands.costs import command
from tests.benchmarks.capacity import drawn, written
from tests.benchmarks.marked import fill

PARTS: dict[str, Callable[[], Iterable[str]]] = {
    "times": written.times,
    "limits": written.limits,
    "small": lambda: written.bursts("small"),
    "standard": lambda: written.bursts("standard"),
    "large": lambda: written.bursts("large"),
    "cures": written.cures,
    "months": written.months,
}
ESTIMATE = "supportbot costs --estimate"


def main() -> None:
    fill("costs.md", ESTIMATE, CliRunner().invoke(command, ["--estimate"], catch_exceptions=False).output)
    for name, made in PARTS.items():
        fill("capacity.md", name, "\n".join(made()))
        print(f"docs/capacity.md: {name}", flush=True)
    for file in drawn.draw():
        print(file)


if __name__ == "__main__":
    main()
