"""What AWS charged beside what was metered, once a day: from the schedule's message to the admins' channel."""

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot import aws, comparing
from bot.app import App
from bot.local.workspace.nouns import Channel
from bot.local.workspace.workspace import Workspace
from bot.observability import Telemetry
from bot.settings import load
from bot.working import workers
from rag_core.domain import Deadline, Usage
from rag_core.jobs import Job, JobKind
from tests.fakes.aws_wire import create_table, laid
from tests.infra.observing.template import GIVEN, Resolved
from tests.making import answer, question

TODAY = datetime.now(UTC).replace(hour=12)
DAY = TODAY.date() - timedelta(days=2)  # which is billed by then


@pytest.fixture
def slack() -> Iterator[Workspace]:
    with Workspace(limits=False) as made:
        yield made


@pytest.fixture
def admins(slack: Workspace) -> Channel:
    return slack.add_channel("admins", slack.add_person("Olga"), slack.bot)


@pytest.fixture
def app(aws_url: str, slack: Workspace, admins: Channel, tmp_path: Path) -> Iterator[App]:
    create_table(aws_url, "answers")
    settings = {
        "home": str(tmp_path),
        "embedding_model": "none",
        "aws_url": aws_url,
        "table": "answers",
        "retention": 36_500,
        "cost_tag": "stage=live",
        "slack_bot_token": slack.token,
        "slack_url": slack.url,
        "slack_admin_channel": admins.id,
    }
    with laid("dynamodb"):
        yield App(load({"AWS_REGION": "eu-central-1"}, **settings))


def scheduled() -> Job:
    """As the template's schedule has it sent, and a worker reads it."""
    given = {**GIVEN, "DailyCosts": "true", "Jobs": "arn:aws:sqs:eu-central-1:123456789012:jobs"}
    body = Resolved(given).resources["CostsSchedule"]["Target"]["Input"]
    body = body.replace("<aws.scheduler.execution-id>", "1a2b").replace(
        "<aws.scheduler.scheduled-time>", f"{TODAY:%Y-%m-%dT%H:%M:%SZ}"
    )
    return aws.job(body)


def charge(url: str, *bills: dict[str, float]) -> None:
    """Cost Explorer's next answers: each a bill of DAY, by service; what has no tag is another's."""
    for bill in bills:
        groups = [
            {
                "Keys": [service, "stage$" if service == "Amazon EC2" else "stage$live"],
                "Metrics": {"UnblendedCost": {"Amount": str(usd), "Unit": "USD"}},
            }
            for service, usd in bill.items()
        ]
        period = {"TimePeriod": {"Start": str(DAY), "End": "x"}, "Groups": groups, "Estimated": False, "Total": {}}
        result: dict[str, Any] = {"ResultsByTime": [period], "DimensionValueAttributes": []}
        body = {"account_id": "123456789012", "region": "us-east-1", "results": [result]}
        httpx.post(f"{url}/moto-api/static/ce/cost-and-usage-results", content=json.dumps(body)).raise_for_status()


def metered(app: App, usd: float) -> None:
    asked = replace(question("Why?", name="q"), asked_at=TODAY - timedelta(days=2))
    app.log.record_answer(asked, replace(answer(asked), usage=(Usage("claude", 1, cost_usd=usd),)))


def compare(app: App, at: datetime = TODAY) -> list[dict[str, Any]]:
    """The lines of one day's job."""
    stream = io.StringIO()
    telemetry = Telemetry("live", stream=stream, plain=True)
    comparing.work(app, telemetry, lambda: at)(scheduled(), Deadline.within(20), False)
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_difference_is_told_to_the_admins_with_its_reasons(
    app: App, aws_url: str, slack: Workspace, admins: Channel, capsys: pytest.CaptureFixture[str]
) -> None:
    metered(app, 4.0)
    charge(aws_url, {"Amazon Bedrock": 9.0, "AWS Lambda": 2.0, "Amazon EC2": 30.0})
    (line,) = compare(app)
    assert (line["message"], line["day"], line["cost_usd"]) == ("charged", str(DAY), 4.0)
    assert line["services"] == {"Amazon Bedrock": 9.0, "AWS Lambda": 2.0}
    (told,) = [each.text for each in slack.messages(admins)]
    assert told.startswith(f"On {DAY} AWS charged $11.00. Of this Bedrock $9.00, where $4.00 was metered")
    assert "$5.00 more" in told
    assert "Everything else, $2.00" in told
    assert "$30.00 more was charged to the account without the tag" in told
    assert told in capsys.readouterr().out


@pytest.mark.parametrize("charged", [4.9, 3.2])
def test_what_lies_close_together_is_logged_and_told_to_nobody(
    app: App, aws_url: str, slack: Workspace, admins: Channel, charged: float
) -> None:
    metered(app, 4.0)
    charge(aws_url, {"Amazon Bedrock": charged})
    assert compare(app)[0]["services"] == {"Amazon Bedrock": charged}
    assert slack.messages(admins) == []


def test_it_asks_once_a_day_and_who_looks_after_it_asks_no_more(app: App, aws_url: str) -> None:
    charge(aws_url, {"Amazon Bedrock": 1.0})
    compare(app)
    charge(aws_url, {"Amazon Bedrock": 2.0})  # to who asks next
    assert app.costs(DAY, DAY, charged=True).charged == {"Amazon Bedrock": 1.0}
    assert compare(app, TODAY + timedelta(hours=1))[0]["services"] == {"Amazon Bedrock": 1.0}
    compare(app, TODAY + timedelta(hours=23, minutes=59))  # a schedule is not exact
    assert app.costs(DAY, DAY, charged=True).charged == {"Amazon Bedrock": 2.0}


def test_a_worker_does_it_where_the_table_is(app: App, aws_url: str) -> None:
    charge(aws_url, {"Amazon Bedrock": 1.0})
    job = scheduled()
    assert job.kind is JobKind.COSTS
    workers(app, Telemetry(plain=True))(job, Deadline.within(20), False)
