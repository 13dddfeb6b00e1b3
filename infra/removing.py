"""Take an installation away, whole or not: `make remove STAGE=dev`.

What people put in stays. What runs had staged goes first, as CloudFormation deletes no bucket with something in it.
"""

import boto3
from botocore.exceptions import ClientError, WaiterError

from infra.accounts import DeployingError, Stack, told


def remove(stack: Stack) -> None:
    """Ends when it is gone. Raises DeployingError, which names what stayed."""
    client = boto3.client("cloudformation")
    with told(f"{stack.name} was not removed"):
        if bucket := _resources(stack.name).get("Staging"):
            _empty(bucket)
        client.delete_stack(StackName=stack.name)
        try:
            client.get_waiter("stack_delete_complete").wait(StackName=stack.name)
        except WaiterError as error:
            raise DeployingError(f"{stack.name} was not removed wholly: {_why(stack.name)}") from error


def _resources(name: str) -> dict[str, str]:
    pages = boto3.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=name)
    there = [each for page in pages for each in page["StackResourceSummaries"]]
    return {
        each["LogicalResourceId"]: each["PhysicalResourceId"]
        for each in there
        if each.get("PhysicalResourceId") and each["ResourceStatus"] != "DELETE_COMPLETE"
    }


def _empty(bucket: str) -> None:
    """All versions of all that is in it."""
    try:
        for done in boto3.resource("s3").Bucket(bucket).object_versions.delete():
            for error in done.get("Errors", []):
                raise DeployingError(f"not removed: {bucket} cannot be emptied ({error.get('Message')})")
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchBucket":
            raise


def _why(name: str) -> str:
    pages = boto3.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=name)
    stayed = [
        f"{each['LogicalResourceId']} ({each.get('ResourceStatusReason', 'without a reason')})"
        for page in pages
        for each in page["StackResourceSummaries"]
        if each["ResourceStatus"] == "DELETE_FAILED"
    ]
    return f"{', '.join(stayed) or 'it takes too long'}; mend that, and run `make remove` again"
