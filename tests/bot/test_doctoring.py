"""The doctor finds what an answer would stumble over, and says what to do about it."""

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from bot.app import App
from bot.commands import doctor
from bot.doctoring import Finding, examine
from bot.settings import Settings
from rag_core.backends.dynamodb.table import TABLE, TTL
from tests.bot.test_cli import Command
from tests.fakes.aws_wire import create_table, laid, refused
from tests.fakes.bedrock.fake import BedrockFake
from tests.making import write
from tests.services.redis import Server

CLAUDE, SECOND, EMBED = (
    "us.anthropic.claude-haiku-5-5",
    "us.anthropic.claude-sonnet-5-5",
    "bedrock:us.cohere.embed-v4:0",
)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[BedrockFake]:
    with BedrockFake() as made:
        for name, value in made.environment().items():
            monkeypatch.setenv(name, value)
        yield made


@pytest.fixture
def settings(fake: BedrockFake, tmp_path: Path) -> Settings:
    return Settings(
        home=str(tmp_path / "home"),
        region="us-east-1",
        bedrock_url=fake.endpoint_url,
        connect_timeout=0.5,
        read_timeout=0.5,
        answer_model=CLAUDE,
        second_model=SECOND,
        rewrite_model=CLAUDE,
        rerank_model="cohere.rerank-v3-5:0",
        embedding_model=EMBED,
        embedding_dimensions=256,
    )


def ingested(settings: Settings, tmp_path: Path) -> App:
    app = App(settings)
    app.ingest(write(tmp_path / "docs", refunds="# Refunds\n\nRefunds take thirty days."))
    return app


def found(app: App) -> dict[str, Finding]:
    return {finding.name: finding for finding in examine(app)}


def test_all_is_well_where_all_is_there(settings: Settings, tmp_path: Path) -> None:
    findings = found(ingested(settings, tmp_path))
    del findings["credentials"]  # of a service that is not faked here
    assert [name for name, finding in findings.items() if not finding.well] == []
    assert "256 dimensions, as in the index" in findings["embedding model"].text
    assert "answers and cites" in findings["second answer model"].text


def test_a_model_that_may_not_be_used_is_named_with_the_reason(
    settings: Settings, fake: BedrockFake, tmp_path: Path
) -> None:
    app = ingested(settings, tmp_path)
    fake.fail("*", with_="AccessDeniedException", times=None, model="sonnet")
    findings = found(app)
    assert [name for name, finding in findings.items() if not finding.well and name != "credentials"] == [
        "second answer model"
    ]
    text = findings["second answer model"].text
    assert "AccessDenied" in text
    assert "check SUPPORTBOT_SECOND_MODEL" in text
    assert "model access in the Bedrock console" in text
    assert "inference profile" in text


@pytest.mark.parametrize(
    ("check", "operation", "setting"),
    [
        ("answer model", "ConverseStream", "SUPPORTBOT_ANSWER_MODEL"),
        ("rewriting model", "Converse", "SUPPORTBOT_REWRITE_MODEL"),
        ("reranking model", "Rerank", "SUPPORTBOT_RERANK_MODEL"),
        ("embedding model", "InvokeModel", "SUPPORTBOT_EMBEDDING_MODEL"),
    ],
)
@pytest.mark.parametrize("code", ["AccessDeniedException", "ValidationException", "ThrottlingException"])
def test_each_model_that_refuses_is_told_with_its_setting(
    settings: Settings, fake: BedrockFake, tmp_path: Path, check: str, operation: str, setting: str, code: str
) -> None:
    app = ingested(settings, tmp_path)
    fake.fail(operation, with_=code, times=None)
    finding = found(app)[check]
    assert not finding.well
    assert f"check {setting}" in finding.text


def test_a_guardrail_may_be_what_is_refused(settings: Settings, fake: BedrockFake, tmp_path: Path) -> None:
    guarded = replace(ingested(settings, tmp_path).settings, guardrail="gr-1")
    fake.fail("ConverseStream", with_="AccessDeniedException", times=None)
    assert "bedrock:ApplyGuardrail" in found(App(guarded))["answer model"].text


