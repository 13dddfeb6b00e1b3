"""The template made on moto, in each size."""

import io
import json
import zipfile
from dataclasses import dataclass
from typing import Any

import boto3
import pytest

from tests.infra.settling import settled
from tests.infra.templates import Json, as_moto_can, put_code, translated

SIZES = ("small", "standard", "large")
BOTH = {"Slack": "true", "Zendesk": "true", "ZendeskSubdomain": "example"}


@dataclass(frozen=True)
class Stack:
    """As it was asked for, and as moto has it."""

    size: str
    wanted: Json

    def named(self, name: str) -> str:
        return f"supportbot-{self.size}-{name}"

    def of(self, kind: str) -> dict[str, Json]:
        return {name: each for name, each in self.wanted["Resources"].items() if each["Type"] == kind}


def install(size: str, aws_url: str) -> Stack:
    """As CloudFormation would, but for what moto does not make."""
    put_code(aws_url)
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("bot/handlers/query.py", "")
    boto3.client("s3").put_object(Bucket="code", Key="lambda.zip", Body=code.getvalue())
    parameters = BOTH | {"Size": size, "Stage": size}
    wanted = as_moto_can(settled(translated(), parameters))
    with pytest.warns(UserWarning, match="not supported by moto"):
        made(f"supportbot-{size}", wanted, parameters)
    return Stack(size, wanted)


def made(name: str, template: Json, parameters: dict[str, str]) -> None:
    client = boto3.client("cloudformation")
    stated: Any = [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]
    client.create_stack(StackName=name, TemplateBody=json.dumps(template), Parameters=stated)
    assert client.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE"
