"""The template as CloudFormation gets it: translated, and with its nested ones where they can be read."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import boto3
import pytest
from cfnlint.decode import cfn_yaml
from samtranslator.translator.transform import transform

from infra.filling import ROOT
from tests.services.aws import REGION

FOLDER = ROOT / "infra"
MAIN = "template.yaml"
Json = dict[str, Any]


def read(name: str = MAIN) -> Json:
    """With functions as CloudFormation's JSON has them."""
    found: Json = json.loads(json.dumps(cfn_yaml.loads((FOLDER / name).read_text("utf-8"))))
    return found


def translated(parameters: Mapping[str, str] | None = None) -> Json:
    """As SAM's transform leaves it, once the package and the nested ones are in the bucket `code`."""
    template = read()
    template["Globals"]["Function"]["CodeUri"] = "s3://code/lambda.zip"
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Application":
            resource["Properties"]["Location"] = f"https://s3.amazonaws.com/code/{resource['Properties']['Location']}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        found: Json = transform(template, dict(parameters or {}), NoPolicies())
    return found


class NoPolicies:
    """Of AWS's managed policies none is used."""

    def load(self) -> dict[str, str]:
        return {}


def nested() -> Iterator[str]:
    for resource in read()["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Application":
            yield resource["Properties"]["Location"]


def resources(kind: str, template: Json) -> dict[str, Json]:
    return {name: each for name, each in template["Resources"].items() if each["Type"] == kind}


def every(found: object) -> Iterator[Json]:
    """Each object within, whatever condition it stands under."""
    if isinstance(found, dict):
        yield found
        for each in found.values():
            yield from every(each)
    elif isinstance(found, list):
        for each in found:
            yield from every(each)


def put_code(url: str) -> None:
    """Where `translated` says that it lies."""
    client = boto3.client("s3", endpoint_url=url)
    client.create_bucket(Bucket="code", CreateBucketConfiguration={"LocationConstraint": REGION})
    for name in nested():
        client.put_object(Bucket="code", Key=name, Body=json.dumps(read(name)))


# Of what moto 5.2 does not make, as others refer to it.
UNMADE = {
    '{"Ref": "Secret"}': '"arn:aws:secretsmanager:eu-central-1:123456789012:secret:supportbot"',
    '{"Ref": "Schedules"}': '"supportbot-schedules"',
    '{"Ref": "Api"}': '"api1"',
    "${Api}": "api1",
    '{"Fn::GetAtt": ["Api", "ApiEndpoint"]}': '"https://api1.execute-api.eu-central-1.amazonaws.com"',
}


def as_moto_can(template: Json) -> Json:
    """With names where moto, which knows no alias and no HTTP API, would see nothing."""
    text = re.sub(r'\{"Ref": "(\w+)Aliaslive"\}', r'{"Ref": "\1"}', json.dumps(template))
    text = re.sub(r'\{"Fn::GetAtt": \["\w+Stack", "Outputs\.(\w+)"\]\}', r'"arn:aws:of:::\1"', text)
    text = text.replace("RetainExceptOnCreate", "Retain")
    for name, value in UNMADE.items():
        text = text.replace(name, value)
    found: Json = json.loads(text)
    found["Resources"] = {name: each for name, each in found["Resources"].items() if not name.endswith("Stack")}
    return found
