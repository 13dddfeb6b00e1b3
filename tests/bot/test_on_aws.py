"""The whole App on the parts of AWS: an OpenSearch node, Redis, moto's DynamoDB, and a Bedrock at wire level."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import boto3
import pytest
import requests

from bot import forgetting
from bot.app import App
from bot.doctoring import examine
from bot.settings import Settings
from rag_core.domain import Audience, Cached, Outcome, PersonId, QuestionId
from rag_core.errors import RejectedError
from tests.fakes.aws_wire import create_table, laid
from tests.fakes.bedrock.answering import Answer, Cited
from tests.fakes.bedrock.fake import BedrockFake
from tests.making import write
from tests.services.redis import Server

CLAUDE = "eu.anthropic.claude-haiku-5-5"
ASKED = "How long do refunds take?"


@pytest.fixture
def fake() -> Iterator[BedrockFake]:
    with BedrockFake() as made:
        yield made


@pytest.fixture
def app(
    fake: BedrockFake, opensearch_url: str, index_prefix: str, redis_server: Server, aws_url: str, tmp_path: Path
) -> Iterator[App]:
    create_table(aws_url, "answers")
    settings = Settings(
        home=str(tmp_path / "home"),
        region="eu-central-1",
        bedrock_url=fake.endpoint_url,
        aws_url=aws_url,
        answer_model=CLAUDE,
        embedding_model="bedrock:eu.cohere.embed-v4:0",
        embedding_dimensions=256,
        opensearch_url=opensearch_url,
        opensearch_kind="domain",
        opensearch_signed=False,
        opensearch_engine="lucene",
        opensearch_index=f"{index_prefix}app",
        redis_url=redis_server.url,
        table="answers",
    )
    app = App(settings)
    app.ingest(
        write(
            tmp_path / "docs",
            refunds="# Refunds\n\nRefunds take thirty days. They are paid to the card.",
            spf="# SPF\n\nAn SPF record is a TXT record of the sending domain.",
            discounts="---\naudience: internal\n---\n# Discounts\n\nAgents may give a discount of 20 %.",
        )
    )
    with laid("dynamodb"):  # moto's transactions are not atomic under threads
        yield app


def ask(app: App, text: str = ASKED, audience: Audience = Audience.PUBLIC, person: str = "ada") -> QuestionId:
    question = app.question(text, audience=audience, asked_by=PersonId(person), channel="test")
    app.answering.answer(question)
    return question.id


def test_a_question_goes_all_the_way(app: App, fake: BedrockFake) -> None:
    question = app.question(ASKED, asked_by=PersonId("ada"), channel="test")
    shown: list[str] = []
    answer = app.answering.answer(question, on_text=lambda text, _: shown.append(text))
    assert answer.outcome is Outcome.ANSWERED
    assert "".join(shown) == answer.text
    assert "thirty days" in answer.text
    assert [citation.document_id for citation in answer.citations] == ["refunds"]
    assert answer.usage[0].cost_usd > 0
    kept = app.log.answer(question.id)
    assert kept.text == answer.text
    assert kept.question == question
    assert app.log.tally()[0].outcomes == {Outcome.ANSWERED: 1}
    assert fake.counters["ConverseStream.ok"] == 1


def test_the_second_time_costs_nothing_until_it_did_not_help(app: App, fake: BedrockFake) -> None:
    first = ask(app)
    again = app.question("how long do REFUNDS take", asked_by=PersonId("bob"), channel="test")
    for _ in range(20):  # a Redis that is slow for a moment is a miss
        calls = fake.counters["ConverseStream"]
        cached = app.answering.answer(again)
        if cached.cached:
            break
    assert cached.cached is Cached.EXACT
    assert cached.question_id == again.id
    assert cached.usage == ()
    assert fake.counters["ConverseStream"] == calls
    app.rate(first, PersonId("ada"), helpful=False, reason="wrong")
    ask(app)
    assert fake.counters["ConverseStream"] == calls + 1
    assert app.log.tally()[0].not_helpful == {"wrong": 1}


def test_another_audience_and_a_new_version_never_get_it(app: App, tmp_path: Path) -> None:
    text = "What discount may agents give?"
    staff = app.log.answer(ask(app, text, Audience.INTERNAL))
    assert "20 %" in staff.text
    assert "20 %" not in app.log.answer(ask(app, text)).text
    other = App(app.settings)
    assert "thirty" in other.log.answer(ask(other)).text
    write(tmp_path / "docs", refunds="# Refunds\n\nRefunds take sixty days now.")
    app.ingest(tmp_path / "docs")
    assert "sixty" in app.log.answer(ask(app)).text
    assert "sixty" in other.log.answer(ask(other)).text  # a process that remembers the version before


def test_many_at_once_cost_one_draft(app: App, fake: BedrockFake) -> None:
    fake.settings.first_token = 0.3
    app.answering.reply(app.question("SPF?", asked_by=PersonId("warm"), channel="test"))
    with ThreadPoolExecutor(20) as pool:  # moto records one at a time
        ids = list(pool.map(lambda n: ask(app, person=f"p{n}"), range(20)))
    assert len(set(ids)) == 20
    drafts = [call for call in fake.calls("ConverseStream") if ASKED in str(call.body["messages"])]
    assert len(drafts) == 1


def test_without_redis_answers_go_on(app: App, redis_server: Server, fake: BedrockFake) -> None:
    ask(app)
    redis_server.kill()
    assert app.log.answer(ask(app)).outcome is Outcome.ANSWERED
    assert fake.counters["ConverseStream"] == 2


def test_what_a_model_was_talked_into_does_not_leave(app: App, fake: BedrockFake) -> None:
    fake.script(Answer([Cited("Pay [here](https://evil.example/?q=1) <!channel>.", (0,))]))
    text = app.log.answer(ask(app)).text
    assert "evil" not in text
    assert "<!" not in text


def test_the_doctor_finds_all_well(app: App) -> None:
    assert [finding for finding in examine(app) if not finding.well] == []


def test_the_doctor_names_the_part_that_is_away(app: App, redis_server: Server) -> None:
    redis_server.kill()
    lost = App(replace_settings(app.settings, table="elsewhere"))
    assert {finding.name for finding in examine(lost) if not finding.well} == {"cache", "answers and ratings"}


def replace_settings(settings: Settings, **changes: str) -> Settings:
    return Settings(**({name: getattr(settings, name) for name in settings.__struct_fields__} | changes))


def test_who_is_forgotten_is_in_no_table_and_no_cache(app: App, fake: BedrockFake, aws_url: str) -> None:
    asked = ask(app, f"{ASKED} My order is CANARY-7.", person="slack:T1:U7")
    app.rate(ask(app), PersonId("slack:T1:U7"), helpful=False, comment="CANARY-7")
    app.records.put("slack-rating#x", "U7", b"{}")
    counted, calls = app.log.tally(), fake.counters["ConverseStream"]
    assert "CANARY-7" in str(everything(aws_url))
    told = forgetting.person(app, "U7")
    assert (told.answers, told.ratings, told.remembered) == (1, 1, 1)
    assert "CANARY-7" not in str(everything(aws_url))
    assert "U7" not in str(everything(aws_url))
    assert app.log.tally() == counted
    with pytest.raises(RejectedError):
        app.log.answer(asked)
    ask(app, f"{ASKED} My order is CANARY-7.", person="bob")
    assert fake.counters["ConverseStream"] == calls + 1


def everything(aws_url: str) -> list[object]:
    return list(boto3.client("dynamodb", endpoint_url=aws_url).scan(TableName="answers")["Items"])


def test_an_index_that_was_lost_is_ingested_again(app: App, opensearch_url: str, tmp_path: Path) -> None:
    app.rate(ask(app), PersonId("ada"), helpful=True)
    counted = app.log.tally()
    for name in requests.get(f"{opensearch_url}/_alias/{app.settings.opensearch_index}", timeout=20).json():
        requests.delete(f"{opensearch_url}/{name}", timeout=20).raise_for_status()
    again = App(app.settings)
    assert again.ingest(tmp_path / "docs").written == 3
    assert again.log.tally() == counted
    assert "thirty days" in again.log.answer(ask(again)).text
