"""A SAM for tests: it does to CloudFormation what the real one does, for which moto makes no bucket to upload to."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# At a no, SAM 1.170 leaves the change set and ends with 0: samcli/commands/deploy/deploy_context.py
IMITATION = """#!{python}
import json, sys, time
from pathlib import Path
import boto3, yaml
options = dict(zip(sys.argv, sys.argv[1:]))
name, client = options["--stack-name"], boto3.client("cloudformation")
file = Path(options["--parameter-overrides"].removeprefix("file://"))
values = {{each: text.replace("\\\\", "") for each, text in yaml.safe_load(file.read_text()).items()}}
template = Path(options["--template-file"]).read_text()
made = client.create_change_set(
    StackName=name,
    ChangeSetName=f"samcli-{{time.time_ns()}}",
    TemplateBody=template,
    Parameters=[{{"ParameterKey": each, "ParameterValue": text}} for each, text in values.items()],
    ChangeSetType="UPDATE" if any(
        each["StackName"] == name and each["StackStatus"] != "REVIEW_IN_PROGRESS"
        for each in client.describe_stacks()["Stacks"]
    ) else "CREATE",
)
if "--confirm-changeset" in sys.argv and input("Deploy this changeset? [y/N]: ") != "y":
    sys.exit(0)
client.execute_change_set(ChangeSetName=made["Id"], StackName=name)
"""


def imitation(folder: Path) -> Path:
    program = folder / "sam"
    program.write_text(IMITATION.format(python=sys.executable))
    program.chmod(0o755)
    return program


@contextmanager
def answering(text: str) -> Iterator[None]:
    """What is typed at the next question of a program that is started within."""
    before = os.dup(0)
    reading, writing = os.pipe()
    os.write(writing, f"{text}\n".encode())
    os.close(writing)
    os.dup2(reading, 0)
    try:
        yield
    finally:
        os.dup2(before, 0)
        os.close(before)
        os.close(reading)
