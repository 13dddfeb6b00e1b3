"""The AWS account one is signed in to, and an installation in it as CloudFormation made it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import boto3
from botocore.exceptions import BotoCoreError, ClientError

ASSUMED = re.compile(r"arn:([\w-]+):sts::(\d+):assumed-role/([^/]+)/.+")
SHELL = "REVIEW_IN_PROGRESS"  # a stack that nobody has said yes to: nothing is in it
UNMADE = {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED"}  # can be removed and no more


class DeployingError(Exception):
    """It was not deployed, or not wholly; says what to do."""


@contextmanager
def told(what: str) -> Iterator[None]:
    """What AWS refuses within, as a sentence. Raises DeployingError."""
    try:
        yield
    except ClientError as error:
        said = error.response["Error"]
        raise DeployingError(f"{what}: AWS says {said['Code']} ({said.get('Message', 'no more')})") from error
    except BotoCoreError as error:
        raise DeployingError(f"{what}: {error}") from error


class Account:
    """Whoever is signed in. Raises DeployingError for nobody."""

    def __init__(self) -> None:
        try:
            found = boto3.client("sts").get_caller_identity()
        except (BotoCoreError, ClientError) as error:
            raise DeployingError(
                "no AWS account is signed in to: sign in (aws sso login, or AWS_PROFILE), name a region (AWS_REGION), "
                f"and try again ({type(error).__name__})"
            ) from error
        self.number, self.region = found["Account"], boto3.session.Session().region_name
        self._caller = found["Arn"]

    def __str__(self) -> str:
        return f"account {self.number}, {self.region}"

    def admin(self) -> str:
        """Who is signed in, as policies name a user or a role; empty for what they cannot name."""
        found = ASSUMED.fullmatch(self._caller)
        if found is None:
            return self._caller if ":user/" in self._caller else ""
        try:  # its path, which the ARN of a session leaves out, and which roles of IAM Identity Center have
            return str(boto3.client("iam").get_role(RoleName=found[3])["Role"]["Arn"])
        except ClientError:
            return f"arn:{found[1]}:iam::{found[2]}:role/{found[3]}"

    def stack(self, stage: str) -> "Stack | None":
        """Raises DeployingError where it cannot be told."""
        client, name = boto3.client("cloudformation"), f"supportbot-{stage}"
        with told(f"whether there is a {name} cannot be told"):
            try:
                (found,) = client.describe_stacks(StackName=name)["Stacks"]
            except ClientError as error:
                if "does not exist" in str(error):
                    return None
                raise
        return Stack(
            name,
            found["StackStatus"],
            {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", [])},
            {each["ParameterKey"]: each["ParameterValue"] for each in found.get("Parameters", [])},
        )

    def installation(self, stage: str) -> "Installation":
        """Raises DeployingError where there is none."""
        found = self.stack(stage)
        if found is None or found.status == SHELL:
            raise DeployingError(f"there is no supportbot-{stage} in {self}")
        if "Url" not in found.outputs:
            raise DeployingError(
                f"supportbot-{stage} in {self} is not whole ({found.status}): CloudFormation's console says why"
            )
        return Installation(stage, found.outputs)


@dataclass(frozen=True)
class Stack:
    """As CloudFormation has it, whole or not."""

    name: str
    status: str
    outputs: dict[str, str] = field(default_factory=dict)
    parameters: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Installation:
    """One stage of the template."""

    stage: str
    outputs: dict[str, str]

    @property
    def url(self) -> str:
        return self.outputs["Url"]

    @property
    def documents(self) -> str:
        return self.outputs["Documents"]

    @property
    def table(self) -> str:
        return self.outputs["Table"]

    @property
    def secret(self) -> str:
        return self.outputs["Secret"]

    @property
    def ingestions(self) -> str:
        return self.outputs["Ingestions"]

    def settings(self) -> dict[str, str]:
        """What its functions are told. Raises DeployingError."""
        name = f"supportbot-{self.stage}-query"
        with told(f"the settings of {name} cannot be read"):
            found = boto3.client("lambda").get_function_configuration(FunctionName=name)
        return {name: str(value) for name, value in found["Environment"]["Variables"].items()}
