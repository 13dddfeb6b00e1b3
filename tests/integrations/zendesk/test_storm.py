"""Delivered often, killed at any step, refused, lost, changed by others: one private note a ticket."""

from pathlib import Path

import pytest

from tests.integrations.zendesk.storm import Weather, storm

TICKETS = 150


@pytest.mark.parametrize("seed", [1])
def test_every_ticket_gets_its_note_and_none_gets_two(tmp_path: Path, seed: int) -> None:
    toll = storm(tmp_path, TICKETS, seed=seed)
    assert not any(toll.wrong.values()), toll
    assert toll.killed > TICKETS / 10
    assert toll.again > TICKETS / 10
    assert toll.compared > TICKETS / 5
    assert min(toll.calls[each] for each in ("409", "429", "503", "lost")) > 0


def test_where_a_third_of_the_workers_die(tmp_path: Path) -> None:
    toll = storm(tmp_path, 40, seed=2, weather=Weather(dying=0.34, losing=0.1, conflicts=0.2))
    assert not any(toll.wrong.values()), toll
