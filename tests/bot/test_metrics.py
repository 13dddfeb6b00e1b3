"""The list of metrics, against the nouns it spells out and against what it says of itself."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from bot import metrics
from bot.ageing import Ageing
from bot.metrics import METRICS
from bot.observability import Telemetry
from integrations.slack.needs import CHANNEL as SLACK
from integrations.zendesk.needs import CHANNEL as ZENDESK
from rag_core.domain import Cached, Outcome, PersonId, SourceName, Use
from rag_core.errors import UnavailableError
from rag_core.runs import IngestionRun, RunId, RunRecord, RunState
from tests.making import NOON


def test_the_list_spells_the_nouns_out() -> None:
    assert (*(each.value for each in Outcome), metrics.FAILED) == metrics.STATUSES
    assert tuple(each.value for each in Cached) == metrics.CACHED
    assert tuple(each.value for each in Use) == metrics.USES
    assert tuple(each.value for each in RunState if each.over) == metrics.ENDS
    assert metrics.CHANNELS == (SLACK, ZENDESK, "api")


def test_how_many_there_are_is_known() -> None:
    """docs/observing.md states these; more of them cost more."""
    assert len(METRICS) == 41
    assert (metrics.most(0), metrics.most(5)) == (62, 72)


def test_the_age_of_the_knowledge_is_told_now_and_then(capfd: pytest.CaptureFixture[str]) -> None:
    now, telemetry = [NOON.timestamp()], Telemetry(f"test-{uuid4().hex}", plain=True)

    def as_of() -> datetime:
        if now[0] > NOON.timestamp() + 900:
            raise UnavailableError("the table is away")
        return NOON.astimezone(UTC) - timedelta(hours=3)

    tell = Ageing(as_of, telemetry, every=300, clock=lambda: now[0])
    for later in (0, 10, 290, 20, 1000):
        now[0] += later
        tell()
    telemetry.flush()
    (line,) = map(json.loads, capfd.readouterr().out.splitlines())
    assert line["KnowledgeAge"] == [10800.0, 11100.0]


def test_a_run_that_ended_is_one_line_and_counted(capfd: pytest.CaptureFixture[str]) -> None:
    telemetry = Telemetry(f"test-{uuid4().hex}", plain=True)
    result = IngestionRun(SourceName("docs"), 3, 40, 2, (), (), 120, None, 1.5)
    ended = NOON + timedelta(seconds=90)
    run = RunRecord(
        RunId("r1"), SourceName("docs"), PersonId("ada"), NOON, state=RunState.DONE, ended=ended, result=result
    )
    telemetry.ran(replace(run, failed=1))
    told, counted = map(json.loads, capfd.readouterr().out.splitlines())
    assert (
        told.items() >= {"message": "ingested", "run_id": "r1", "state": "done", "written": 3, "seconds": 90.0}.items()
    )
    assert "ada" not in json.dumps(told)
    assert (counted["RunsDone"], counted["DocumentsWritten"], counted["DocumentsFailed"]) == ([1.0], [3.0], [1.0])
    telemetry.ran(replace(run, state=RunState.FAILED, result=None))
    told, counted = map(json.loads, capfd.readouterr().out.splitlines())
    assert (told["state"], counted["RunsFailed"]) == ("failed", [1.0])
    assert "DocumentsWritten" not in counted


def test_what_is_not_on_the_list_is_not_counted(capfd: pytest.CaptureFixture[str]) -> None:
    telemetry = Telemetry(f"test-{uuid4().hex}", plain=True)
    telemetry.job("Vanished")
    telemetry.flush()
    assert capfd.readouterr() == ("", "telemetry failed: KeyError\n")
