"""End to end, as deployed: documents into the bucket, a question in Slack, a ticket in Zendesk, ratings in the log."""

import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import boto3
import httpx
import pytest

from bot.local.account.account import Account
from bot.local.account.webhooks import Trigger, Webhook
from bot.local.workspace.workspace import Workspace
from infra.packaging import build
from infra.target import LOCAL
from tests.bot.api.asking import CALLERS, KEYS
from tests.bot.slack.desk import Help, values
from tests.fakes.bedrock.process import BedrockProcess
from tests.infra.unpacking import Unpacked
from tests.infra.whole import Stacked, Whole
from tests.services.redis import Server

REFUND = "How long does a refund take?"


@dataclass
class Firm:
    """Its deployment, and the two places where it is asked."""

    stacked: Stacked
    whole: Whole
    slack: Workspace
    zendesk: Account


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Unpacked:
    home = tmp_path_factory.mktemp("package")
    with zipfile.ZipFile(build(LOCAL, home / "lambda.zip").file) as archive:
        archive.extractall(home / "task")
    return Unpacked(home / "task", LOCAL)


@pytest.fixture
def firm(
    package: Unpacked, aws_url: str, opensearch_url: str, index_prefix: str, redis_server: Server, tmp_path: Path
) -> Iterator[Firm]:
    stacked = Stacked(aws_url)
    with BedrockProcess() as bedrock, Workspace() as slack, Account() as zendesk:
        hook = Webhook("1", "supportbot", "")
        secret = {
            "slack_bot_token": slack.token,
            "slack_signing_secret": slack.signing_secret,
            "zendesk_client_secret": zendesk.authority.client_secret,
            "zendesk_webhook_secret": hook.secret,
            "api_callers": CALLERS,
        }
        boto3.client("secretsmanager").create_secret(Name="supportbot/live", SecretString=json.dumps(secret))
        stated = {
            "home": str(tmp_path),
            "region": "eu-central-1",
            "answer_model": "global.anthropic.claude-haiku-5-5",
            "embedding_model": "bedrock:cohere.embed-v4:0",
            "bedrock_url": bedrock.endpoint_url,
            "opensearch_url": opensearch_url,
            "opensearch_kind": "domain",
            "opensearch_engine": "lucene",
            "opensearch_signed": "false",
            "opensearch_index": f"{index_prefix}docs",
            "redis_url": redis_server.url,
            "table": "supportbot",
            "aws_url": aws_url,
            "queue_url": stacked.queues["jobs"],
            "ingest_queue_url": stacked.queues["ingestions"],
            "staging_bucket": "staging",
            "sources": json.dumps({"documents": {"bucket": "documents", "internal": ["internal/"]}}),
            "api_callers": "secret:supportbot/live#api_callers",
            "slack_bot_token": "secret:supportbot/live#slack_bot_token",
            "slack_signing_secret": "secret:supportbot/live#slack_signing_secret",
            "slack_url": slack.url,
            "zendesk_subdomain": "example",
            "zendesk_url": zendesk.url,
            "zendesk_client_id": zendesk.authority.client_id,
            "zendesk_client_secret": "secret:supportbot/live#zendesk_client_secret",
            "zendesk_webhook_secret": "secret:supportbot/live#zendesk_webhook_secret",
        }
        with stacked.running(package, stated) as whole:
            slack.deliver_to(f"{whole.url}/slack/events")
            hook.endpoint = f"{whole.url}/zendesk/webhook"
            zendesk.webhooks.known[hook.id] = hook
            zendesk.webhooks.triggers[1] = Trigger(1, "new tickets", hook.id)
            yield Firm(stacked, whole, slack, zendesk)


def test_documents_questions_tickets_and_ratings_go_their_whole_way(firm: Firm) -> None:
    whole = firm.whole
    firm.stacked.put("refunds.md", "# Refunds\n\nA refund takes thirty days on every card.")
    firm.stacked.put("internal/margins.md", "# Margins of refunds\n\nA refund for a friend takes one day.")
    whole.wait(lambda: asked(whole).get("outcome") == "answered")
    assert "thirty days" in asked(whole)["text"]
    assert "one day" not in asked(whole)["text"]

    ada = firm.slack.add_person("Ada", role="admin")
    channel = Help(firm.slack, ada, firm.slack.add_channel("help", ada))
    question = channel.ask(REFUND)
    whole.wait(lambda: any("[1]" in each.text for each in firm.slack.thread(question)))
    reply = channel.answer(question)
    assert "thirty days" in reply.text
    helpful = next(found for found in values(reply.blocks) if found.startswith("helpful:"))
    firm.slack.click(ada, reply, "rate", helpful)

    ann = firm.zendesk.desk.add_user("Ann", "ann@example.org")
    ticket = firm.zendesk.people.write(ann, "Refund", REFUND)
    whole.wait(lambda: [each for each in ticket.comments if not each.public])
    (note,) = [each for each in ticket.comments if not each.public]
    assert "thirty days" in note.html

    whole.wait(lambda: [line for line in whole.log() if line.get("message") == "rated"])
    (rated,) = [line for line in whole.log() if line.get("message") == "rated"]
    assert (rated["helpful"], rated["channel"]) == (True, "slack")
    assert {line["channel"] for line in whole.log() if line.get("message") == "answered"} >= {"slack", "zendesk"}
    assert firm.stacked.dead() == 0
    said = json.dumps(whole.log())
    assert REFUND not in said
    assert "thirty days" not in said


def asked(whole: Whole) -> dict[str, str]:
    headers = {"Authorization": f"Bearer {KEYS['website']}"}
    answer = httpx.post(f"{whole.url}/query", json={"query": REFUND}, headers=headers, timeout=60)
    found: dict[str, str] = answer.json()
    return found
