"""Let SAM upload, show the change set, ask and make it; and know whether it did.

SAM ends with 0 after a no. What was declined is seen in CloudFormation, where its change set still waits.
"""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import boto3
from botocore.exceptions import ClientError

from infra.accounts import SHELL, DeployingError, told
from infra.filling import ROOT
from infra.parameters import TEMPLATE, write

CAPABILITIES = ("CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND")


@dataclass(frozen=True)
class Sam:
    """What deploys which template."""

    program: Path = ROOT / ".venv-infra" / "bin" / "sam"
    template: Path = TEMPLATE

    def apply(self, values: Mapping[str, str], *, ask: bool) -> None:
        """Raises DeployingError: SAM failed, or the admin said no, after which nothing is changed."""
        name, file = f"supportbot-{values['Stage']}", ROOT / "build" / f"parameters-{values['Stage']}.yaml"
        write(values, file)
        before = _waiting(name)
        status = self._deploy(name, file, *(["--confirm-changeset"] if ask else ["--no-confirm-changeset"]))
        declined = _waiting(name) - before
        _discard(name, declined)
        if status:
            raise DeployingError("SAM did not deploy it: what it says stands above; nothing else was done")
        if declined:
            raise DeployingError("not deployed: you said no to the change set, and nothing was changed")

    def _deploy(self, name: str, file: Path, *options: str) -> int:
        if not self.program.is_file():
            raise DeployingError("SAM is not installed: run it by `make deploy`, which installs it into .venv-infra")
        command = [str(self.program), "deploy", "--template-file", str(self.template), "--stack-name", name]
        command += ["--resolve-s3", "--s3-prefix", name, "--no-fail-on-empty-changeset", *options]
        command += ["--capabilities", *CAPABILITIES, "--parameter-overrides", f"file://{file}"]
        command += ["--tags", "app=supportbot", f"stage={name.removeprefix('supportbot-')}"]
        return subprocess.run(command, check=False, env=os.environ | {"SAM_CLI_TELEMETRY": "0"}).returncode  # noqa: S603


def _waiting(name: str) -> set[str]:
    """Change sets that could be executed."""
    pages = boto3.client("cloudformation").get_paginator("list_change_sets")
    with told(f"the change sets of {name} cannot be listed"):
        try:
            found = [each for page in pages.paginate(StackName=name) for each in page["Summaries"]]
        except ClientError as error:
            if "does not exist" in str(error):
                return set()
            raise
    return {each["ChangeSetId"] for each in found if each["ExecutionStatus"] == "AVAILABLE"}


def _discard(name: str, declined: set[str]) -> None:
    """With the empty stack that a first change set brings."""
    client = boto3.client("cloudformation")
    with told(f"the change set that was declined is still there, see {name} in CloudFormation"):
        for each in declined:
            client.delete_change_set(ChangeSetName=each, StackName=name)
        if declined and client.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"] == SHELL:
            client.delete_stack(StackName=name)