def test_an_embedding_model_that_is_denied_is_not_well_because_a_cache_remembers(
    settings: Settings, fake: BedrockFake, redis_server: Server, tmp_path: Path
) -> None:
    app = ingested(replace(settings, redis_url=redis_server.url), tmp_path)
    assert found(app)["embedding model"].well
    app.embedders.loaded(str(app.index.embedding_model)).embed_question("hello")  # as an answer does
    fake.fail("InvokeModel", with_="AccessDeniedException", times=None)
    assert not found(App(app.settings))["embedding model"].well


def stored(aws_url: str, tmp_path: Path, **more: str) -> App:
    return App(Settings(home=str(tmp_path), table="answers", region="eu-central-1", aws_url=aws_url, **more))  # type: ignore[arg-type]


def test_a_table_is_read_and_written_and_ends_its_items(aws_url: str, tmp_path: Path) -> None:
    missing = found(stored(aws_url, tmp_path))["answers and ratings"]
    assert "ResourceNotFoundException" in missing.text
    assert "check SUPPORTBOT_TABLE" in missing.text
    create_table(aws_url, "answers")
    with laid("dynamodb") as wire:
        well = found(stored(aws_url, tmp_path))["answers and ratings"]
    assert (well.well, well.text) == (True, "0 questions today, can be written, items end by themselves")
    assert (wire.count("PutItem"), wire.count("DeleteItem")) == (1, 1)
    assert boto3.client("dynamodb", endpoint_url=aws_url).scan(TableName="answers")["Items"] == []


@pytest.mark.parametrize("operation", ["PutItem", "DeleteItem"])
def test_a_table_that_may_only_be_read_is_not_well(aws_url: str, tmp_path: Path, operation: str) -> None:
    create_table(aws_url, "answers")
    with laid("dynamodb") as wire:
        wire.fail(operation, refused("AccessDeniedException"))
        finding = found(stored(aws_url, tmp_path))["answers and ratings"]
    assert not finding.well
    assert "check SUPPORTBOT_TABLE" in finding.text


def test_a_table_whose_items_never_end_is_not_well(aws_url: str, tmp_path: Path) -> None:
    client = boto3.client("dynamodb", endpoint_url=aws_url)
    client.create_table(TableName="answers", **TABLE)
    finding = found(stored(aws_url, tmp_path))["answers and ratings"]
    assert not finding.well
    assert f"'{TTL}'" in finding.text


def test_a_role_that_may_not_ask_for_the_ttl_is_well(aws_url: str, tmp_path: Path) -> None:
    create_table(aws_url, "answers")
    with laid("dynamodb") as wire:
        wire.fail("DescribeTimeToLive", refused("AccessDeniedException"))
        finding = found(stored(aws_url, tmp_path))["answers and ratings"]
    assert finding.well
    assert "dynamodb:DescribeTimeToLive" in finding.text


def test_a_queue_without_a_table_is_not_well(aws_url: str, tmp_path: Path) -> None:
    app = App(Settings(home=str(tmp_path), region="eu-central-1", aws_url=aws_url, queue_url=f"{aws_url}/1/jobs"))
    finding = found(app)["answers and ratings"]
    assert not finding.well
    assert "set SUPPORTBOT_TABLE" in finding.text


def test_credentials_without_a_region_are_not_enough(aws_url: str, tmp_path: Path) -> None:
    for region, well in (("", False), ("eu-central-1", True)):
        finding = found(App(Settings(home=str(tmp_path), aws_url=aws_url, region=region, api_callers="secret:x")))[
            "credentials"
        ]
        assert finding.well is well
        assert ("set SUPPORTBOT_REGION" in finding.text) is not well


def test_a_secret_that_cannot_be_read_is_told_with_its_setting(aws_url: str, tmp_path: Path) -> None:
    app = App(
        Settings(
            home=str(tmp_path),
            aws_url=aws_url,
            region="eu-central-1",
            api_callers="secret:callers",
            slack_bot_token="secret:token",
        )
    )
    findings = found(app)
    for check, setting in (("callers of the API", "API_CALLERS"), ("Slack bot token", "SLACK_BOT_TOKEN")):
        assert f"check SUPPORTBOT_{setting}" in findings[check].text
        assert "secretsmanager:GetSecretValue" in findings[check].text


