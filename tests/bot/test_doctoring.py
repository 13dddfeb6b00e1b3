"""The doctor finds what an answer would stumble over, and says what to do about it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.app import App
from bot.doctoring import Finding, examine
from bot.settings import Settings
from tests.bot.test_cli import Command
from tests.fakes.bedrock.fake import BedrockFake
from tests.making import write

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
    assert "AccessDenied" in findings["second answer model"].text


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


def test_an_index_without_vectors_is_well(tmp_path: Path) -> None:
    ingested(Settings(home=str(tmp_path / "home"), embedding_model="none"), tmp_path)
    finding = found(App(Settings(home=str(tmp_path / "home"))))["embedding model"]
    assert finding.well
    assert finding.text == "the index has no vectors: words only"


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
