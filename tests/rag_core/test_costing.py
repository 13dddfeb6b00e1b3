"""Metered and charged stand side by side, day by day."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from bot.comparing import explained
from rag_core.backends.sqlite.feedback import SqliteFeedbackLog
from rag_core.backends.sqlite.records import SqliteRecords
from rag_core.billing import Bill
from rag_core.caching.bills import DailyBills
from rag_core.costing import Difference, costs
from rag_core.domain import Outcome, Usage
from tests.bot.test_cli import Command
from tests.making import NOON, answer, question

TODAY = NOON.date()
YESTERDAY = TODAY - timedelta(days=1)


class Account:
    def __init__(self) -> None:
        self.asked: list[tuple[date, date]] = []

    def by_day(self, first: date, last: date) -> Mapping[date, Bill]:
        self.asked.append((first, last))
        return {YESTERDAY: Bill({"Amazon Bedrock": 2.0, "AWS Lambda": 0.5}, 7.0)}


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SqliteFeedbackLog]:
    with SqliteFeedbackLog(tmp_path / "home") as log:
        for name, outcome in (("q1", Outcome.ANSWERED), ("q2", Outcome.UNSUPPORTED)):
            asked = question("Why?", name=name)
            log.record_answer(asked, replace(answer(asked, outcome), usage=(Usage("haiku", 1000, 50, 0, 0, 0.125),)))
        yield log


def test_days_with_questions_or_charges(log: SqliteFeedbackLog) -> None:
    found = costs(log, Account(), YESTERDAY, TODAY)
    assert [(day.day, day.questions, day.answered, day.metered) for day in found.days] == [
        (YESTERDAY, 0, 0, 0.0),
        (TODAY, 2, 1, 0.25),
    ]
    assert list(found.charged.items()) == [("Amazon Bedrock", 2.0), ("AWS Lambda", 0.5)]
    assert found.metered_per_answer == 0.25  # what was declined was paid for, too


def test_the_difference_is_told_by_what_it_is_made_of(log: SqliteFeedbackLog) -> None:
    earlier = replace(question("Why?", name="earlier"), asked_at=NOON - timedelta(days=1))
    log.record_answer(earlier, replace(answer(earlier), usage=(Usage("haiku", 1, cost_usd=1.5),)))
    found = costs(log, Account(), YESTERDAY, TODAY)
    assert found.difference == Difference(models=2.0, metered=1.5, rest=0.5, late=0.25)
    assert found.others == 7.0
    assert costs(log, None, YESTERDAY, TODAY).difference is None
    said = " ".join(explained(found))
    assert "Bedrock $2.00, where $1.50 was metered on the same days: $0.50 more" in said
    assert "$0.25 was metered on days that are not billed yet" in said


def test_a_bill_is_asked_for_once_a_day_whoever_looks(tmp_path: Path) -> None:
    now, account = [NOON], Account()
    week = TODAY - timedelta(days=7)
    with SqliteRecords(tmp_path) as records:

        def look(first: date = week) -> Mapping[date, Bill]:
            return DailyBills(account, records, "app=bot", clock=lambda: now[0]).by_day(first, TODAY)

        expected = {YESTERDAY: Bill({"Amazon Bedrock": 2.0, "AWS Lambda": 0.5}, 7.0)}
        assert [look(), look(), look(YESTERDAY)] == [expected] * 3
        assert account.asked == [(week, TODAY)]
        now[0] += timedelta(hours=24)
        assert look() == expected
        assert account.asked[1:] == [(TODAY - timedelta(days=3), TODAY)]  # what is older is as it stays
        look(week - timedelta(days=2))
        assert account.asked[2:] == [(week - timedelta(days=2), week - timedelta(days=1))]
        DailyBills(account, records, "app=other", clock=lambda: now[0]).by_day(TODAY, TODAY)
        assert len(account.asked) == 4


def test_only_the_days_asked_for(log: SqliteFeedbackLog) -> None:
    assert costs(log, None, YESTERDAY, YESTERDAY).days == ()
    assert costs(log, None, YESTERDAY, YESTERDAY).metered_per_answer is None


@pytest.mark.usefixtures("log")
def test_the_command(tmp_path: Path) -> None:
    supportbot = Command(tmp_path / "home")
    period = ("--from", TODAY.isoformat(), "--to", TODAY.isoformat())
    made = json.loads(supportbot("costs", *period, "--json").stdout)
    assert made["metered_usd"] == 0.25
    assert made["days"][0]["usage"][0]["input_tokens"] == 2000
    assert "$0.25 metered, $0.25 an answer" in supportbot("costs", *period).stdout
    assert "Nothing was asked" in supportbot("costs", "--to", "2020-01-01").stdout
    assert "--from is after --to" in supportbot("costs", "--from", "2026-01-02", "--to", "2026-01-01", code=2).stderr