def test_a_model_that_does_not_cite_is_no_answer_model(settings: Settings, fake: BedrockFake, tmp_path: Path) -> None:
    app = ingested(settings, tmp_path)
    fake.script("The greeting is hello there.", when="greeting of the house", repeat=True)
    assert "without a citation" in found(app)["answer model"].text


def test_an_index_of_another_model_is_found(settings: Settings, tmp_path: Path) -> None:
    ingested(settings, tmp_path)
    other = Settings(
        home=settings.home,
        region="us-east-1",
        bedrock_url=settings.bedrock_url,
        embedding_model=EMBED,
        embedding_dimensions=512,
    )
    finding = found(App(other))["embedding model"]
    assert not finding.well
    assert "ingest again" in finding.text


def test_an_index_whose_model_cannot_be_loaded_is_not_well(settings: Settings, tmp_path: Path) -> None:
    ingested(settings, tmp_path)
    finding = found(App(Settings(home=settings.home)))["embedding model"]
    assert not finding.well
    assert "needs a region" in finding.text


def test_that_nothing_is_ingested_yet_is_told_apart_from_what_is_wrong(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    findings = found(App(settings))
    assert {each.name for each in findings.values() if not each.well} <= {"credentials", "index"}
    assert findings["index"].empty
    monkeypatch.setenv("SUPPORTBOT_HOME", str(tmp_path / "empty"))
    for arguments, code in ((["--new"], 0), ([], 1)):
        done = CliRunner().invoke(doctor.command, arguments)
        assert (done.exit_code, "nothing is ingested" in done.output) == (code, True)
    monkeypatch.setenv("SUPPORTBOT_TABLE", "none")
    assert CliRunner().invoke(doctor.command, ["--new"]).exit_code == 1


def test_an_index_without_vectors_is_well(tmp_path: Path) -> None:
    ingested(Settings(home=str(tmp_path / "home"), embedding_model="none"), tmp_path)
    finding = found(App(Settings(home=str(tmp_path / "home"))))["embedding model"]
    assert finding.well
    assert finding.text == "the index has no vectors: words only"


def test_a_model_that_the_next_ingestion_embeds_with_is_asked_already(
    settings: Settings, fake: BedrockFake, tmp_path: Path
) -> None:
    ingested(replace(settings, embedding_model="none"), tmp_path)
    finding = found(App(settings))["embedding model"]
    assert finding.well
    assert "no vectors until the next ingestion" in finding.text
    fake.fail("InvokeModel", with_="AccessDeniedException", times=None)
    assert "check SUPPORTBOT_EMBEDDING_MODEL" in found(App(settings))["embedding model"].text


def test_the_model_that_answers_once_the_budget_is_spent_is_asked_too(
    settings: Settings, fake: BedrockFake, tmp_path: Path
) -> None:
    app = ingested(replace(settings, cheaper_model="us.anthropic.claude-opus-5-5", monthly_budget=5.0), tmp_path)
    assert found(app)["cheaper answer model"].well
    fake.fail("ConverseStream", with_="AccessDeniedException", times=None, model="opus")
    assert "check SUPPORTBOT_CHEAPER_MODEL" in found(app)["cheaper answer model"].text


def test_the_password_in_an_address_is_not_shown(tmp_path: Path) -> None:
    local = ingested(Settings(home=str(tmp_path / "home"), embedding_model="none"), tmp_path)
    app = App(Settings(home=local.settings.home, opensearch_url="https://admin:secret@host", opensearch_signed=False))
    app.index = local.index
    assert found(app)["index"].text == "1 documents in host, words only"


def test_the_command_ends_with_1_when_something_is_not_well(tmp_path: Path) -> None:
    supportbot = Command(tmp_path / "home")
    assert "FAIL  index" in supportbot("doctor", code=1).stdout
    supportbot("ingest", write(tmp_path / "docs", a="Some words."))
    well = supportbot("doctor").stdout
    assert "ok    index" in well
    assert "FAIL" not in well


def test_patterns_to_mask_that_cannot_be_read_are_found_before_the_first_question(tmp_path: Path) -> None:
    file = tmp_path / "masked.json"
    file.write_text('[{"name": "order", "pattern": "A+"}]', "utf-8")
    found = {each.name: each for each in examine(App(Settings(home=str(tmp_path), masked=str(file))))}
    assert not found["patterns to mask"].well
