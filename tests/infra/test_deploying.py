"""What stands around SAM in a deployment, piece by piece; as a whole in test_whole_deployment.py."""

import json
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import boto3
import pytest

from infra import deploying
from infra.accounts import Account, DeployingError, Installation
from infra.accounts import Stack as Stack_
from infra.applying import Sam
from infra.deploying import Wish, admins, deploy, examine, main
from infra.feeding import Folder
from infra.filling import ROOT
from infra.pasting import addresses, manifest
from infra.secrets import CALLERS, SMOKE, Secrets
from infra.smoking import Smoke, smoke
from tests.infra.sams import answering, imitation
from tests.infra.stacks import Stack, install

PARAMETERS = {each: {"Type": "String", "Default": ""} for each in ("Stage", "Admins")}
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse")  # what moto's CloudFormation does not make


@pytest.fixture
def stack(aws_url: str) -> Stack:
    return install("small", aws_url)


@pytest.mark.parametrize("arguments", [["dev"], ["dev", "--remove"]])
def test_without_credentials_one_sentence_says_what_to_do(arguments: list[str]) -> None:
    nobody = {"PATH": "/usr/bin:/bin", "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/dev/null"}
    nobody |= {"AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "infra.deploying", *arguments]
    ended = subprocess.run(command, check=False, capture_output=True, text=True, env=nobody, cwd=ROOT)
    assert ended.returncode == 1
    assert ended.stderr.startswith("deploy: no AWS account is signed in to: sign in (aws sso login, or AWS_PROFILE)")
    assert ended.stderr.count("\n") == 1
    assert ended.stdout == ""


@pytest.mark.usefixtures("aws_url")
def test_removing_what_is_not_there_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nowhere", "--remove"]) == 1
    assert "there is no supportbot-nowhere in account 123456789012, eu-central-1" in capsys.readouterr().err


def test_removing_wants_the_name_typed(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("builtins.input", lambda _: "yes")
    assert main([stack.size, "--remove"]) == 1
    assert "not removed: that is not its name" in capsys.readouterr().err
    assert Account().stack(stack.size)
    monkeypatch.setattr("builtins.input", lambda _: f"supportbot-{stack.size}")
    assert main([stack.size, "--remove"]) == 0
    assert Account().stack(stack.size) is None
    said = capsys.readouterr().out
    assert f"s3 rb s3://supportbot-{stack.size}-123456789012" in said
    assert f"aws dynamodb delete-table --table-name supportbot-{stack.size}" in said


def test_what_runs_had_staged_goes_before_its_bucket_does(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    s3, bucket = boto3.client("s3"), f"supportbot-{stack.size}-staging-123456789012-eu-central-1"
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for text in (b"one", b"two"):
        s3.put_object(Bucket=bucket, Key="runs/1/chunk", Body=text)
    s3.delete_object(Bucket=bucket, Key="runs/1/chunk")
    monkeypatch.setattr("builtins.input", lambda _: f"supportbot-{stack.size}")
    assert main([stack.size, "--remove"]) == 0
    assert bucket not in {each["Name"] for each in s3.list_buckets()["Buckets"]}


@pytest.mark.usefixtures("aws_url")
def test_a_stack_that_was_not_made_wholly_can_be_removed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    client = boto3.client("cloudformation")
    client.create_stack(StackName="supportbot-half", TemplateBody='{"Resources": {"T": {"Type": "AWS::SNS::Topic"}}}')
    with pytest.raises(DeployingError, match="is not whole"):
        Account().installation("half")
    monkeypatch.setattr("builtins.input", lambda _: "supportbot-half")
    assert main(["half", "--remove"]) == 0
    assert Account().stack("half") is None
    assert "removed; nothing is left" in capsys.readouterr().out


def test_what_a_former_installation_left_is_told_before_anything_is_made(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("builtins.input", lambda _: f"supportbot-{stack.size}")
    assert main([stack.size, "--remove"]) == 0
    boto3.client("secretsmanager").create_secret(Name=f"supportbot/{stack.size}", SecretString="{}")
    assert main([stack.size, "--built"]) == 1
    said = capsys.readouterr().err
    for each in ("the documents: Empty s3://", "answers and ratings: aws dynamodb", "the secret: aws secretsmanager"):
        assert each in said
    assert "Take another STAGE, or take these away" in said
    assert Account().stack(stack.size) is None


@pytest.mark.usefixtures("aws_url")
@pytest.mark.parametrize("path", ["/", "/of/sso/"])
def test_who_deploys_may_search_by_the_arn_of_the_role(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    role = boto3.client("iam").create_role(RoleName="Admin", Path=path, AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    session = boto3.client("sts").assume_role(RoleArn=role, RoleSessionName="me")["Credentials"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", session["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", session["SecretAccessKey"])
    monkeypatch.setenv("AWS_SESSION_TOKEN", session["SessionToken"])
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)
    account, other = Account(), "arn:aws:iam::123456789012:user/other"
    assert account.admin() == role
    assert admins(account, None) == role
    before = Stack_("supportbot-dev", "UPDATE_COMPLETE", {}, {"Admins": f"{other},{role}"})
    assert admins(account, before) == f"{other},{role}"


def test_an_installation_is_known_by_its_stack(stack: Stack) -> None:
    there = Account().installation(stack.size)
    assert there.url.startswith("https://")
    assert there.table == f"supportbot-{stack.size}"
    assert there.settings()["SUPPORTBOT_TENANT"] == stack.size


@pytest.fixture
def there(stack: Stack) -> Installation:
    secret = boto3.client("secretsmanager").create_secret(
        Name=f"supportbot/{stack.size}", SecretString='{"api_callers": [{"name": "crm", "key_sha256": ["0"]}]}'
    )
    found = Account().installation(stack.size)
    return Installation(stack.size, found.outputs | {"Secret": secret["ARN"]})


def test_a_folder_is_what_a_source_reads_of_it(there: Installation, tmp_path: Path) -> None:
    for name in ("refunds.md", "internal/margins.PDF", ".git/notes.md", "program.exe"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("A refund takes thirty days.")
    folder = Folder(tmp_path)
    folder.put(there)
    found = boto3.client("s3").list_objects_v2(Bucket=there.documents)["Contents"]
    assert {each["Key"] for each in found} == {"refunds.md", "internal/margins.PDF"}
    said = folder.price(lambda *_: '{"sizes": [{"usd": {"once": 0.64}}]}')
    assert said == "2 documents; to read 1 of them costs about $0.64, and of 1 the text is not known beforehand"
    assert folder.price(lambda *_: "") == "2 documents"


@pytest.mark.usefixtures("aws_url")
def test_a_folder_without_documents_is_told_before_anything_is_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder, said in ((tmp_path, "there are no documents in"), (tmp_path / "none", "is no folder")):
        assert main(["dev", "--built", "--documents", str(folder)]) == 1
        assert said in capsys.readouterr().err


def test_secrets_that_settings_name_are_asked_for_once_and_kept(there: Installation) -> None:
    secrets = Secrets(there)
    assert {"slack_bot_token", "slack_signing_secret", "zendesk_webhook_secret"} <= set(secrets.missing())
    assert CALLERS not in secrets.missing()
    before = secrets.version
    key = secrets.put({"slack_bot_token": " xoxb-1 ", "slack_signing_secret": ""})
    assert secrets.version != before
    held = json.loads(boto3.client("secretsmanager").get_secret_value(SecretId=there.secret)["SecretString"])
    assert "xoxb-1" in held.values()
    assert {each["name"]: each["key_sha256"] for each in held[CALLERS]} == {
        "crm": ["0"],
        SMOKE: [sha256(key.encode()).hexdigest()],
    }
    again = Secrets(there)
    assert "slack_bot_token" not in again.missing()
    assert "slack_signing_secret" in again.missing()
    again.put({})
    held = json.loads(boto3.client("secretsmanager").get_secret_value(SecretId=there.secret)["SecretString"])
    assert len(held[CALLERS]) == 2  # the key before it is good no more


def test_the_addresses_are_those_of_the_channels_and_the_manifest_is_filled_in(there: Installation) -> None:
    said = addresses(there, ROOT / "build" / "manifest.yml")
    assert f"{there.url}/slack/events" in said
    assert f"{there.url}/zendesk/webhook" in said
    filled = manifest((ROOT / "manifest.yml").read_text("utf-8"), there.url)
    assert "api.example.com/slack" not in filled.replace("# ", "")
    assert "socket_mode_enabled: false" in filled
    assert f"url: {there.url}/slack/events" in filled


class _Api(BaseHTTPRequestHandler):
    statuses: list[int]
    body: str | None = None  # instead of the API's

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        status = self.statuses.pop(0)
        good = self.headers["Authorization"] == "Bearer key"
        body = json.dumps({"outcome": "no_evidence"} if status == 200 and good else {"error": {"message": "why"}})
        body = body if self.body is None else self.body
        self.send_response(status if good else 401)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def api() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Api)
    Thread(target=server.serve_forever, daemon=True).start()
    _Api.body = None
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_the_smoke_question_waits_for_what_wakes_up(api: str) -> None:
    _Api.statuses = [503, 503, 200]
    assert smoke(api, "key", every=0.05) == Smoke(True, "it answers (outcome no_evidence)")
    _Api.statuses = [500, 200]
    assert smoke(api, "key") == Smoke(False, "no answer (500, why)")
    _Api.statuses = [200]
    assert smoke(api, "other") == Smoke(False, "no answer (401, why)")
    nowhere = smoke("http://127.0.0.1:9", "key", wait=0)
    assert (nowhere.well, "cannot be reached" in nowhere.text) == (False, True)


@pytest.mark.parametrize("body", ["<html>parked</html>", "[1]", '"text"', "{}", '{"outcome": "sold"}', ""])
@pytest.mark.parametrize("status", [200, 502])
def test_whatever_answers_in_the_place_of_the_api_is_no_answer(api: str, status: int, body: str) -> None:
    _Api.statuses, _Api.body = [status], body
    found = smoke(api, "key", wait=0)
    assert not found.well
    assert f"no answer ({status}, " in found.text


@pytest.mark.parametrize("text", ['{"slack_bot_token": "xoxb-CANARY",}', '["xoxb-CANARY"]', '{"api_callers": "[]"}'])
def test_a_secret_that_was_edited_wrongly_is_told_and_not_shown(there: Installation, text: str) -> None:
    boto3.client("secretsmanager").put_secret_value(SecretId=there.secret, SecretString=text)
    with pytest.raises(DeployingError, match="mend it in Secrets Manager") as told:
        Secrets(there)
    assert "CANARY" not in str(told.value)


def test_what_aws_refuses_is_told_in_a_sentence(there: Installation) -> None:
    nobodys = Installation("none", there.outputs | {"Secret": "none"})
    with pytest.raises(DeployingError, match="settings of supportbot-none-query cannot be read: AWS says ResourceNot"):
        nobodys.settings()
    with pytest.raises(DeployingError, match="the secret none cannot be read: AWS says ResourceNot"):
        Secrets(nobodys)


def test_after_a_no_the_secret_is_as_it_was(there: Installation, tmp_path: Path) -> None:
    before = Secrets(there).version
    template = tmp_path / "template.json"
    template.write_text(json.dumps({"Parameters": PARAMETERS, "Resources": {"T": {"Type": "AWS::SNS::Topic"}}}))
    with answering("n"), pytest.raises(DeployingError, match="you said no"):
        deploy(there.stage, Wish([], built=True), Sam(imitation(tmp_path), template))
    assert Secrets(there).version == before
    assert Account().installation(there.stage)


def test_a_deployment_that_does_not_answer_is_not_well(there: Installation, api: str) -> None:
    _Api.statuses = [500]
    outputs = {"Url": api, "Schedules": "none", "IngestionsArn": "none", "ScheduleRole": "none"}
    with pytest.raises(DeployingError) as told:
        examine(Installation("none", there.outputs | outputs), "key")
    for each in ("it is deployed, but the schedules", "the doctor found", "the smoke question was not answered"):
        assert each in str(told.value)


def test_that_a_first_deployment_knows_nothing_yet_is_no_fault(
    there: Installation, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[tuple[str, ...]] = []

    def command(_: Installation, *arguments: str) -> subprocess.CompletedProcess[str]:
        asked.append(arguments)
        return subprocess.CompletedProcess(arguments, 1 if wrong in arguments else 0)

    outputs = {"Schedules": "none", "IngestionsArn": "none", "ScheduleRole": "none"}
    made = Installation("none", there.outputs | outputs)
    monkeypatch.setattr(deploying, "supportbot", command)
    wrong = ""
    examine(made, "key", new=True)
    assert asked[-1] == ("doctor", "--new")
    assert f"put documents into s3://{made.documents}" in capsys.readouterr().out
    wrong = "doctor"
    with pytest.raises(DeployingError, match="deployed, but the doctor found"):
        examine(made, "key", new=True)
