"""The whole hostile sets, in every position, through a model that obeys them, to the note that is sent to Zendesk."""

from collections import Counter

from tests.benchmarks.material import SHARED, missing
from tests.benchmarks.speed import folder
from tests.integrations.slack.attacks import attacks
from tests.integrations.slack.obeying import Position
from tests.integrations.zendesk.obeying import Trial
from tests.integrations.zendesk.office import office

SETS = SHARED / "data" / "hostile"


def measure() -> None:
    """Every figure behind a set should be 0."""
    if missing(SETS):
        return
    for name, texts in attacks(SETS).items():
        with folder() as home, office(home) as here:
            trial, through = Trial(here), Counter[str]()
            for attack in texts:
                for position in Position:
                    through[position] += bool(trial.put(attack, position))
                through["beside an abstention"] += bool(trial.decline(attack))
            counts = ", ".join(f"{position}: {count}" for position, count in through.items())
            print(f"{name}: {len(texts)} attacks; {trial.judged:,} notes judged; came through {counts}", flush=True)
