"""The whole hostile sets, in every position, through a model that obeys them, to what is posted in Slack."""

from collections import Counter
from pathlib import Path

from tests.benchmarks.material import SHARED, missing
from tests.benchmarks.speed import folder
from tests.integrations.slack.attacks import attacks
from tests.integrations.slack.obeying import ObedientCore, Position, Trial
from tests.integrations.slack.office import office

SETS = SHARED / "data" / "hostile"


def measure() -> None:
    """Every figure behind a set should be 0."""
    if missing(SETS):
        return
    for name, texts in attacks(SETS).items():
        with folder() as home:
            print(f"{name}: {len(texts)} attacks; {_tried(home, texts)}", flush=True)


def _tried(home: Path, texts: list[str]) -> str:
    with office(home, echo=False) as here:
        trial, through = Trial(here, ObedientCore(home)), Counter[str]()
        for attack in texts:
            for position in Position:
                through[position] += bool(trial.put(attack, position))
            through["beside an abstention"] += bool(trial.decline(attack))
            through["to one person, shared, named as a file"] += bool(trial.whisper(attack))
        counts = ", ".join(f"{position}: {count}" for position, count in through.items())
        return f"{trial.judged:,} messages and views judged; attacks that came through {counts}"
