"""The template, translated and made on moto, which makes most of it; each resource is then looked up by its service."""

import json

import boto3
import pytest

from tests.infra.settling import settled
from tests.infra.stacks import BOTH, SIZES, Stack, install
from tests.infra.templates import translated

# What costs by the hour, whether anybody asks or not.
IDLE = {"AWS::ElastiCache::ServerlessCache", "AWS::EC2::NatGateway"}


@pytest.fixture(params=SIZES)
def stack(request: pytest.FixtureRequest, aws_url: str) -> Stack:
    return install(request.param, aws_url)


def test_every_part_that_moto_knows_is_there_as_the_template_says(stack: Stack) -> None:
    the_functions(stack)
    the_queues(stack)
    the_table(stack)
    the_buckets(stack)
    the_logs(stack)


def the_functions(stack: Stack) -> None:
    client = boto3.client("lambda")
    for name in ("query", "ingress", "worker", "ingest"):
        found = client.get_function(FunctionName=stack.named(name))["Configuration"]
        assert found["Runtime"] == "python3.13"
        assert found["Handler"] == f"bot.handlers.{name}.handle"
        variables = found["Environment"]["Variables"]
        assert variables["SUPPORTBOT_TABLE"] == f"supportbot-{stack.size}"
        assert variables["SUPPORTBOT_SLACK_SIGNING_SECRET"] == f"secret:supportbot/{stack.size}#slack_signing_secret"
        assert sum(len(key) + len(str(value)) for key, value in variables.items()) < 4_096
        role = found["Role"].rpartition("/")[2]
        assert boto3.client("iam").get_role(RoleName=role)
    sources = client.list_event_source_mappings()["EventSourceMappings"]
    fed = {each["EventSourceArn"].rpartition(":")[2]: each for each in sources}
    assert fed.keys() == {stack.named("jobs"), stack.named("ingestions")}


def the_queues(stack: Stack) -> None:
    client = boto3.client("sqs")
    for name in ("jobs", "ingestions"):
        url = client.get_queue_url(QueueName=stack.named(name))["QueueUrl"]
        found = client.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        redrive = json.loads(found["RedrivePolicy"])
        assert redrive["deadLetterTargetArn"].endswith(stack.named(f"{name}-dead"))
        assert int(redrive["maxReceiveCount"]) == 5
        assert client.get_queue_url(QueueName=stack.named(f"{name}-dead"))


def the_table(stack: Stack) -> None:
    client, name = boto3.client("dynamodb"), f"supportbot-{stack.size}"
    found = client.describe_table(TableName=name)["Table"]
    assert found["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert {each["IndexName"] for each in found["GlobalSecondaryIndexes"]} == {"worst", "declined"}


def the_buckets(stack: Stack) -> None:
    client = boto3.client("s3")
    documents, staging = (f"supportbot-{stack.size}{part}-123456789012-eu-central-1" for part in ("", "-staging"))
    for name in (documents, staging):
        assert client.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"]


def the_logs(stack: Stack) -> None:
    groups = boto3.client("logs").describe_log_groups()["logGroups"]
    kept = {each["logGroupName"]: each["retentionInDays"] for each in groups}
    assert kept == {f"/supportbot/{stack.size}/{name}": 30 for name in ("api", "query", "ingress", "worker", "ingest")}


def test_the_small_one_has_nothing_that_costs_while_nobody_asks() -> None:
    found = settled(translated(), BOTH | {"Size": "small"})["Resources"]
    assert not IDLE & {each["Type"] for each in found.values()}
    assert not {"CacheStack", "WarmingStack"} & found.keys()
    assert not [name for name, each in found.items() if "ProvisionedConcurrencyConfig" in each.get("Properties", {})]
    assert not [name for name, each in found.items() if "VpcConfig" in each.get("Properties", {})]


def test_a_channel_that_is_not_wanted_is_not_made() -> None:
    neither = settled(translated(), {"Slack": "false", "Zendesk": "false"})["Resources"]
    assert not [name for name in neither if "Ingress" in name or "Slack" in name or "Zendesk" in name]


def test_a_cache_brings_its_network_and_nothing_of_it_stays_without() -> None:
    found = settled(translated(), BOTH | {"Size": "small", "Cache": "node"})["Resources"]
    assert "CacheStack" in found
    inside = {name for name, each in found.items() if "VpcConfig" in each.get("Properties", {})}
    assert inside == {"Query", "Worker", "Ingest"}  # the ingress needs no cache, and starts faster without a network
