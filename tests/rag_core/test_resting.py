"""What has failed again and again is left alone, and ever longer while it stays so."""

import pytest

from rag_core.resting import Circuit
from tests.contracts.claims import Hands


@pytest.fixture
def clock() -> Hands:
    return Hands()


def broken(clock: Hands, failures: int = 3) -> Circuit:
    circuit = Circuit(failures, rest=5.0, longest_rest=30.0, clock=clock)
    for _ in range(failures):
        assert circuit.rests() == 0
        circuit.failed()
    return circuit


def test_each_look_that_fails_doubles_the_rest_up_to_the_longest(clock: Hands) -> None:
    circuit, rests = broken(clock), []
    for _ in range(5):
        rests.append(circuit.rests())
        clock.now += rests[-1]
        assert circuit.rests() == 0
        circuit.failed()
    assert rests == [5.0, 10.0, 20.0, 30.0, 30.0]


def test_only_one_looks_and_the_others_wait_for_what_it_finds(clock: Hands) -> None:
    circuit = broken(clock)
    clock.now += 5.0
    assert [circuit.rests() > 0 for _ in range(4)] == [False, True, True, True]
    circuit.answered()
    assert not circuit.open
    assert [circuit.rests() for _ in range(4)] == [0.0] * 4


def test_what_was_under_way_when_it_broke_makes_no_rest_longer(clock: Hands) -> None:
    circuit = broken(clock)
    for _ in range(20):
        circuit.failed()
    assert circuit.rests() == 5.0


def test_after_a_recovery_all_begins_anew(clock: Hands) -> None:
    circuit = broken(clock)
    clock.now += 5.0
    assert circuit.rests() == 0
    circuit.answered()
    for _ in range(3):
        circuit.failed()
    assert circuit.rests() == 5.0
