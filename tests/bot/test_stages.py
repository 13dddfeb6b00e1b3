"""The command with the settings of an installation's functions."""

import os
import subprocess
import sys

import boto3
import pytest

from bot.settings import load
from bot.stages import settings_of
from rag_core.errors import MisconfiguredError
from tests.infra.stacks import Stack, install

pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse")  # what moto's CloudFormation does not make


@pytest.fixture
def stack(aws_url: str) -> Stack:
    return install("standard", aws_url)


def test_a_stage_is_what_its_functions_are_told(stack: Stack) -> None:
    client = boto3.client("lambda")
    told = client.get_function_configuration(FunctionName=stack.named("query"))["Environment"]["Variables"]
    told = {name: str(value) for name, value in told.items()} | {"SUPPORTBOT_REDIS_URL": "rediss://cache.example:6379"}
    client.update_function_configuration(FunctionName=stack.named("query"), Environment={"Variables": told})
    found = settings_of(stack.size)
    assert found["SUPPORTBOT_TABLE"] == f"supportbot-{stack.size}"
    assert found["AWS_REGION"] == "eu-central-1"
    assert found["SUPPORTBOT_REDIS_URL"] == "rediss://cache.example:6379"
    seen = settings_of(stack.size, cache=False)
    assert seen["SUPPORTBOT_REDIS_URL"] == ""
    assert load({**seen, "SUPPORTBOT_OPENSEARCH_URL": "https://search.example"}).region == "eu-central-1"


@pytest.mark.usefixtures("aws_url")
def test_a_stage_that_is_not_there_is_told() -> None:
    with pytest.raises(MisconfiguredError, match="supportbot-nowhere-query in eu-central-1: AWS says ResourceNotFound"):
        settings_of("nowhere")
    command = [sys.executable, "-m", "bot.cli", "--stage", "nowhere", "status"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env={**os.environ})
    assert done.returncode == 2
    assert done.stderr.startswith("supportbot: the settings of nowhere cannot be read")
