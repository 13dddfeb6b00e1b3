"""The doctor looks at every part that the settings name: also at those that only ingestions and bills need."""

import json
from pathlib import Path

import boto3
import msgspec
import pytest

from bot.app import App
from bot.doctoring import Finding, examine
from bot.settings import Settings, load
from rag_core.backends.s3_staging import S3Staging
from tests.fakes.aws_wire import create_table
from tests.fakes.textract.account import ROLE
from tests.fakes.textract.server import textract
from tests.services.aws import REGION

ELSEWHERE = "http://127.0.0.1:9"  # where nobody listens
PARTS = {  # by the check that looks at them
    "credentials": "region aws_url",
    "index": "home opensearch_url opensearch_kind opensearch_index opensearch_signed",
    "embedding model": "embedding_model embedding_dimensions embedding_precision bedrock_url",
    "answer model": "answer_model guardrail guardrail_version max_tokens effort service_tier latency",
    "second answer model": "second_model",
    "cheaper answer model": "cheaper_model",
    "rewriting model": "rewrite_model",
    "reranking model": "rerank_model",
    "cache": "redis_url redis_cluster redis_user redis_name redis_serverless",
    "patterns to mask": "masked",
    "answers and ratings": "table",
    "prices": "prices list_prices monthly_budget",
    "what AWS charges": "cost_tag",
    "callers of the API": "api_callers",
    "Slack bot token": "slack_bot_token slack_url",
    "Slack app token": "slack_app_token",
    "Slack signing secret": "slack_signing_secret",
    "Slack installations": "slack_client_id slack_client_secret slack_encryption_key slack_workspaces",
    "Slack groups": "slack_humans slack_admins",
    "Slack admin channel": "slack_admin_channel",
    "Zendesk": "zendesk_subdomain zendesk_client_id zendesk_client_secret zendesk_email zendesk_token zendesk_url",
    "Zendesk rate limit": "zendesk_plan",
    "Zendesk secret": "zendesk_webhook_secret",
    "Zendesk templates": "zendesk_templates zendesk_ignored",
    "Zendesk fields": "zendesk_confidence_field zendesk_answer_field",
    "Zendesk ticket tag": "zendesk_ticket_tag",
    "Zendesk sidebar": "zendesk_app_secret",
    "public address": "public_url",
    "each source by its name": "sources",
    "queue": "queue_url deliveries",
    "ingest queue": "ingest_queue_url",
    "staging bucket": "staging_bucket",
    "text recognition": "textract",
}
WAYS = """  how something is done, which names no part that could be away
    port tenant deadline connect_timeout read_timeout opensearch_engine opensearch_parameters retention embedding_quota
    allowed_hosts slack_redirect_url slack_audience slack_person_quota slack_workspace_quota report_url zendesk_mode
    zendesk_follow_ups zendesk_abstention zendesk_internal zendesk_ticket_days tracing
"""


def test_every_setting_is_looked_at_or_names_no_part() -> None:
    looked_at = [name for names in PARTS.values() for name in names.split()]
    ways = WAYS.split("\n", 1)[1].split()
    assert sorted(looked_at + ways) == sorted(field.name for field in msgspec.structs.fields(Settings))


def found(settings: Settings) -> dict[str, Finding]:
    return {finding.name: finding for finding in examine(App(settings))}


@pytest.fixture
def settings(aws_url: str, tmp_path: Path) -> Settings:
    create_table(aws_url, "answers")
    boto3.client("s3").create_bucket(Bucket="staging", CreateBucketConfiguration={"LocationConstraint": REGION})
    return load(
        {},
        home=str(tmp_path),
        region=REGION,
        aws_url=aws_url,
        embedding_model="none",
        table="answers",
        opensearch_url=ELSEWHERE,
        opensearch_signed=False,
        ingest_queue_url=queue("ingestions", 5),
        staging_bucket="staging",
    )


