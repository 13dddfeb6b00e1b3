"""Sources by one setting: as a user types their names, as Slack offers them, as the doctor sees them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.httpsession import URLLib3Session

from bot import scheduling
from bot.app import App
from bot.doctoring import examine
from bot.ingest_job import SlackIngestions
from bot.schedules import wrong
from bot.settings import load
from rag_core.backends.local_queue import LocalQueue
from rag_core.backends.web.noting import Notes
from rag_core.domain import Audience, PersonId, SourceName
from rag_core.errors import MisconfiguredError, RejectedError
from rag_core.jobs import JobKind
from rag_core.messaging import read
from rag_core.runs import RunId
from tests.bot.test_cli import Command
from tests.fakes.aws_wire import refused
from tests.fakes.website import Website, website
from tests.making import write
from tests.services.aws import REGION

HANDBOOK, SITE, ZENDESK = SourceName("handbook"), SourceName("site"), SourceName("zendesk")
BUCKET = {"bucket": "docs", "prefix": "handbook/", "internal": ["internal/"], "schedule": "rate(15 minutes)"}


@pytest.fixture
def bucket(aws_url: str) -> Any:
    client = cast(Any, boto3).client("s3", endpoint_url=aws_url, region_name=REGION)
    client.create_bucket(Bucket="docs", CreateBucketConfiguration={"LocationConstraint": REGION})
    client.put_object(Bucket="docs", Key="handbook/refunds.md", Body=b"# Refunds\n\nRefunds take thirty days.")
    client.put_object(Bucket="docs", Key="handbook/internal/pay.md", Body=b"# Pay\n\nAgents earn 20 an hour.")
    client.put_object(Bucket="docs", Key="other/faxes.md", Body=b"# Faxes\n\nFaxes are sent by hand.")
    return client


@pytest.fixture
def site() -> Iterator[Website]:
    with website() as made:
        yield made


def settings(**stated: Any) -> dict[str, str]:
    return {"SUPPORTBOT_SOURCES": json.dumps(stated), "SUPPORTBOT_REGION": REGION}


def made(home: Path, url: str = "", **stated: Any) -> App:
    environment = settings(**stated) | ({"SUPPORTBOT_AWS_URL": url} if url else {})
    return App(load(environment, home=str(home), embedding_model="none"))


def slack(app: App) -> SlackIngestions:
    queue = LocalQueue(lambda *_: None, lambda *_: None)
    queue.close()
    return SlackIngestions(app, queue, survives=False)


@pytest.mark.usefixtures("bucket")
class TestABucket:
    def test_from_its_name_to_an_answer_and_back(self, aws_url: str, tmp_path: Path) -> None:
        supportbot, environment = (
            Command(tmp_path / "home"),
            settings(handbook=BUCKET) | {"SUPPORTBOT_AWS_URL": aws_url},
        )

        def run(*arguments: str) -> str:
            return supportbot(*arguments, code=0, **environment).stdout

        assert "2 written" in run("ingest", "handbook")
        assert "0 written, 2 unchanged" in run("ingest", "handbook")
        answer = json.loads(run("ask", "How long do refunds take?", "--json"))
        assert answer["citations"][0]["url"] == "s3://docs/handbook/refunds.md#refunds"
        pay = "What do agents earn an hour?"
        assert "20 an hour" not in run("ask", pay, "--json")
        assert "20 an hour" in run("ask", pay, "--json", "--audience", "internal")
        assert "2 documents from handbook" in run("status")
        assert run("forget", "handbook") == "2 removed\n"

    def test_what_the_setting_states_is_not_said_otherwise(self, aws_url: str, tmp_path: Path) -> None:
        app = made(tmp_path, aws_url, handbook=BUCKET | {"audience": "internal"})
        with pytest.raises(MisconfiguredError, match="leave --audience out"):
            app.ingest(HANDBOOK, audience=Audience.PUBLIC)
        with pytest.raises(MisconfiguredError, match="leave --base-url out"):
            app.ingest(HANDBOOK, base_url="https://help.example")
        app.ingest(HANDBOOK)
        assert app.index.search("refunds", None, audience=Audience.PUBLIC, limit=5).passages == ()

    def test_another_audience_counts_from_the_next_ingestion_on(self, aws_url: str, tmp_path: Path) -> None:
        made(tmp_path, aws_url, handbook=BUCKET | {"audience": "internal"}).ingest(HANDBOOK)
        app = made(tmp_path, aws_url, handbook=BUCKET | {"audience": "public"})
        assert app.ingest(HANDBOOK).written == 1  # what lies below internal/ stays what it is
        found = app.index.search("refunds pay hour", None, audience=Audience.PUBLIC, limit=5).passages
        assert {passage.chunk.document.id for passage in found} == {"refunds"}

    def test_slack_offers_it(self, aws_url: str, tmp_path: Path) -> None:
        app = made(tmp_path, aws_url, handbook=BUCKET)
        ingestions = slack(app)
        assert list(ingestions.offered()) == [HANDBOOK]
        assert ingestions.request(HANDBOOK, PersonId("ada"), run=RunId("r1"), full=False).source == HANDBOOK
        with pytest.raises(RejectedError, match="SUPPORTBOT_SOURCES names no such source"):
            ingestions.request(SourceName("gone"), PersonId("ada"), run=RunId("r2"), full=False)

    def test_the_doctor_lists_it(self, aws_url: str, tmp_path: Path) -> None:
        app = made(tmp_path, aws_url, handbook=BUCKET, lost={"bucket": "nowhere"})
        found = {finding.name: finding for finding in examine(app)}
        assert found["handbook"].text == "2 objects in s3://docs/handbook/, public; read again rate(15 minutes) UTC"
        assert not found["lost"].well
        assert "NoSuchBucket" in found["lost"].text
        assert "s3:ListBucket" in found["lost"].text


class TestASite:
    def test_one_in_a_private_network_says_so(self, site: Website, tmp_path: Path) -> None:
        app = made(tmp_path, site={"site": site.url})
        with pytest.raises(MisconfiguredError, match="not public"):
            app.ingest(SITE)
        finding = next(each for each in examine(app) if each.name == "site")
        assert (finding.well, site.asked) == (False, [])

    def test_forgotten_it_begins_anew(self, tmp_path: Path) -> None:
        app = made(tmp_path, site={"site": "https://www.example.com"})
        app.ingest(write(tmp_path / "docs", spf="SPF is a record."))
        notes = Notes(app.records, SITE)
        notes.write()
        app.sources.forgotten(SITE)
        assert app.records.list("web:site") == []


def test_a_folder_of_that_name_is_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, handbook__page="# Refunds\n\nRefunds take thirty days.")
    monkeypatch.chdir(tmp_path)
    app = made(tmp_path / "home", handbook=BUCKET)
    assert (app.sources.meant("handbook"), app.sources.meant("./handbook")) == (HANDBOOK, Path("handbook"))
    assert isinstance(app.sources.meant("handbook"), str)


class TestTheSetting:
    @pytest.mark.parametrize(
        ("stated", "reason"),
        [
            ({"Handbook": BUCKET}, "no name"),
            ({"../x": BUCKET}, "no name"),
            ({"handbook": {}}, "neither a bucket nor a site"),
            ({"handbook": BUCKET | {"site": "https://x.example"}}, "unknown field `site`"),
            ({"handbook": BUCKET | {"prefixes": "x"}}, "unknown field `prefixes`"),
            ({"handbook": BUCKET | {"internal": [""]}}, "internal"),
            ({"handbook": BUCKET | {"audience": "everybody"}}, "audience"),
            ({"handbook": BUCKET | {"schedule": "every day"}}, "no schedule: a schedule reads rate"),
            ({"handbook": BUCKET | {"timezone": "Berlin"}}, "no time zone"),
            ({"handbook": BUCKET | {"base_url": "javascript:alert(1)"}}, "base_url"),
            ({"handbook": {"bucket": "UPPER/case"}}, "bucket"),
            ({"site": {"site": "ftp://x.example"}}, "site"),
            ({"site": {"site": "https://user@x.example"}}, "site"),
            ({"site": {"site": "https://x.example", "pages": 0}}, "pages"),
            ({"zendesk": {"bucket": "docs"}}, "zendesk is Zendesk's own"),
        ],
    )
    def test_what_is_wrong_is_said_with_its_name(self, stated: dict[str, Any], reason: str, tmp_path: Path) -> None:
        with pytest.raises(MisconfiguredError) as error:
            made(tmp_path, **stated)
        assert str(error.value).startswith("SUPPORTBOT_SOURCES is wrong: ")
        assert reason in str(error.value)

    @pytest.mark.parametrize("text", ["{", "[]", '{"a": 1}', "/nowhere/sources.json", "~nobody-here/x"])
    def test_what_is_none_is_said(self, text: str, tmp_path: Path) -> None:
        with pytest.raises(MisconfiguredError, match=r"SUPPORTBOT_SOURCES is wrong.*docs/ingesting\.md"):
            load({"SUPPORTBOT_SOURCES": text}, home=str(tmp_path))

    def test_a_file_holds_it_as_well(self, tmp_path: Path) -> None:
        file = tmp_path / "sources.json"
        file.write_text(json.dumps({"zendesk": {"schedule": "rate(1 hour)"}, "handbook": BUCKET}))
        app = App(load({"SUPPORTBOT_SOURCES": str(file)}, home=str(tmp_path)))
        assert list(app.sources.stated) == [ZENDESK, HANDBOOK]
        assert list(app.sources.offered()) == [HANDBOOK]  # Zendesk is not set up here


class TestInTheScheduler:
    """moto keeps schedules, and fires none: what is sent is read as a worker would."""

    QUEUE, ROLE = "arn:aws:sqs:eu-central-1:123456789012:ingest", "arn:aws:iam::123456789012:role/schedules"

    def test_they_become_what_is_stated(self, aws_url: str, tmp_path: Path) -> None:
        client = cast(Any, boto3).client("scheduler", endpoint_url=aws_url, region_name=REGION)
        client.create_schedule_group(Name="dev")

        def kept(**sources: Any) -> dict[str, Any]:
            scheduling.keep(made(tmp_path, aws_url, **sources), "dev", self.QUEUE, self.ROLE)
            names = [each["Name"] for each in client.list_schedules(GroupName="dev")["Schedules"]]
            return {name: client.get_schedule(GroupName="dev", Name=name) for name in names}

        site = {"site": "https://x.example", "schedule": "cron(0 3 * * ? *)", "timezone": "Europe/Berlin"}
        first = kept(handbook=BUCKET, site=site, unscheduled={"bucket": "docs"}, zendesk={"schedule": "rate(1 hour)"})
        assert set(first) == {"handbook", "site"}  # Zendesk is not set up here
        assert first["site"]["ScheduleExpressionTimezone"] == "Europe/Berlin"
        assert first["handbook"]["Target"]["Arn"] == self.QUEUE
        second = kept(handbook=BUCKET | {"schedule": "rate(2 hours)"})
        assert {name: each["ScheduleExpression"] for name, each in second.items()} == {"handbook": "rate(2 hours)"}

    def test_what_they_send_is_a_job(self) -> None:
        sent = (
            scheduling.message(HANDBOOK)
            .replace(scheduling.EXECUTION, "d32c5e1a")
            .replace(scheduling.TIME, "2026-11-28T03:00:00Z")
        )
        job = read(sent)
        assert (job.id, job.kind, dict(job.payload)) == (
            "schedule-d32c5e1a",
            JobKind.INGEST,
            {"source": "handbook", "by": "schedule"},
        )

    def test_a_group_that_is_not_there_is_named(self, aws_url: str, tmp_path: Path) -> None:
        def gone(request: AWSPreparedRequest, **_: object) -> AWSResponse:  # moto breaks where AWS says no
            return refused("ResourceNotFoundException", 404)(request, URLLib3Session().send)

        boto3.setup_default_session()
        assert boto3.DEFAULT_SESSION is not None
        boto3.DEFAULT_SESSION.events.register("before-send.scheduler", cast(Any, gone))
        with pytest.raises(MisconfiguredError, match=r"the schedule group gone may not be used \(ResourceNotFound"):
            scheduling.keep(made(tmp_path, aws_url, handbook=BUCKET), "gone", self.QUEUE, self.ROLE)

    def test_the_command_shows_them(self, tmp_path: Path) -> None:
        supportbot = Command(tmp_path / "home")
        shown = supportbot("sources", code=0, **settings(handbook=BUCKET, site={"site": "https://x.example"}))
        assert shown.stdout.splitlines() == [
            "handbook: s3://docs/handbook/, public, rate(15 minutes) UTC",
            "site: https://x.example, public, when somebody asks",
        ]
        refused = supportbot("sources", "--schedule", "dev", code=2, **settings(handbook=BUCKET))
        assert "--schedule needs --queue and --role" in refused.stderr


class TestSchedules:
    @pytest.mark.parametrize(
        "expression",
        [
            *("rate(1 minute)", "rate(15 minutes)", "rate(7 days)", "rate(1 hours)"),
            *("cron(0 3 * * ? *)", "cron(0/15 8-18 ? * MON-FRI *)", "cron(0 3 1,15 jan-mar ? 2026-2030)"),
            *(
                "cron(0 3 L * ? *)",
                "cron(0 3 15W * ? *)",
                "cron(0 3 ? * 6#3 *)",
                "cron(0 3 ? * 6L *)",
                "cron(*/5 * * * ? *)",
            ),
        ],
    )
    def test_what_the_scheduler_takes(self, expression: str) -> None:
        assert wrong(expression, "Europe/Berlin") == ""

    @pytest.mark.parametrize(
        "expression",
        [
            *("", "rate(0 minutes)", "rate(5 weeks)", "rate(1.5 hours)", "Rate(1 hour)", "rate(1  hour)"),
            *("cron(0 3 * * *)", "cron(0 3 * * * *)", "cron(0 3 ? * ? *)", "cron(60 3 * * ? *)", "cron(0 24 * * ? *)"),
            *(
                "cron(0 3 0 * ? *)",
                "cron(0 3 * 13 ? *)",
                "cron(0 3 ? * 8 *)",
                "cron(0 3 * * ? 1969)",
                "cron(0 3 * FOO ? *)",
            ),
            *("cron(0 3 1-2-3 * ? *)", "cron(0/0 3 * * ? *)", "at(2026-01-01T00:00:00)", "* * * * *"),
        ],
    )
    def test_what_it_does_not(self, expression: str) -> None:
        assert "no schedule" in wrong(expression, "UTC")

    @pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../../etc/passwd", "CEST"])
    def test_zones(self, zone: str) -> None:
        assert "no time zone" in wrong("rate(1 hour)", zone)
