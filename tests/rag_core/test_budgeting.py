"""A month's budget: told once, kept by cheaper answers, and begun anew with the month."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rag_core.backends.sqlite.claims import SqliteClaims
from rag_core.backends.sqlite.feedback import SqliteFeedbackLog
from rag_core.backends.sqlite.records import SqliteRecords
from rag_core.budgeting import BETWEEN, TELLING, Ledger, Mode, Notify, Spending
from rag_core.domain import Usage
from rag_core.errors import UnavailableError
from tests.making import answer, question

BEGIN = datetime(2026, 11, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Shop:
    """One installation's stores, a clock, and any number of processes."""

    def __init__(self, home: Path, stack: ExitStack) -> None:
        self.now = BEGIN
        self.log = stack.enter_context(SqliteFeedbackLog(home))
        self.records = stack.enter_context(SqliteRecords(home, clock=self._seconds))
        self.claims = stack.enter_context(SqliteClaims(home, clock=self._seconds))
        self.told: list[tuple[float, float]] = []
        self.trouble: Exception | None = None
        self.asked = 0

    def _seconds(self) -> float:
        return self.now.timestamp()

    def process(self, budget: float = 10.0, *, cheaper: bool = True, notify: Notify | None = None) -> Ledger:
        tell = notify or self._notify
        return Ledger(budget, self.log, self.records, self.claims, cheaper=cheaper, notify=tell, clock=lambda: self.now)

    def _notify(self, threshold: float, spending: Spending) -> None:
        if self.trouble:
            raise self.trouble
        self.told.append((threshold, spending.usd))

    def spend(self, usd: float) -> None:
        """An answer's cost; then a minute goes by."""
        self.asked += 1
        asked = replace(question("Why?", name=f"q{self.asked}"), asked_at=self.now)
        self.log.record_answer(asked, replace(answer(asked), usage=(Usage("m", 1, cost_usd=usd),)))
        self.now += BETWEEN


def settled(ledger: Ledger) -> Mode:
    """Once a look that a question did not wait for is over."""
    ledger._look()
    return ledger.mode


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with ExitStack() as stack:
        yield Shop(tmp_path, stack)
        for thread in threading.enumerate():
            if thread.name == "budget":
                thread.join(20)


def test_it_goes_step_by_step_and_back_with_the_month(shop: Shop) -> None:
    ledger = shop.process()
    modes = []
    for usd in (7.9, 0.2, 1.9, 1.9, 0.2):
        shop.spend(usd)
        modes.append(settled(ledger))
    assert modes == [Mode.FULL, Mode.FULL, Mode.CHEAPER, Mode.CHEAPER, Mode.QUOTED]
    assert [(threshold, round(usd, 6)) for threshold, usd in shop.told] == [(0.8, 8.1), (1.0, 10.0)]
    shop.now = datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC)
    assert settled(ledger) is Mode.QUOTED
    shop.now = datetime(2026, 12, 1, tzinfo=UTC)
    assert ledger.mode_of(ledger._known) is Mode.FULL  # before anybody has looked
    assert settled(ledger) is Mode.FULL
    shop.spend(8.0)
    settled(ledger)
    assert shop.told[2:] == [(0.8, 8.0)]


def test_without_a_smaller_model_documents_are_quoted_at_once(shop: Shop) -> None:
    shop.spend(10.0)
    assert settled(shop.process(cheaper=False)) is Mode.QUOTED


def test_without_a_budget_nothing_is_looked_at(shop: Shop) -> None:
    shop.spend(1e6)
    assert shop.process(0).mode is Mode.FULL
    assert shop.records.list("budget") == []


def test_all_processes_know_the_same_and_one_tells(shop: Shop) -> None:
    processes = [shop.process() for _ in range(8)]
    shop.spend(10.5)
    assert {settled(each) for each in processes} == {Mode.CHEAPER}
    assert shop.told == [(1.0, 10.5)]  # nobody needs to hear of 80 % any more
    shop.spend(0.0)
    assert {settled(each) for each in processes} == {Mode.CHEAPER}
    assert len(shop.told) == 1


def test_the_meter_is_read_once_a_minute_for_all(shop: Shop) -> None:
    looks = []

    class Metered(SqliteFeedbackLog):
        def usage(self, since=None):  # type: ignore[no-untyped-def]
            looks.append(since)
            return super().usage(since)

    shop.log = Metered(shop.log._path.parent)
    processes = [shop.process() for _ in range(5)]
    for _ in range(3):
        for ledger in processes:
            settled(ledger)
    assert len(looks) == 1
    shop.now += BETWEEN
    settled(processes[3])
    assert looks == [BEGIN.date()] * 2


def test_a_notice_that_could_not_be_given_is_given_later(shop: Shop) -> None:
    ledger, shop.trouble = shop.process(), UnavailableError("Slack is down")
    shop.spend(8.5)
    settled(ledger)
    assert shop.told == []
    shop.trouble = None
    shop.now += BETWEEN
    settled(ledger)
    settled(ledger)
    assert shop.told == [(0.8, 8.5)]


def test_a_notice_is_not_lost_with_the_process_that_was_about_to_give_it(shop: Shop) -> None:
    thaw, frozen, done = threading.Event(), threading.Event(), threading.Event()

    def freeze(threshold: float, spending: Spending) -> None:
        """Lambda stops a process with its answer, and may go on with it or not."""
        frozen.set()
        thaw.wait(60)
        shop.told.append((threshold, spending.usd))
        done.set()

    first, second = shop.process(notify=freeze), shop.process()
    shop.spend(8.5)
    assert first.mode is Mode.FULL
    assert frozen.wait(20)
    settled(second)
    assert shop.told == []  # it is being told
    shop.now += TELLING
    settled(second)
    assert shop.told == [(0.8, 8.5)]
    shop.now += TELLING
    settled(second)
    settled(shop.process())
    assert len(shop.told) == 1
    thaw.set()
    assert done.wait(20)


def test_a_look_that_was_frozen_is_not_the_last(shop: Shop) -> None:
    thaw, frozen = threading.Event(), threading.Event()

    def freeze(*_: object) -> None:
        frozen.set()
        thaw.wait(60)

    ledger = shop.process(notify=freeze)
    shop.spend(8.5)
    modes = [ledger.mode]
    assert frozen.wait(20)
    shop.spend(2.0)
    until = time.monotonic() + 20
    while modes[-1] is Mode.FULL and time.monotonic() < until:  # until the next look has seen it
        modes.append(ledger.mode)
    assert (modes[0], modes[-1]) == (Mode.FULL, Mode.CHEAPER)
    thaw.set()


def test_another_budget_is_another_notice(shop: Shop) -> None:
    shop.spend(8.5)
    settled(shop.process())
    settled(shop.process(20.0))
    assert settled(shop.process(10.5)) is Mode.FULL
    assert shop.told == [(0.8, 8.5), (0.8, 8.5)]


def test_a_meter_that_is_away_keeps_nobody_from_an_answer(shop: Shop) -> None:
    ledger = shop.process()
    shop.spend(10.5)
    assert settled(ledger) is Mode.CHEAPER

    def away(_month: object = None) -> object:
        raise UnavailableError("down")

    shop.log.usage = away  # type: ignore[assignment]
    shop.now += BETWEEN
    assert settled(ledger) is Mode.CHEAPER
