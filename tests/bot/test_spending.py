"""Over budget: the smaller model, then the cache and quotations; who asks sees nothing of it, admins see all of it."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot import spending
from bot.app import App
from bot.local.workspace.workspace import Workspace
from bot.settings import load
from integrations.slack.home import ForAdmins, home
from integrations.slack.needs import Week
from rag_core.budgeting import GROUP, Mode
from rag_core.domain import Answer, Cached, Outcome, PersonId, Usage
from rag_core.errors import MisconfiguredError
from tests.bot.test_cli import Command
from tests.fakes.aws_wire import create_table, laid
from tests.fakes.bedrock.fake import BedrockFake
from tests.making import answer, question, write

CLAUDE, SMALL = "eu.anthropic.claude-sonnet-5-5", "eu.anthropic.claude-haiku-5-5"


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[BedrockFake]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    with BedrockFake() as made:
        yield made


def made(fake: BedrockFake, home: Path, told: list[str] | None = None, **settings: object) -> App:
    given = {
        "home": str(home),
        "embedding_model": "none",
        "region": "eu-central-1",
        "bedrock_url": fake.endpoint_url,
        "answer_model": CLAUDE,
        "cheaper_model": SMALL,
        "monthly_budget": 10.0,
    }
    built = App(load({}, **(given | settings)), notice=(told if told is not None else []).append)
    docs = write(
        home.parent / "docs",
        refunds="# Refunds\n\nRefunds take thirty days. They are paid to the card.",
        spf="# SPF\n\nAn SPF record is a TXT record of the sending domain.",
    )
    built.ingest(docs)
    return built


def spend(app: App, usd: float) -> None:
    """As if it had been answers of today; all processes see it at their next look."""
    asked = replace(question("Why?", name=f"spent{usd}"), asked_at=datetime.now(UTC))
    app.log.record_answer(asked, replace(answer(asked), usage=(Usage(CLAUDE, 1, cost_usd=usd),)))
    for name, _ in app.records.list(GROUP):
        app.records.remove(GROUP, name)
    app.ledger._due = datetime.min.replace(tzinfo=UTC)
    app.ledger._look()


def ask(app: App, text: str) -> Answer:
    return app.answering.answer(app.question(text, asked_by=PersonId("ada"), channel="test"))


def models(fake: BedrockFake) -> list[str]:
    return [call.model for call in fake.calls("ConverseStream")]


def test_the_smaller_model_answers_and_then_none(fake: BedrockFake, tmp_path: Path) -> None:
    app = made(fake, tmp_path / "home")
    assert ask(app, "How long do refunds take?").outcome is Outcome.ANSWERED
    assert models(fake) == [CLAUDE]
    spend(app, 10.0)
    assert ask(app, "What is an SPF record?").outcome is Outcome.ANSWERED
    assert models(fake) == [CLAUDE, SMALL]
    assert ask(app, "what is an SPF record").cached is Cached.EXACT
    spend(app, 2.5)
    assert app.ledger.mode is Mode.QUOTED
    quoted = ask(app, "How long do refunds take?")
    assert (quoted.outcome, quoted.cached, quoted.usage) == (Outcome.ANSWERED, None, ())
    assert "thirty days" in quoted.text
    assert ask(app, "what is an SPF record?").cached is Cached.EXACT  # what was paid for is given
    assert len(models(fake)) == 2


def test_in_a_new_month_all_is_as_before_and_nothing_quoted_is_left(fake: BedrockFake, tmp_path: Path) -> None:
    app = made(fake, tmp_path / "home", cheaper_model="")
    spend(app, 10.0)
    assert ask(app, "How long do refunds take?").usage == ()
    assert models(fake) == []
    app.ledger._clock = lambda: datetime(2999, 1, 1, tzinfo=UTC)
    until = time.monotonic() + 20
    while (again := ask(app, "How long do refunds take?")).cached is Cached.SHARED and time.monotonic() < until:
        """What was asked at the same time is shared for two seconds."""
    assert (again.cached, models(fake)) == (None, [CLAUDE])


def test_who_asks_is_told_nothing_of_money(fake: BedrockFake, tmp_path: Path) -> None:
    app = made(fake, tmp_path / "home")
    spend(app, 15.0)
    said = ask(app, "How long do refunds take?")
    for word in ("budget", "$", "cheap", "spent"):
        assert word not in said.text + said.not_covered + "".join(said.degraded)


def test_without_slack_the_notice_is_in_the_log(fake: BedrockFake, tmp_path: Path) -> None:
    told: list[str] = []
    app = made(fake, tmp_path / "home", told)
    spend(app, 8.1)
    spend(app, 0.1)
    [notice] = [each for each in told if "budget" in each]
    assert notice.startswith("81% of the month's budget is spent: $8.10 of $10.00")
    assert f"Once all of it is spent answers are made by the smaller model, {SMALL}" in notice


def test_a_function_writes_a_metric_with_it(
    fake: BedrockFake, aws_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    create_table(aws_url, "answers")
    app = made(fake, tmp_path / "home", aws_url=aws_url, table="answers")
    with laid("dynamodb"):
        spend(app, 11.0)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    [line] = [each for each in lines if each.get("message") == "budget"]
    assert (line["BudgetSpent"], line["service"]) == (110.0, "supportbot-default")
    [metric] = line["_aws"]["CloudWatchMetrics"]
    assert metric["Metrics"] == [{"Name": "BudgetSpent", "Unit": "Percent"}]
    assert "110% of the month's budget is spent" in line["notice"]


def test_a_command_gives_its_answer_alone_and_leaves_the_notice_to_who_stays(
    fake: BedrockFake, aws_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    create_table(aws_url, "answers")
    stays = made(fake, tmp_path / "home", aws_url=aws_url, table="answers")
    asked = replace(question("Why?", name="dear"), asked_at=datetime.now(UTC))
    stays.log.record_answer(asked, replace(answer(asked), usage=(Usage(CLAUDE, 1, cost_usd=11.0),)))
    variables = fake.environment() | {
        "SUPPORTBOT_MONTHLY_BUDGET": "10",
        "SUPPORTBOT_ANSWER_MODEL": CLAUDE,
        "SUPPORTBOT_REGION": "eu-central-1",
        "SUPPORTBOT_BEDROCK_URL": fake.endpoint_url,
        "SUPPORTBOT_AWS_URL": aws_url,
        "SUPPORTBOT_TABLE": "answers",
    }
    asking = Command(tmp_path / "home")("ask", "--json", "How long do refunds take?", code=0, **variables)
    assert json.loads(asking.stdout)["outcome"] == "answered"
    assert "budget" not in asking.stdout + asking.stderr
    stays.ledger._look()
    assert "110% of the month's budget is spent" in capsys.readouterr().out


@pytest.mark.parametrize("known", [True, False])
def test_in_slack_the_admins_channel_is_told_once(fake: BedrockFake, tmp_path: Path, known: bool) -> None:
    told: list[str] = []
    with Workspace(limits=False) as slack:
        olga = slack.add_person("Olga")
        admins = slack.add_channel("admins", olga, slack.bot)
        channel = admins.id if known else "C0MISSING"
        app = made(
            fake, tmp_path / "home", told, slack_bot_token=slack.token, slack_url=slack.url, slack_admin_channel=channel
        )
        spend(app, 8.5)
        spend(app, 0.1)
        posted = [each.text for each in slack.messages(admins)]
    assert len(posted) == int(known)
    assert all("85% of the month's budget is spent" in each for each in posted)
    assert any("could not be posted to SUPPORTBOT_SLACK_ADMIN_CHANNEL" in each for each in told) is not known


def test_admins_see_it_wherever_they_look(fake: BedrockFake, tmp_path: Path) -> None:
    app = made(fake, tmp_path / "home")
    assert spending.told(app).startswith("0% of the month's budget is spent: $0.00 of $10.00")
    spend(app, 10.5)
    said = spending.told(app)
    assert f"answers are made by the smaller model, {SMALL} until the month ends" in said
    assert said in json.dumps(home(ForAdmins(Week(1, 1.0, None, (), None, said))))
    variables = {
        "SUPPORTBOT_MONTHLY_BUDGET": "10",
        "SUPPORTBOT_ANSWER_MODEL": CLAUDE,
        "SUPPORTBOT_CHEAPER_MODEL": SMALL,
        "SUPPORTBOT_REGION": "eu-central-1",
    }
    supportbot = Command(tmp_path / "home")
    assert f"budget: {said}" in supportbot("status", code=0, **variables).stdout
    assert said in supportbot("report", code=0, **variables).stdout
    assert json.loads(supportbot("status", "--json", code=0, **variables).stdout)["budget"] == said
    assert "budget" not in supportbot("status").stdout


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"cheaper_model": SMALL}, "SUPPORTBOT_ANSWER_MODEL and SUPPORTBOT_MONTHLY_BUDGET are missing"),
        ({"slack_admin_channel": "#admins", "slack_bot_token": "x"}, "it is the id of a channel"),
        ({"slack_admin_channel": "C0123"}, "SUPPORTBOT_SLACK_BOT_TOKEN is missing"),
        ({"monthly_budget": -1}, "a number of at least 0"),
    ],
)
def test_settings_that_do_not_go_together_are_named(given: dict[str, object], said: str) -> None:
    with pytest.raises(MisconfiguredError, match=said):
        load({}, **given)
