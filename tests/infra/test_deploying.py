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

from infra.accounts import Account, DeployingError, Installation
from infra.deploying import main, stated
from infra.feeding import Folder
from infra.filling import ROOT
from infra.pasting import addresses, manifest
from infra.secrets import CALLERS, SMOKE, Secrets
from infra.smoking import smoke
from tests.infra.stacks import Stack, install


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
    assert Account().has(stack.size)
    monkeypatch.setattr("builtins.input", lambda _: f"supportbot-{stack.size}")
    assert main([stack.size, "--remove"]) == 0
    assert not Account().has(stack.size)
    assert f"s3 rb s3://supportbot-{stack.size}-123456789012" in capsys.readouterr().out


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


def test_parameters_reach_sam_as_they_were_typed() -> None:
    """As its arguments none may be empty, and what looks like a pair within JSON would be a further one."""
    typed = ["DomainName=", 'MoreSettings={"cost_tag": "stage=live"}']
    assert json.loads(stated("parameters-test", typed).read_text("utf-8")) == {
        "Stage": "parameters-test",
        "DomainName": "",
        "MoreSettings": '{"cost_tag": "stage=live"}',
    }
    with pytest.raises(DeployingError, match="'standard' is no parameter: it reads Name=value"):
        stated("parameters-test", ["standard"])


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

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        status = self.statuses.pop(0)
        good = self.headers["Authorization"] == "Bearer key"
        body = json.dumps({"outcome": "no_evidence"} if status == 200 and good else {"error": {"message": "why"}})
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
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_the_smoke_question_waits_for_what_wakes_up(api: str) -> None:
    _Api.statuses = [503, 503, 200]
    assert smoke(api, "key", every=0.05) == "smoke question: it answers (outcome no_evidence)"
    _Api.statuses = [500, 200]
    assert smoke(api, "key") == "smoke question: no answer (500, why): are there documents in the bucket yet?"
    _Api.statuses = [200]
    assert "no answer (401, why)" in smoke(api, "other")
    assert "cannot be reached" in smoke("http://127.0.0.1:9", "key", wait=0)