def queue(name: str, deliveries: int) -> str:
    sqs = boto3.client("sqs")
    dead = sqs.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    redrive = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": deliveries})
    return str(sqs.create_queue(QueueName=name, Attributes={"RedrivePolicy": redrive})["QueueUrl"])


def test_the_queue_and_the_bucket_of_ingestions_are_used_as_a_worker_does(settings: Settings) -> None:
    findings = found(settings)
    assert (findings["ingest queue"].well, findings["ingest queue"].text) == (True, "0 jobs wait")
    assert findings["staging bucket"].well
    assert "Contents" not in boto3.client("s3").list_objects_v2(Bucket="staging")


def test_a_bucket_that_does_not_give_back_what_it_was_given_is_not_well(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(S3Staging, "get", lambda *_: None)  # as where a rule removes it at once
    staged = found(settings)["staging bucket"]
    assert not staged.well
    assert "does not give back" in staged.text


def test_a_queue_and_a_bucket_that_are_not_there_are_told_with_their_settings(settings: Settings, aws_url: str) -> None:
    wrong = msgspec.structs.replace(settings, ingest_queue_url=f"{aws_url}/1/wrong", staging_bucket="nowhere")
    findings = found(wrong)
    for check, setting in (("ingest queue", "INGEST_QUEUE_URL"), ("staging bucket", "STAGING_BUCKET")):
        assert not findings[check].well
        assert f"check SUPPORTBOT_{setting}" in findings[check].text


def test_a_queue_that_delivers_otherwise_than_is_said_is_not_well(settings: Settings) -> None:
    findings = found(msgspec.structs.replace(settings, ingest_queue_url=queue("impatient", 2)))
    assert not findings["ingest queue"].well
    assert "delivers 2 times" in findings["ingest queue"].text


def test_text_recognition_is_asked_for_nothing_that_costs(settings: Settings, aws_url: str) -> None:
    where = {"bucket": "staging", "topic": "arn:aws:sns:eu-central-1:1:textract", "role": ROLE}
    with textract(boto3.client("s3"), boto3.client("sns"), beside=aws_url) as fake:
        stated = msgspec.structs.replace(settings, aws_url=fake.url, textract=json.dumps(where))
        assert found(stated)["text recognition"].well
        assert fake.paid == 0
        fake.fail("GetDocumentAnalysis", "AccessDeniedException")
        assert "textract:GetDocumentAnalysis" in found(stated)["text recognition"].text
        gone = msgspec.structs.replace(stated, textract=json.dumps(where | {"bucket": "nowhere"}))
        assert not found(gone)["text recognition"].well


def test_a_budget_that_counts_nothing_of_a_model_is_not_well(settings: Settings) -> None:
    stated = msgspec.structs.replace(settings, monthly_budget=10.0, answer_model="acme.unheard-of")
    prices = found(stated)["prices"]
    assert not prices.well
    assert "acme.unheard-of: add the price to SUPPORTBOT_PRICES" in prices.text
    known = json.dumps({"acme.unheard-of": [1, 5, 0, 0]})
    assert found(msgspec.structs.replace(stated, prices=known))["prices"].well


def test_prices_that_cannot_be_read_are_told(settings: Settings) -> None:
    assert "SUPPORTBOT_PRICES is wrong" in found(msgspec.structs.replace(settings, prices="{"))["prices"].text
    stated = msgspec.structs.replace(settings, list_prices='{"gold": 1}')
    assert "SUPPORTBOT_LIST_PRICES is wrong" in found(stated)["prices"].text


def test_cost_explorer_is_asked_where_a_tag_is_named(settings: Settings) -> None:
    stated = msgspec.structs.replace(settings, cost_tag="app=supportbot")
    assert found(stated)["what AWS charges"].well
    away = msgspec.structs.replace(stated, aws_url=ELSEWHERE)
    assert not found(away)["what AWS charges"].well
