"""Dashboard, alarms and saved queries, against what the code really emits."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import redirect_stdout
from dataclasses import replace
from io import StringIO
from pathlib import Path

import boto3
import pytest

from bot import metrics, spending
from bot.metrics import METRICS, NAMESPACE
from bot.observability import FIELDS, Telemetry
from bot.settings import Settings
from rag_core.budgeting import NEAR, SPENT, Spending
from rag_core.domain import (
    Acceptance,
    Answer,
    AnswerRecord,
    Audience,
    Cached,
    Citation,
    DocumentId,
    Outcome,
    PersonId,
    Question,
    QuestionId,
    Rating,
    SourceName,
    Usage,
    Use,
)
from rag_core.errors import UnavailableError
from rag_core.runs import IngestionRun, RunId, RunRecord, RunState
from tests.infra.observing import alarming, insights
from tests.infra.observing.drawing import series
from tests.infra.observing.metering import Store
from tests.infra.observing.template import GIVEN, PATH, STAGE, Resolved
from tests.infra.observing.week import BEGIN, HOURS, Week, store
from tests.making import NOON
from tests.services.aws import REGION, account

MADE = Resolved()
ALARMS = MADE.all("AWS::CloudWatch::Alarm")
QUERIES = {name: each["QueryString"] for name, each in MADE.all("AWS::Logs::QueryDefinition").items()}
WIDGETS = [each for each in MADE.dashboard["widgets"] if each["type"] == "metric"]
SERVICE = f"supportbot-{STAGE}"
Named = tuple[str, str, dict[str, str]]  # namespace, metric, dimensions


def everything(telemetry: Telemetry) -> None:
    """All that it can be told."""
    asked = Question(QuestionId("q"), "", Audience.PUBLIC, PersonId("ada"), "slack", NOON)
    cited = (Citation("", "", SourceName("docs"), DocumentId("d")),)
    timings = dict.fromkeys(metrics.STAGES[2:], 1.0)
    for channel in metrics.CHANNELS:
        for outcome in Outcome:
            answer = Answer(asked.id, outcome, "", cited, (), 0.5, timings, usage=(Usage("m", 1, 1, 1),))
            telemetry.answered(answer, channel=channel)
        telemetry.unanswered(asked.id, UnavailableError("x"), channel=channel)
        record = AnswerRecord(replace(asked, channel=channel), Outcome.ANSWERED, "", cited, 0.5)
        for helpful in (True, False):
            telemetry.rated(Rating(asked.id, PersonId("ada"), helpful, NOON, "wrong"), record)
    for how in Cached:
        telemetry.answered(Answer(asked.id, Outcome.ANSWERED, "", (), (), 1, cached=how), channel="slack")
    telemetry.answered(Answer(asked.id, Outcome.ANSWERED, "", (), (), 1, degraded=metrics.PARTS), channel="slack")
    for use in Use:
        telemetry.accepted(Acceptance(asked.id, use, 1, False, NOON), channel="zendesk")
    done = IngestionRun(SourceName("docs"), 1, 1, 1, (), (), 1, None, 1)
    for state in (RunState.DONE, RunState.FAILED, RunState.CANCELLED):
        run = RunRecord(RunId("r"), done.source, PersonId("ada"), NOON, state=state, ended=NOON)
        telemetry.ran(replace(run, result=done) if state is RunState.DONE else run)
    telemetry.job("Done", 1.0)
    for ended in ("Failed", "Held", "Waiting"):
        telemetry.job(ended)
    telemetry.ended(429, 1.0)
    telemetry.knowledge(1.0)
    for threshold in (NEAR, SPENT):
        spending.count(Settings(tenant=STAGE), threshold, Spending(NOON.date(), 1.0, NOON), "")


@pytest.fixture(scope="module")
def emitted() -> set[tuple[str, frozenset[str]]]:
    """Every metric by each of its sets of dimensions, out of real lines."""
    out = StringIO()
    telemetry = Telemetry(STAGE, stream=StringIO(), plain=True)
    with redirect_stdout(out):
        everything(telemetry)
        telemetry.flush()
    known = Store().read(out.getvalue().splitlines())
    return {(name, frozenset(key for key, _ in dimensions)) for space, name, dimensions in known.values}


@pytest.fixture(scope="module")
def week() -> Week:
    return Week()


@pytest.fixture(scope="module")
def known(week: Week) -> Store:
    return store(week)


def of_widgets() -> Iterator[Named]:
    for widget in WIDGETS:
        for row in widget["properties"]["metrics"]:
            space, *rest = (each for each in row if not isinstance(each, dict)) if isinstance(row[0], str) else ("",)
            if space:
                yield space, rest[0], dict(zip(rest[1::2], rest[2::2], strict=True))
            elif found := re.search(r"SEARCH\('\{(.+?)\} (.+?)'", row[0]["expression"]):
                names, given = found[1].split(","), dict(re.findall(r'(\w+)="([^"]+)"', found[2]))
                yield names[0], given["MetricName"], {name: given.get(name, "") for name in names[1:]}


def of_alarms() -> Iterator[Named]:
    for alarm in ALARMS.values():
        for _, metric, _, _ in alarming.metrics(alarm):
            dimensions = {each["Name"]: each["Value"] for each in metric.get("Dimensions", ())}
            yield metric["Namespace"], metric["MetricName"], dimensions


def test_the_linter_finds_nothing() -> None:
    linted = subprocess.run(
        [Path(sys.executable).with_name("cfn-lint"), PATH], capture_output=True, text=True, check=False
    )
    assert (linted.returncode, linted.stdout) == (0, "")


def test_what_is_looked_at_is_emitted(emitted: set[tuple[str, frozenset[str]]]) -> None:
    values = {"service": {SERVICE}, "Status": set(metrics.STATUSES), "Channel": set(metrics.CHANNELS)}
    looked = [each for each in (*of_widgets(), *of_alarms()) if each[0] == NAMESPACE]
    assert len(looked) > 60
    for _, name, dimensions in looked:
        assert (name, frozenset(dimensions)) in emitted, name
        for key, value in dimensions.items():
            assert not value or value in values[key], (name, value)


def test_all_that_is_emitted_is_known_and_looked_at(emitted: set[tuple[str, frozenset[str]]]) -> None:
    listed = {(m.name, frozenset(each)) for m in METRICS.values() for sets in m.by for each in sets}
    assert emitted == listed
    seen = {(name, frozenset(dimensions)) for space, name, dimensions in (*of_widgets(), *of_alarms())}
    assert listed - seen == set()


def test_parts_of_other_names_are_those_of_the_template() -> None:
    others = {(space, name) for space, name, _ in (*of_widgets(), *of_alarms()) if space != NAMESPACE}
    assert others == {
        ("AWS/ApiGateway", "5xx"),
        ("AWS/ApiGateway", "Count"),
        ("AWS/Bedrock", "InvocationThrottles"),
        ("AWS/Lambda", "Errors"),
        ("AWS/Lambda", "Invocations"),
        ("AWS/Lambda", "Throttles"),
        ("AWS/SQS", "ApproximateAgeOfOldestMessage"),
        ("AWS/SQS", "ApproximateNumberOfMessagesVisible"),
        (f"SupportBot/{STAGE}", "Refused"),
    }
    (made,) = MADE.all("AWS::Logs::MetricFilter").values()
    assert [(each["MetricNamespace"], each["MetricName"]) for each in made["MetricTransformations"]] == [
        (f"SupportBot/{STAGE}", "Refused")
    ]


def test_names_of_queues_functions_and_logs_are_those_of_the_template() -> None:
    template = PATH.parent / "template.yaml"
    if not template.exists():
        pytest.skip("there is no infra/template.yaml yet")
    text = template.read_text("utf-8")
    used = re.findall(r"supportbot-\$\{Stage\}-(?!alarms)[a-z-]+(?=\")", PATH.read_text("utf-8"))
    used += re.findall(r"/supportbot/\$\{Stage\}/[a-z]+", PATH.read_text("utf-8"))
    names = {
        name for name in used if not name.endswith(tuple(f"-{each['AlarmName'][16:]}" for each in ALARMS.values()))
    }
    assert {name for name in names if name not in text} == set()


def test_every_widget_has_something_to_show(known: Store) -> None:
    for widget in WIDGETS:
        drawn = series(widget, known)
        assert drawn, widget["properties"]["title"]
        assert any(each.series for each in drawn), widget["properties"]["title"]
        assert all(each.label for each in drawn), widget["properties"]["title"]


def test_figures_of_widgets_are_those_of_the_week(known: Store, week: Week) -> None:
    said = [json.loads(line) for line in week.logs]
    ended = [line for line in said if line["message"] in ("answered", "question failed")]
    by = {widget["properties"]["title"]: series(widget, known) for widget in WIDGETS}
    for title, count in (("Questions by outcome", len(ended)), ("Questions by channel", len(ended))):
        assert sum(sum(each.series.values()) for each in by[title]) == count
    shares = by["Share of each stage"]
    for at in shares[0].series:
        assert sum(each.series[at] for each in shares) == pytest.approx(100)
    usd = sum(line.get("cost_usd", 0) for line in said)
    assert sum(by["Cost of a day"][0].series.values()) == pytest.approx(usd, rel=1e-3)


@pytest.mark.parametrize(
    ("hour", "on"),
    [
        (60, set()),
        (3 * 24 + 12, {"Throttling"}),
        (3 * 24 + 14, {"DeadLetters"}),
        (HOURS, {"IngestionStale"}),
    ],
)
def test_alarms_go_off_in_their_hours(known: Store, hour: int, on: set[str]) -> None:
    at = BEGIN.timestamp() + hour * 3600
    alarms = {
        name: each for name, each in ALARMS.items() if alarming.metrics(each)[0][3] < 3600 or name == "IngestionStale"
    }
    at = BEGIN.timestamp() + hour * 3600
    assert {name for name, each in alarms.items() if alarming.judged(each, known, at)} == on


def values(name: str, **dimensions: str) -> Named:
    return NAMESPACE, name, {"service": SERVICE, **dimensions}


WORKER = {"FunctionName": f"{SERVICE}-worker"}
BAD: Mapping[str, list[tuple[Named, list[float]]]] = {
    "ErrorShare": [
        (values("Questions", Status="answered"), [1.0] * 19),
        (values("Questions", Status="failed"), [1.0] * 2),
    ],
    "Latency": [(values("LatencyTotal"), [1000.0] * 8 + [16000.0] * 2)],
    "DeadLetters": [
        (("AWS/SQS", "ApproximateNumberOfMessagesVisible", {"QueueName": f"{SERVICE}-ingestions-dead"}), [1])
    ],
    "QueueAge": [(("AWS/SQS", "ApproximateAgeOfOldestMessage", {"QueueName": f"{SERVICE}-jobs"}), [121.0])],
    "Throttling": [(("AWS/Lambda", "Throttles", WORKER), [6.0]), ((f"SupportBot/{STAGE}", "Refused", {}), [5.0])],
    "Cost": [(values("CostUSD"), [20.5])],
    "Abstention": [
        (values("Questions", Status="answered"), [12.0]),
        (values("Questions", Status="no_evidence"), [9.0]),
    ],
    "HelpfulShare": [(values("Helpful"), [1.0] * 5 + [0.0] * 5), (values("NotHelpful"), [0.0] * 5 + [1.0] * 5)],
    "IngestionStale": [(values("KnowledgeAge"), [49 * 3600.0])],
}


@pytest.mark.parametrize("name", ALARMS)
def test_each_alarm_goes_off_and_is_quiet_where_nothing_is_said(name: str) -> None:
    alarm, now = ALARMS[name], 1_800_000_000 // 86400 * 86400.0
    period = alarming.metrics(alarm)[0][3]
    filled = Store()
    for (space, metric, dimensions), each in BAD[name]:
        for ago in range(1, alarm["EvaluationPeriods"] + 1):
            for value in each:
                filled.put(space, metric, dimensions, now - ago * period + 1, value)
    assert alarming.judged(alarm, filled, now)
    assert not alarming.judged(alarm, Store(), now)


@pytest.mark.parametrize("name", ALARMS)
def test_each_alarm_says_in_one_sentence_what_to_do_and_where_that_is_written(name: str) -> None:
    alarm = ALARMS[name]
    page = f"docs/runbook/{alarm['AlarmName'].removeprefix(f'supportbot-{STAGE}-')}.md"
    said = alarm["AlarmDescription"].strip()
    assert said.endswith(f". {page}")
    assert ". " not in said.removesuffix(page).strip()
    assert alarm["AlarmActions"]


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_reads_what_lines_hold(name: str, week: Week) -> None:
    always = {"message", "level", "error", "error_message"}
    inner = {f"stages_ms.{stage}" for stage in metrics.STAGES} | {"tokens.input", "tokens.output"}
    assert insights.names(QUERIES[name]) <= FIELDS | always | inner
    said = {json.loads(line)["message"] for line in week.logs}
    assert set(re.findall(r'message = "([^"]+)"', QUERIES[name])) <= said


def test_the_lists_are_what_the_lines_say(week: Week) -> None:
    said = [json.loads(line) for line in week.logs]
    worst = insights.run(QUERIES["WorstAnswers"], said)
    assert len(worst) == 20
    against = {line["question_id"] for line in said if line["message"] == "rated" and not line["helpful"]}
    assert {row["question_id"] for row in worst} <= against
    unanswered = insights.run(QUERIES["Unanswered"], said)
    assert len(unanswered) == 100
    assert {row["outcome"] for row in unanswered} <= {"no_evidence", "unsupported", None}
    (slowest, *_) = insights.run(QUERIES["Slowest"], said)
    assert slowest["stages_ms.total"] == max(line.get("stages_ms", {}).get("total", 0) for line in said)
    (failed,) = insights.run(QUERIES["Failures"], said)
    assert (failed["error"], failed["said"]) == ("UnavailableError", "Bedrock is throttled")
    spent = insights.run(QUERIES["Spending"], said)
    assert sum(row["questions"] for row in spent) == sum(line["message"] == "answered" for line in said)


@pytest.mark.filterwarnings("ignore:Tried to parse:UserWarning")  # moto knows most of it
def test_deployed_to_moto_it_reads_back() -> None:
    with account() as url:
        clients = {
            name: boto3.client(name, endpoint_url=url) for name in ("cloudformation", "cloudwatch", "logs", "sns")
        }
        clients["logs"].create_log_group(logGroupName=f"/supportbot/{STAGE}/api")
        parameters = [{"ParameterKey": name, "ParameterValue": value} for name, value in GIVEN.items()]
        parameters.append({"ParameterKey": "AlarmEmail", "ParameterValue": "ops@example.com"})
        clients["cloudformation"].create_stack(
            StackName="observing", TemplateBody=PATH.read_text("utf-8"), Parameters=parameters
        )
        (stack,) = clients["cloudformation"].describe_stacks(StackName="observing")["Stacks"]
        assert stack["StackStatus"] == "CREATE_COMPLETE"
        body = json.loads(clients["cloudwatch"].get_dashboard(DashboardName=SERVICE)["DashboardBody"])
        assert len(body["widgets"]) == len(MADE.dashboard["widgets"])
        assert {each["properties"]["region"] for each in body["widgets"] if each["type"] == "metric"} == {REGION}
        (topic,) = clients["sns"].list_topics()["Topics"]
        for alarm in Resolved({**GIVEN, "AlarmTopic": topic["TopicArn"]}).all("AWS::CloudWatch::Alarm").values():
            clients["cloudwatch"].put_metric_alarm(**alarm)  # moto's CloudFormation has no alarms
        alarms = clients["cloudwatch"].describe_alarms()["MetricAlarms"]
        assert {each["AlarmName"] for each in alarms} == {each["AlarmName"] for each in ALARMS.values()}
        assert {action for each in alarms for action in each["AlarmActions"]} == {topic["TopicArn"]}
        by = {each["AlarmName"]: each for each in alarms}
        assert by[f"{SERVICE}-queue-age"]["Threshold"] == 120
        assert len(by[f"{SERVICE}-throttling"]["Metrics"]) == 6
        (widget,) = [each for each in body["widgets"] if each["type"] == "alarm"]
        assert set(widget["properties"]["alarms"]) == {each["AlarmArn"] for each in alarms}
