"""Metered and charged stand side by side, day by day."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from rag_core.backends.sqlite.feedback import SqliteFeedbackLog
from rag_core.costing import costs
from rag_core.domain import Outcome, Usage
from tests.bot.test_cli import Command
from tests.making import NOON, answer, question

TODAY = NOON.date()
YESTERDAY = TODAY - timedelta(days=1)


class Bill:
    def by_day(self, first: date, last: date) -> Mapping[date, Mapping[str, float]]:
        return {YESTERDAY: {"Amazon Bedrock": 2.0, "AWS Lambda": 0.5}}


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SqliteFeedbackLog]:
    with SqliteFeedbackLog(tmp_path / "home") as log:
        for name, outcome in (("q1", Outcome.ANSWERED), ("q2", Outcome.UNSUPPORTED)):
            asked = question("Why?", name=name)
            log.record_answer(asked, replace(answer(asked, outcome), usage=(Usage("haiku", 1000, 50, 0, 0, 0.125),)))
        yield log


def test_days_with_questions_or_charges(log: SqliteFeedbackLog) -> None:
    found = costs(log, Bill(), YESTERDAY, TODAY)
    assert [(day.day, day.questions, day.answered, day.metered) for day in found.days] == [
        (YESTERDAY, 0, 0, 0.0),
        (TODAY, 2, 1, 0.25),
    ]
    assert list(found.charged.items()) == [("Amazon Bedrock", 2.0), ("AWS Lambda", 0.5)]
    assert found.metered_per_answer == 0.25  # what was declined was paid for, too


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
