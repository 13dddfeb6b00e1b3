"""`make deploy` from end to end: the real `sam deploy`, what is set up after it, documents, and `--remove`."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import boto3
import pytest

from infra.accounts import Account
from infra.filling import ROOT
from tests.infra.cloud import Cloud, before
from tests.making import write

SAM = ROOT / ".venv-infra" / "bin" / "sam"
BUCKET = "supportbot-dev-123456789012-eu-central-1"
pytestmark = pytest.mark.skipif(not SAM.is_file(), reason="SAM is not installed: `make check-infra` does it")


class Api(BaseHTTPRequestHandler):
    """What API Gateway would hand to the query function: answers whoever has a key."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        good = self.path == "/query" and self.headers["Authorization"].startswith("Bearer ")
        body = json.dumps({"outcome": "no_evidence"}).encode()
        self.send_response(200 if good else 401)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@dataclass
class Admin:
    """At the repository, with an AWS account."""

    home: Path
    account: str
    api: str
    cloud: Cloud

    def runs(self, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        env = os.environ | {"AWS_ENDPOINT_URL": self.account, "PYTHONPATH": str(self.home), "SAM_CLI_TELEMETRY": "0"}
        env |= {"SUPPORTBOT_AWS_URL": self.account, "SUPPORTBOT_BEDROCK_URL": self.account, "HOME": str(self.home)}
        command = [sys.executable, "-u", "-m", "infra.deploying", "dev", *arguments]
        return subprocess.run(
            command, check=False, capture_output=True, text=True, env=env, cwd=self.home, input=typed, timeout=300
        )


@pytest.fixture
def admin(aws_url: str, tmp_path: Path) -> Iterator[Admin]:
    home = tmp_path / "supportbot"
    shutil.copytree(ROOT / "infra", home / "infra", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("bot", "integrations", "rag_core", "manifest.yml", ".venv-infra"):
        (home / name).symlink_to(ROOT / name)
    (home / "build").mkdir()
    with zipfile.ZipFile(home / "build" / "lambda-arm64.zip", "w") as package:
        package.writestr("bot/handlers/query.py", "")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    Thread(target=server.serve_forever, daemon=True).start()
    api = f"http://127.0.0.1:{server.server_address[1]}"
    with before(aws_url, api) as (url, cloud):
        yield Admin(home, url, api, cloud)
    server.shutdown()
    server.server_close()


@pytest.mark.filterwarnings("ignore:.*not supported by moto")
@pytest.mark.filterwarnings("ignore:Tried to parse")
def test_an_installation_is_deployed_fed_asked_and_removed(admin: Admin, tmp_path: Path) -> None:
    folder = write(tmp_path / "docs", refunds="# Refunds\n\nThirty days.", internal__margins="# Margins\n\nHigh.")
    wished = ("--documents", str(folder), "--ingest", "handbook", 'MoreSettings={"slack_humans": "S0614TZR7"}')
    done = admin.runs("Size=small", "--built", "--yes", *wished)
    assert done.returncode == 1, done.stdout + done.stderr  # there is no OpenSearch here, which the doctor finds
    told = "it is deployed, but the doctor found what is to be mended; handbook was not read wholly. What is said above"
    assert told in done.stderr
    assert "supportbot: handbook does not exist" in done.stderr  # a source that nobody has stated
    the_change_sets(admin, done.stdout)
    the_functions_settings()
    the_secret()
    the_schedules()
    the_documents()
    what_is_printed(admin, done.stdout)
    assert "SUPPORTBOT_SLACK_SIGNING_SECRET" not in done.stderr

    refused = admin.runs("--remove", typed="yes\n")
    assert (refused.returncode, "that is not its name" in refused.stderr) == (1, True)
    removed = admin.runs("--remove", typed="supportbot-dev\n")
    assert removed.returncode == 0, removed.stdout + removed.stderr
    assert f"aws s3 rb s3://{BUCKET}" in removed.stdout
    assert Account().stack("dev") is None
    the_documents()  # what people put in stays


def the_change_sets(admin: Admin, said: str) -> None:
    """SAM's bucket; the installation; the same with the secret that functions are to start with."""
    made = [each for each in admin.cloud.asked if each["Action"] == "CreateChangeSet"]
    assert [(each["StackName"], each["ChangeSetType"]) for each in made] == [
        ("aws-sam-cli-managed-default", "CREATE"),
        ("supportbot-dev", "CREATE"),
        ("supportbot-dev", "UPDATE"),
    ]
    assert {"CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"} <= set(made[1].values())
    assert "supportbot" in made[1].values()  # the tag
    assert said.count("Successfully created/updated stack - supportbot-dev") == 2
    for name in ("Query", "Worker", "Jobs", "Table", "ScheduleRole"):
        assert f"+ Add                    {name} " in said


def the_functions_settings() -> None:
    found = boto3.client("lambda").get_function_configuration(FunctionName="supportbot-dev-query")
    assert found["Environment"]["Variables"]["SUPPORTBOT_SETTINGS"] == '{"slack_humans": "S0614TZR7"}'
    assert "Secret " in found["Description"]


def the_secret() -> None:
    held = json.loads(boto3.client("secretsmanager").get_secret_value(SecretId="supportbot/dev")["SecretString"])
    assert [each["name"] for each in held["api_callers"]] == ["make deploy"]


def the_schedules() -> None:
    found = boto3.client("scheduler").list_schedules(GroupName="supportbot-schedules")["Schedules"]
    assert [each["Name"] for each in found] == ["documents"]


def the_documents() -> None:
    found = boto3.client("s3").list_objects_v2(Bucket=BUCKET)["Contents"]
    assert {each["Key"] for each in found} == {"refunds.md", "internal/margins.md"}


def what_is_printed(admin: Admin, said: str) -> None:
    assert "still missing in the secret" in said
    assert "slack_bot_token" in said
    assert "2 documents; to read 2 of them costs about $0.0" in said
    assert "smoke question: it answers (outcome no_evidence)" in said
    assert f"{admin.api}/slack/events" in said
    assert f"{admin.api}/zendesk/webhook" in said
    filled = (admin.home / "build" / "manifest-dev.yml").read_text("utf-8")
    assert f"{admin.api}/slack/events" in filled
    assert "socket_mode_enabled: false" in filled
