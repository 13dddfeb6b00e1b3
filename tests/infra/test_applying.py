"""Whether SAM did what it was asked for. It is one that does to CloudFormation what SAM does, exit codes too."""

import json
from collections.abc import Mapping
from pathlib import Path

import boto3
import pytest

from infra.accounts import DeployingError
from infra.applying import Sam
from tests.infra.sams import answering, imitation

TEMPLATE = {
    "Parameters": {each: {"Type": "String", "Default": "-"} for each in ("Stage", "MoreSettings")},
    "Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Ref": "MoreSettings"}}}},
}
SETTINGS = '{"slack_humans": "S0614TZR7"}'


pytestmark = pytest.mark.usefixtures("aws_url")


@pytest.fixture
def sam(tmp_path: Path) -> Sam:
    template = tmp_path / "template.json"
    template.write_text(json.dumps(TEMPLATE))
    return Sam(imitation(tmp_path), template)


def stacks() -> Mapping[str, str]:
    found = boto3.client("cloudformation").describe_stacks()["Stacks"]
    return {each["StackName"]: each["StackStatus"] for each in found if "supportbot" in each["StackName"]}


def names() -> list[str]:
    sns = boto3.client("sns")
    arns = [each["TopicArn"] for each in sns.list_topics()["Topics"]]
    return [sns.get_topic_attributes(TopicArn=each)["Attributes"]["DisplayName"] for each in arns]


def test_a_first_change_set_that_is_declined_leaves_nothing(sam: Sam) -> None:
    with answering("n"), pytest.raises(DeployingError, match="you said no to the change set, and nothing was changed"):
        sam.apply({"Stage": "dev"}, ask=True)
    assert stacks() == {}
    assert names() == []


def test_a_change_that_is_declined_is_not_made_and_one_that_is_wanted_is(sam: Sam) -> None:
    with answering("y"):
        sam.apply({"Stage": "dev", "MoreSettings": SETTINGS}, ask=True)
    assert names() == [SETTINGS]
    with answering("n"), pytest.raises(DeployingError, match="you said no"):
        sam.apply({"Stage": "dev", "MoreSettings": "other"}, ask=True)
    assert names() == [SETTINGS]
    assert not boto3.client("cloudformation").list_change_sets(StackName="supportbot-dev")["Summaries"][1:]
    sam.apply({"Stage": "dev", "MoreSettings": "another"}, ask=False)
    assert names() == ["another"]
    assert stacks()["supportbot-dev"] == "UPDATE_COMPLETE"


def test_a_sam_that_fails_is_no_deployment(tmp_path: Path) -> None:
    with pytest.raises(DeployingError, match="SAM did not deploy it"):
        Sam(Path("/bin/false")).apply({"Stage": "dev"}, ask=False)
    with pytest.raises(DeployingError, match="SAM is not installed: run it by `make deploy`"):
        Sam(tmp_path / "sam").apply({"Stage": "dev"}, ask=False)
