"""The AWS account one is signed in to, and an installation in it as CloudFormation made it."""

from dataclasses import dataclass

import boto3
from botocore.exceptions import BotoCoreError, ClientError, WaiterError


class DeployingError(Exception):
    """It was not deployed, or not wholly; says what to do."""


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

    def __str__(self) -> str:
        return f"account {self.number}, {self.region}"

    def has(self, stage: str) -> bool:
        try:
            self.installation(stage)
        except DeployingError:
            return False
        return True

    def installation(self, stage: str) -> "Installation":
        """Raises DeployingError where there is none."""
        try:
            (stack,) = boto3.client("cloudformation").describe_stacks(StackName=f"supportbot-{stage}")["Stacks"]
        except ClientError as error:
            raise DeployingError(f"there is no supportbot-{stage} in {self}") from error
        found = {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])}
        if "Url" not in found:
            raise DeployingError(f"supportbot-{stage} in {self} is not whole: see it in CloudFormation")
        return Installation(stage, found)


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
        """What its functions are told."""
        found = boto3.client("lambda").get_function_configuration(FunctionName=f"supportbot-{self.stage}-query")
        return {name: str(value) for name, value in found["Environment"]["Variables"].items()}

    def remove(self) -> None:
        """Raises DeployingError."""
        client, name = boto3.client("cloudformation"), f"supportbot-{self.stage}"
        try:
            client.delete_stack(StackName=name)
            client.get_waiter("stack_delete_complete").wait(StackName=name)
        except (ClientError, WaiterError) as error:
            raise DeployingError(f"it could not be removed wholly, see {name} in CloudFormation: {error}") from error
