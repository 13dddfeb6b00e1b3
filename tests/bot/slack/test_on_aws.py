"""From the request URL through the queue to the thread."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

import boto3
import pytest
from cryptography.fernet import Fernet

from bot.app import App
from bot.arriving import gateway
from bot.batching import Batches
from bot.local.workspace.workspace import Workspace
from bot.observability import Telemetry
from bot.working import workers
from rag_core import messaging
from tests.bot.api.asking import REFUND
from tests.bot.slack.desk import Cloud, Help, Written, gateway_of, received, settings, values
from tests.infra.observing.insights import run
from tests.infra.observing.template import Resolved
from tests.services.aws import REGION


@pytest.fixture
def cloud(team: Workspace, home: Path, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    for name in ("SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET", "SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET"):
        monkeypatch.setenv(name, "of another app")  # Bolt would take them
    stated = settings(home, team, slack_signing_secret=team.signing_secret, slack_app_token="")
    telemetry = Telemetry(f"test-{uuid4().hex}", plain=True)
    queue = Written()
    made = gateway_of(stated, queue, telemetry)
    work = workers(App(stated), telemetry, queue)
    cloud = Cloud(made, Batches(stated, work, messaging.read, telemetry), queue.messages)
    team.deliver_to(cloud.deliver)
    return cloud


def test_by_request_url_a_mention_and_its_twin_are_one_answer(help_: Help, cloud: Cloud) -> None:
    question = help_.ask()
    assert len(cloud.waiting) == 2  # app_mention, message
    assert cloud.work() == []
    assert "thirty days" in help_.answer(question).text
    assert cloud.work() == []
    assert len(help_.slack.thread(question)) == len({each.ts for each in help_.slack.thread(question)})


def test_by_request_url_our_own_messages_make_no_work(help_: Help, cloud: Cloud) -> None:
    help_.ask()
    cloud.work()
    help_.slack.settle()
    assert cloud.waiting == []  # what was posted, streamed and updated came back as events


def test_a_question_that_fails_for_good_is_told_and_counted(
    help_: Help, cloud: Cloud, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(home / "index")
    question = help_.ask()
    for number in range(1, 6):
        if not cloud.work(number):
            break
    assert cloud.waiting == []
    said = capsys.readouterr().out
    assert '"question failed"' in said
    (failed,) = [json.loads(line) for line in said.splitlines() if '"Questions"' in line and '"_aws"' in line]
    assert (failed["Status"], failed["Channel"], failed["Questions"]) == ("failed", "slack", [1.0])
    (reply,) = [each for each in help_.slack.thread(question) if each.user == help_.slack.bot.id]
    (told,) = [json.loads(line) for line in said.splitlines() if '"question failed"' in line]
    assert told["question_id"] in json.dumps(reply.blocks) + reply.text


def test_the_path_of_a_question_is_followed_by_its_id(
    help_: Help, cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    help_.ask()
    cloud.work()
    said = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    lines = [line for line in said if "message" in line]
    query = Resolved().resources["OnePath"]["QueryString"]
    (asked,) = [line["question_id"] for line in lines if line["message"] == "answered"]
    (answered,) = run(query.replace("ID", asked), lines)
    path = run(query.replace("ID", answered["job_id"]), lines)
    assert [(row["message"], row["status"], row["outcome"]) for row in path] == [
        ("request", 200, None),
        ("answered", None, "answered"),
        ("job done", None, None),
    ]
    assert all(row["wait_ms"] >= 0 for row in path[1:])
    assert path[2]["ms"] > 0


def test_a_rating_is_counted_by_channel_and_source_and_once(
    help_: Help, cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    question = help_.ask()
    cloud.work()
    reply = help_.answer(question)
    capsys.readouterr()
    helpful, not_helpful = sorted(value for value in values(reply.blocks) if "helpful:" in value)
    for value in (helpful, helpful, not_helpful):
        help_.slack.click(help_.ada, reply, "rate", value)
        cloud.work()
    metrics = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    rated = [each for each in metrics if "Helpful" in each]
    sets = [each["_aws"]["CloudWatchMetrics"][0]["Dimensions"] for each in rated]
    assert sets == [[["service"], ["service", "Channel"]], [["service", "Source"]]] * 2
    assert [(each["Helpful"], each["NotHelpful"]) for each in rated] == [([1.0], [0.0])] * 2 + [([0.0], [1.0])] * 2
    assert {each["_aws"]["CloudWatchMetrics"][0]["Namespace"] for each in metrics} == {"SupportBot"}
    assert {each["Channel"] for each in rated if "Channel" in each} == {"slack"}


def test_a_workspace_installs_the_app_in_a_browser_and_is_answered(team: Workspace, home: Path, aws_url: str) -> None:
    acme = team.add_team("Acme", installed=False)
    owner = team.add_person("Olga", role="owner", team=acme)
    url = boto3.client("sqs").create_queue(QueueName="jobs")["QueueUrl"]
    stated = settings(
        home,
        team,
        slack_bot_token="",
        slack_app_token="",
        slack_signing_secret=team.signing_secret,
        slack_client_id=team.app.client_id,
        slack_client_secret=team.app.client_secret,
        slack_encryption_key=Fernet.generate_key().decode(),
        slack_workspaces=acme.id,
        queue_url=url,
        aws_url=aws_url,
        region=REGION,
    )
    made, telemetry = gateway(stated), Telemetry(f"test-{uuid4().hex}", plain=True)

    def get(path: str, query: Mapping[str, str], cookie: str = "") -> dict[str, Any]:
        about = {"stage": "live", "http": {"method": "GET", "path": path}}
        event = {"rawPath": f"/live{path}", "queryStringParameters": query, "requestContext": about, "headers": {}}
        return made.handle(event | {"cookies": [cookie] if cookie else []})

    first = get("/slack/install", {})
    state = dict(parse_qsl(urlsplit(first["headers"]["Location"]).query))["state"]
    cookie = first["headers"]["Set-Cookie"].partition(";")[0]
    last = get("/slack/oauth_redirect", {"code": team.consent(acme, owner), "state": state}, cookie)
    assert (first["statusCode"], last["statusCode"]) == (302, 200)
    assert get("/slack/oauth_redirect", {"code": "x", "state": state})["statusCode"] == 400
    assert get("/else", {})["statusCode"] == 404

    waiting: list[str] = []
    cloud = Cloud(made, Batches(stated, workers(App(stated), telemetry), messaging.read, telemetry), waiting)
    team.deliver_to(cloud.deliver)
    channel = team.add_channel("help", owner, team=acme)
    question = team.say(channel, owner, f"<@{acme.bot}> {REFUND}")
    waiting += received(url)
    assert cloud.work() == []
    (reply,) = [each for each in team.thread(question) if each.user == acme.bot]
    assert "thirty days" in reply.text
    value = next(found for found in values(reply.blocks) if found.startswith("not_helpful:"))
    team.click(owner, reply, "rate", value)
    assert team.modal(owner) is not None  # opened by the workspace's own token
